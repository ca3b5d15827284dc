ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// How to begin.
#[choices]
pub enum Seed {
    /// With the mean.
    Mean,
    /// With the first value.
    FirstValue,
}

/// Twice the input.
#[kernel(id = "acme::twice", aliases("acme::double"), family = "test", since = "0.1", inputs(a, source = close), outputs(
    /// A number.
    number,
    /// A truth.
    truth: bool,
    /// Drawn from zero.
    #[histogram]
    bars,
), scalars(f64), plot(pane, levels(30, -70.5)), parity = relative(1e-12, "rounded once more"), missing = pass, warmup = data,
    check = Twice::rule, state = 2)]
pub struct Twice {
    /// Bars.
    #[param(default = 5, min = 1, max = 10_000)]
    pub period: usize,
    /// A shift.
    #[param(default = -5, min = -10, max = 10)]
    pub shift: i64,
    /// A factor.
    #[param(default = 2, min = 0.5, max = 1e6)]
    pub factor: f64,
    /// A flag.
    #[param(default = true)]
    pub flag: bool,
    /// How to begin.
    #[param(choice, default = Seed::FirstValue)]
    pub seed: Seed,
}

impl Twice {
    fn rule(&self) -> Result<(), String> {
        if self.shift < self.period as i64 { Ok(()) } else { Err("`shift` must be below `period`".into()) }
    }
}

/// What is remembered.
#[state]
pub struct TwiceState<S> {
    last: [S; 2],
}

impl Kernel<f64, 2, 3> for Twice {
    type State = TwiceState<f64>;
    fn lookback(&self) -> [usize; 3] {
        [0; 3]
    }
    fn init(&self) -> TwiceState<f64> {
        TwiceState { last: [0.0; 2] }
    }
    fn step(&self, state: &mut TwiceState<f64>, inputs: [f64; 2]) -> [f64; 3] {
        state.last = inputs;
        [inputs[0], 1.0, inputs[1]]
    }
}

fn main() {
    let twice = Registry::linked().unwrap().get("acme::double").unwrap();
    assert_eq!(twice.spec.params.len(), 5);
    assert!(twice.params([("shift", 7.into())]).unwrap_err().to_string().ends_with("must be below `period`"));
    assert!(twice.params([("seed", "mean".into()), ("factor", 3.into())]).is_ok());
}

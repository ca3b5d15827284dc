//! A kernel and its parameters may be called like things that generated code uses.
ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Where.
#[choices]
pub enum Place {
    /// Here.
    Here,
    /// There.
    There,
}

/// Kept.
#[kernel(id = "acme::promise", family = "test", since = "0.1", inputs(r#type = close), outputs(r#fn))]
pub struct Promise {
    /// Where.
    #[param(choice, default = Place::Here)]
    pub place: Place,
    /// How much.
    #[param(default = 1, min = 0, max = 5)]
    pub params: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Promise {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
}

fn main() {
    assert!(Registry::linked().unwrap().get("acme::promise").is_ok());
}

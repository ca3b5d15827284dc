//! The registry and the check of parameters, as callers meet them.

use ta_kernel_api::prelude::*;
use ta_kernel_api::spec::Domain;
use ta_kernel_api::{KernelDef, ParamValue, Timing};

ta_kernel_api::namespace!("test");

macro_rules! same_value {
    ($kernel:ident) => {
        impl<S: Scalar> Kernel<S, 1, 1> for $kernel {
            type State = ();
            fn lookback(&self) -> [usize; 1] {
                [0]
            }
            fn init(&self) {}
            fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
                [x]
            }
        }
    };
}

/// How an average begins.
#[choices]
pub enum Seed {
    /// With the mean of the first window.
    Mean,
    /// With the first value.
    First,
}

/// A kernel with every kind of parameter.
#[kernel(id = "test::zeta", aliases("test::omega"), family = "test", since = "0.1", inputs(source = close), outputs(out), check = whole)]
pub struct Zeta {
    /// A count.
    #[param(default = 14, min = 2, max = 100)]
    pub period: usize,
    /// A share.
    #[param(default = 0.5, min = 0.0, max = 1.0)]
    pub share: f64,
    /// A switch.
    #[param(default = false)]
    pub smooth: bool,
    /// A word.
    #[param(choice, default = Seed::Mean)]
    pub seed: Seed,
}
same_value!(Zeta);

fn whole(kernel: &Zeta) -> Result<(), String> {
    if kernel.smooth && kernel.share == 0.0 {
        Err("`smooth` needs a share above 0".to_owned())
    } else {
        Ok(())
    }
}

/// Numbers that a double cannot hold, and a window that no memory can.
#[kernel(id = "test::wide", family = "test", since = "0.1", inputs(source = close), outputs(
    /// At once.
    now,
    /// Later.
    then,
), scalars(f64))]
pub struct Wide {
    /// A shift.
    #[param(default = 9_007_199_254_740_993, min = -9_223_372_036_854_775_808, max = 9_223_372_036_854_775_807)]
    pub shift: i64,
    /// A count.
    #[param(default = 1, min = 1, max = 1_000_000_000_000)]
    pub period: usize,
    /// A word, by the name of a constant.
    #[param(choice, default = USUAL)]
    pub seed: Seed,
}

/// The usual beginning.
pub const USUAL: Seed = Seed::First;

impl Kernel<f64, 1, 2> for Wide {
    type State = Vec<f64>;
    fn lookback(&self) -> [usize; 2] {
        [0, self.period - 1]
    }
    fn stabilisation(&self) -> usize {
        2 * self.period
    }
    fn init(&self) -> Vec<f64> {
        assert!(self.period < 1000, "no memory for {} rows", self.period);
        vec![0.0; self.period]
    }
    fn step(&self, _: &mut Vec<f64>, [x]: [f64; 1]) -> [f64; 2] {
        [x, x]
    }
}

/// A kernel in doubles alone.
#[kernel(id = "test::alpha", family = "test", since = "0.1", inputs(source = close), outputs(out), scalars(f64))]
pub struct Alpha {}
same_value!(Alpha);

/// Another kernel under the same id.
#[kernel(id = "test::alpha", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct AlphaAgain {}
same_value!(AlphaAgain);

/// A kernel whose alias is the id of another.
#[kernel(id = "test::beta", aliases("test::zeta"), family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Beta {}
same_value!(Beta);

/// A kernel whose alias is the alias of another.
#[kernel(id = "test::gamma", aliases("test::omega"), family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Gamma {}
same_value!(Gamma);

fn registry(defs: &[&'static KernelDef]) -> Result<Registry, ta_kernel_api::Error> {
    defs.iter().fold(Registry::builder(), |builder, def| builder.with(def)).build()
}

/// The whole message of a conflict, given each kernel's line.
fn conflict(name: &str, first: &KernelDef, second: &KernelDef) -> String {
    let place = |def: &KernelDef| {
        format!(
            "`{}` of ta-kernel-api {} ({}:{})",
            def.spec.id,
            env!("CARGO_PKG_VERSION"),
            file!(),
            def.spec.line
        )
    };
    format!(
        "kernel name `{name}` is claimed twice, by {} and by {} (ids and aliases share one space; rename one of them)",
        place(first),
        place(second)
    )
}

#[test]
fn kernels_are_found_by_id_and_alias_and_listed_in_order() {
    let registry = registry(&[&ZETA, &ALPHA]).unwrap();
    let ids: Vec<_> = registry.iter().map(|def| def.spec.id).collect();
    assert_eq!(ids, ["test::alpha", "test::zeta"]);
    assert_eq!(registry.names().collect::<Vec<_>>(), ["test::alpha", "test::zeta", "test::omega"]);
    assert_eq!(registry.len(), 2);
    for name in ["test::zeta", "test::omega"] {
        assert_eq!(registry.get(name).unwrap().spec.id, "test::zeta");
    }
}

#[test]
fn two_kernels_with_one_id_are_refused_whatever_their_order() {
    for defs in [[&ALPHA, &ALPHA_AGAIN], [&ALPHA_AGAIN, &ALPHA]] {
        let err = registry(&defs).unwrap_err();
        assert!(err.is_duplicate());
        assert_eq!(err.to_string(), conflict("test::alpha", &ALPHA, &ALPHA_AGAIN));
    }
}

#[test]
fn an_alias_may_not_be_the_id_or_alias_of_another_kernel() {
    let err = registry(&[&BETA, &ZETA]).unwrap_err();
    assert_eq!(err.to_string(), conflict("test::zeta", &ZETA, &BETA));
    let err = registry(&[&ZETA, &GAMMA]).unwrap_err();
    assert_eq!(err.to_string(), conflict("test::omega", &GAMMA, &ZETA));
}

#[test]
fn a_kernel_given_twice_is_no_conflict() {
    assert_eq!(registry(&[&ALPHA, &ALPHA]).unwrap().len(), 1);
    // This test program links both kernels that claim `test::alpha`.
    assert!(Registry::linked().unwrap_err().is_duplicate());
}

#[test]
fn an_unknown_name_is_answered_with_near_ones_and_the_count() {
    let both = registry(&[&ZETA, &ALPHA]).unwrap();
    let err = both.get("test::zetta").unwrap_err();
    assert!(err.is_unknown_kernel());
    assert_eq!(err.to_string(), "unknown kernel `test::zetta` (2 kernels linked; close: `test::zeta`)");
    assert_eq!(both.get("ZZZ").unwrap_err().to_string(), "unknown kernel `ZZZ` (2 kernels linked)");
    let one = registry(&[&ALPHA]).unwrap();
    assert_eq!(one.get("ZZZ").unwrap_err().to_string(), "unknown kernel `ZZZ` (1 kernel linked)");
}

#[test]
fn no_kernels_at_all_are_explained() {
    let err = registry(&[]).unwrap().get("ema").unwrap_err();
    assert_eq!(
        err.to_string(),
        "unknown kernel `ema` (0 kernels linked; a kernel crate registers only when the program names it: add it to the \
         dependencies and write `use ta_kernels_std as _;`)"
    );
}

#[test]
fn what_is_left_out_takes_its_default_and_numbers_are_read_generously() {
    let params = ZETA.params([("share", ParamValue::Int(1)), ("period", ParamValue::Real(5.0))]).unwrap();
    let values =
        [ParamValue::Int(5), ParamValue::Real(1.0), ParamValue::Flag(false), ParamValue::from("mean")];
    assert_eq!(params.values(), values);
    assert_eq!(ZETA.params([]).unwrap(), ZETA.defaults());
    assert_eq!(ZETA.bind::<f64>(&params).unwrap().params(), params);
}

#[test]
fn arguments_outside_the_declaration_are_refused_in_one_voice() {
    let refused = |given: Vec<(&str, ParamValue)>| {
        let err = ZETA.params(given).unwrap_err();
        assert!(err.is_param());
        err.to_string()
    };
    let cases: [(Vec<(&str, ParamValue)>, &str); 10] = [
        (
            vec![("period", 1.into())],
            "parameter `period` of `test::zeta` is 1 (accepted: a whole number from 2 to 100)",
        ),
        (
            vec![("period", 101.into())],
            "parameter `period` of `test::zeta` is 101 (accepted: a whole number from 2 to 100)",
        ),
        (
            vec![("period", 2.5.into())],
            "parameter `period` of `test::zeta` is 2.5 (accepted: a whole number from 2 to 100)",
        ),
        (
            vec![("share", f64::NAN.into())],
            "parameter `share` of `test::zeta` is NaN (accepted: a number from 0 to 1)",
        ),
        (vec![("smooth", 1.into())], "parameter `smooth` of `test::zeta` is 1 (accepted: `true` or `false`)"),
        (
            vec![("seed", "mode".into())],
            "parameter `seed` of `test::zeta` is mode (accepted: one of `mean`, `first`)",
        ),
        (
            vec![("perod", 5.into())],
            "`test::zeta` has no parameter `perod` (it takes `period`, `share`, `smooth`, `seed`; close: `period`)",
        ),
        (
            vec![("period", 5.into()), ("period", 5.into())],
            "parameter `period` of `test::zeta` is given twice",
        ),
        (
            vec![("smooth", true.into()), ("share", 0.0.into())],
            "`test::zeta` { period: 14, share: 0, smooth: true, seed: mean }: `smooth` needs a share above 0",
        ),
        // The name is looked at before the values.
        (
            vec![("period", 1.into()), ("x", 1.into())],
            "`test::zeta` has no parameter `x` (it takes `period`, `share`, `smooth`, `seed`)",
        ),
    ];
    for (given, message) in cases {
        assert_eq!(refused(given), message);
    }
    let err = ALPHA.params([("period", 5.into())]).unwrap_err();
    assert_eq!(err.to_string(), "`test::alpha` has no parameter `period` (it takes none)");
}

#[test]
fn a_scalar_that_is_not_declared_is_refused() {
    let err = ALPHA.bind::<Decimal>(&ALPHA.defaults()).unwrap_err();
    assert!(err.is_scalar());
    assert_eq!(err.to_string(), "`test::alpha` does not compute in decimal (only in f64)");
}

#[test]
fn whole_numbers_keep_all_their_digits() {
    let shift = WIDE.spec.params[0].domain;
    assert_eq!(shift, Domain::Int { default: (1 << 53) + 1, min: i64::MIN, max: i64::MAX });
    assert_eq!(Wide::default().shift, (1 << 53) + 1);
    for value in [i64::MIN, (1 << 53) + 1, i64::MAX] {
        let params = WIDE.params([("shift", value.into())]).unwrap();
        assert_eq!(params.values()[0], value.into());
        assert_eq!(WIDE.bind::<f64>(&params).unwrap().params(), params);
    }
}

#[test]
fn the_default_of_a_choice_may_be_a_constant() {
    let Domain::Choice { default, names } = WIDE.spec.params[2].domain else { panic!("a choice") };
    assert_eq!((default, names), ("first", ["mean", "first"].as_slice()));
    assert_eq!(WIDE.defaults().values()[2], "first".into());
}

#[test]
fn a_kernel_is_asked_how_long_it_takes_without_being_made() {
    let long = WIDE.params([("period", 1_000_000_000_000.into())]).unwrap();
    let timing = WIDE.timing::<f64>(&long).unwrap();
    assert_eq!(timing, Timing { lookback: vec![0, 999_999_999_999], stabilisation: 2_000_000_000_000 });
    assert_eq!(timing.longest(), 999_999_999_999);

    let params = WIDE.params([("period", 5.into())]).unwrap();
    let (timing, node) = (WIDE.timing::<f64>(&params).unwrap(), WIDE.bind::<f64>(&params).unwrap());
    assert_eq!((timing.lookback, timing.stabilisation), (node.lookback(), node.stabilisation()));

    let err = WIDE.timing::<Decimal>(&params).unwrap_err();
    assert!(err.is_scalar());
    assert_eq!(err.to_string(), "`test::wide` does not compute in decimal (only in f64)");
}

//! A plan is refused before anything is made that it would need.

use ta_kernel_api::prelude::*;
use ta_runtime::plan::{Plan, PlanOptions};

ta_kernel_api::namespace!("test");

/// The value of a trillion rows ago, if need be.
#[kernel(id = "test::ago", family = "test", since = "0.1", inputs(source = close), outputs(out), scalars(f64))]
pub struct Ago {
    /// Rows back.
    #[param(default = 1, min = 1, max = 1_000_000_000_000)]
    pub rows: usize,
}

impl Kernel<f64, 1, 1> for Ago {
    type State = Vec<f64>;
    fn lookback(&self) -> [usize; 1] {
        [self.rows]
    }
    fn init(&self) -> Vec<f64> {
        panic!("{} rows were asked for", self.rows)
    }
    fn step(&self, window: &mut Vec<f64>, [x]: [f64; 1]) -> [f64; 1] {
        window.rotate_left(1);
        [std::mem::replace(&mut window[self.rows - 1], x)]
    }
}

#[test]
fn a_window_beyond_the_limit_is_refused_before_it_is_made() {
    let registry = Registry::builder().with(&AGO).build().unwrap();
    let plan = |text| Plan::compile(&registry, &[(None, text)], &PlanOptions::default());
    let err = plan("test::ago(1000000000000)").unwrap_err();
    assert!(err.is_limit());
    assert!(err.to_string().contains("windows of the plan keep more than 20000000 bars together"), "{err}");
    assert_eq!(plan("test::ago(100)").unwrap().outputs()[0].lookback(), 100);
}

//! Laws over plans made at random: whichever way a plan is run, it answers the same, bit for bit.
//!
//! `TA_PLANS=10000 cargo test -p ta-tests --test plans` runs more of them than the default of 2,000.

mod backends;
mod draw;
mod kernels;
mod market;
mod ways;

use std::cell::Cell;

use proptest::test_runner::{Config, TestRunner};
use ta_kernel_api::{Decimal, Missing, Registry, Scalar};
use ta_kernels_std as _;
use ta_runtime::plan::{Plan, PlanOptions};

use draw::Draw;
use market::Market;

ta_kernel_api::namespace!("laws");

/// How many plans there are, both scalars together.
fn plans() -> u32 {
    std::env::var("TA_PLANS").map_or(2000, |plans| plans.parse().expect("TA_PLANS is a number"))
}

fn laws<S: Scalar>(cases: u32) {
    let registry = Registry::linked().unwrap();
    let config = Config { cases, max_shrink_iters: 2000, failure_persistence: None, ..Config::default() };
    // A shorter tape of smaller numbers is a simpler plan; the data and what is done with them come out of the seed.
    let tape = proptest::collection::vec(proptest::num::u32::ANY, 20..400);
    // How many plans were run, and how many refused as a text may be.
    let counts = Cell::new((0_u32, 0_u32));
    TestRunner::new(config)
        .run(&(tape, proptest::num::u64::ANY), |(tape, seed)| {
            let mut draw = Draw::of_tape(&tape);
            let missing = *draw.one_of(&[Missing::Skip, Missing::Hold, Missing::Restart, Missing::Error]);
            let texts = draw::script(&mut draw, &registry);
            let expressions: Vec<_> = texts.iter().map(|text| (None, text.as_str())).collect();
            let options = PlanOptions { scalar: S::KIND, missing, ..PlanOptions::default() };
            let (judged, refused) = counts.get();
            let Ok(plan) = Plan::compile(&registry, &expressions, &options) else {
                counts.set((judged, refused + 1));
                return Ok(());
            };
            counts.set((judged + 1, refused));
            let mut draw = Draw::of_seed(seed);
            let gaps = missing != Missing::Error || draw.below(3) == 2;
            let market = Market::<S>::draw(&mut draw, gaps);
            let judge = |draw: &mut Draw<'_>| match missing {
                Missing::Error => backends::refuse(&plan, &market, draw),
                _ => ways::agree(&registry, &plan, &options, &expressions, &market, draw),
            };
            judge(&mut draw)
                .map_err(|what| proptest::test_runner::TestCaseError::fail(format!("{texts:#?}: {what}")))
        })
        .unwrap_or_else(|err| panic!("{err}"));
    let (judged, refused) = counts.get();
    assert!(judged > refused * 4, "{refused} of {} plans were refused", judged + refused);
}

#[test]
fn whichever_way_a_plan_is_run_it_answers_the_same() {
    laws::<f64>(plans() * 4 / 5);
}

#[test]
fn in_decimals_too() {
    laws::<Decimal>(plans() / 5);
}

//! A law is worth its name if it can fail: for each law a kernel that breaks it, and kernels that keep all of them.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use ta_kernel_api::conformance::{Config, Law, check};
use ta_kernel_api::prelude::*;
use ta_kernel_api::{KernelDef, ScalarKind};

ta_kernel_api::namespace!("broken");

/// What the harness says about a kernel that breaks a law.
fn said_at(def: &'static KernelDef, scalar: ScalarKind, law: Law) -> String {
    let failure = check(def, scalar, law, &Config::default()).expect_err("a broken kernel passed");
    assert_eq!(failure.law(), law);
    failure.to_string()
}

fn said(def: &'static KernelDef, law: Law) -> String {
    said_at(def, ScalarKind::F64, law)
}

/// Fails unless `text` contains all `parts` in this order.
#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some(at) = rest.find(part) else { panic!("`{part}` is not in, or not in this place of: {text}") };
        rest = &rest[at + part.len()..];
    }
}

/// The kernels that keep all laws.
mod right {
    use super::*;

    /// Mean of the last rows, each window summed anew.
    #[kernel(id = "broken::right_mean", family = "test", since = "0.1", inputs(source = close), outputs(mean))]
    pub(super) struct RightMean {
        /// Rows in the window.
        #[param(default = 3, min = 1, max = 300)]
        pub period: usize,
    }

    #[state]
    pub(super) struct RightMeanState<S> {
        seen: usize,
        window: Vec<S>,
    }

    impl<S: Scalar> Kernel<S, 1, 1> for RightMean {
        type State = RightMeanState<S>;
        fn lookback(&self) -> [usize; 1] {
            [self.period - 1]
        }
        fn init(&self) -> RightMeanState<S> {
            RightMeanState { seen: 0, window: vec![S::ZERO; self.period] }
        }
        fn step(&self, state: &mut RightMeanState<S>, [x]: [S; 1]) -> [S; 1] {
            state.seen += 1;
            state.window.rotate_left(1);
            state.window[self.period - 1] = x;
            if state.seen < self.period {
                return [S::MISSING];
            }
            [state.window.iter().fold(S::ZERO, |sum, &x| sum + x) / S::from_count(self.period)]
        }
        fn batch(&self, [source]: [&[S]; 1], [mean]: [&mut [S]; 1]) {
            let means =
                source.windows(self.period).map(|window| window.iter().fold(S::ZERO, |sum, &x| sum + x));
            for (out, sum) in mean[self.period - 1..].iter_mut().zip(means) {
                *out = sum / S::from_count(self.period);
            }
        }
    }

    /// Which of two moving targets is ahead.
    #[choices]
    pub(super) enum Side {
        /// The first above the second.
        Above,
        /// The first below the second.
        Below,
    }

    /// Moves towards the first input and says whether it is ahead of the second.
    #[kernel(
        id = "broken::right_chase",
        family = "test",
        since = "0.1",
        inputs(a, b),
        outputs(
            /// The place reached.
            chase,
            /// Whether that is ahead.
            ahead: bool
        ),
        check = not_too_eager
    )]
    pub(super) struct RightChase {
        /// Share of the distance made up in a row.
        #[param(default = 0.5, min = 0.25, max = 1.0)]
        pub share: f64,
        /// What is ahead.
        #[param(choice, default = Side::Above)]
        pub side: Side,
        /// Whether the last place is answered, not the new one.
        #[param(default = false)]
        pub late: bool,
    }

    fn not_too_eager(kernel: &RightChase) -> Result<(), String> {
        if kernel.late && kernel.share > 0.9 { Err("late and eager".to_owned()) } else { Ok(()) }
    }

    impl<S: Scalar> Kernel<S, 2, 2> for RightChase {
        type State = Option<S>;
        fn lookback(&self) -> [usize; 2] {
            [usize::from(self.late), 0]
        }
        fn stabilisation(&self) -> usize {
            // 0.75^80 is about 1e-10.
            80
        }
        fn init(&self) -> Option<S> {
            None
        }
        fn step(&self, place: &mut Option<S>, [a, b]: [S; 2]) -> [S; 2] {
            let before = *place;
            let now = before.map_or(a, |place| place + (a - place) * S::from_f64(self.share));
            *place = Some(now);
            let ahead = if self.side == Side::Above { now > b } else { now < b };
            [if self.late { before.unwrap_or(S::MISSING) } else { now }, S::from_bool(ahead)]
        }
    }

    /// Total since the start; it never forgets.
    #[kernel(
        id = "broken::right_total",
        family = "test",
        since = "0.1",
        inputs(volume = volume),
        outputs(total),
        parity = relative(1e-12, "the batch form adds in another order")
    )]
    pub(super) struct RightTotal {}

    impl<S: Scalar> Kernel<S, 1, 1> for RightTotal {
        type State = S;
        fn lookback(&self) -> [usize; 1] {
            [0]
        }
        fn stabilisation(&self) -> usize {
            usize::MAX
        }
        fn init(&self) -> S {
            S::ZERO
        }
        fn step(&self, total: &mut S, [x]: [S; 1]) -> [S; 1] {
            *total += x;
            [*total]
        }
        fn batch(&self, [source]: [&[S]; 1], [total]: [&mut [S]; 1]) {
            let mut sum = S::ZERO;
            for (out, pair) in total.chunks_mut(2).zip(source.chunks(2)) {
                out[0] = sum + pair[0];
                sum += pair.iter().rev().fold(S::ZERO, |sum, &x| sum + x);
                out[out.len() - 1] = sum;
            }
        }
    }

    /// The last value there was.
    #[kernel(id = "broken::right_fill", family = "test", since = "0.1", inputs(source = close), outputs(filled), missing = pass)]
    pub(super) struct RightFill {}

    impl<S: Scalar> Kernel<S, 1, 1> for RightFill {
        type State = Option<S>;
        fn lookback(&self) -> [usize; 1] {
            [0]
        }
        fn init(&self) -> Option<S> {
            None
        }
        fn step(&self, last: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
            if !x.is_missing() {
                *last = Some(x);
            }
            [last.unwrap_or(S::MISSING)]
        }
        fn batch(&self, [source]: [&[S]; 1], [filled]: [&mut [S]; 1]) {
            let mut last = S::MISSING;
            for (out, &x) in filled.iter_mut().zip(source) {
                last = if x.is_missing() { last } else { x };
                *out = last;
            }
        }
    }
}

/// One kernel per law that breaks it; more of them stand below.
const BROKEN: [(Law, &KernelDef); 16] = [
    (Law::BatchEqualsSteps, &BATCH_DIFFERS),
    (Law::ChunksDoNotMatter, &ELSEWHERE),
    (Law::Causal, &FORESIGHT),
    (Law::Resume, &FORGETFUL),
    (Law::CloneIsIndependent, &SHARING),
    (Law::LookbackExact, &EARLY),
    (Law::BoundedState, &HOARD),
    (Law::GapsAreSkipped, &GAP_AS_ZERO),
    (Law::SameAnswerTwice, &COUNTS),
    (Law::DecimalAgrees, &SCALED),
    (Law::Speaks, &SILENT),
    (Law::WritesEveryRow, &LAST_ROW_LEFT),
    (Law::CanonicalOutputs, &HALF_TRUE),
    (Law::Stabilises, &TOTAL),
    (Law::Declaration, &CHOOSY),
    (Law::DamageIsRefused, &TRUSTING),
];

#[test]
fn every_law_can_be_broken() {
    assert_eq!(BROKEN.map(|(law, _)| law), Law::ALL);
    for (law, def) in BROKEN {
        let scalars = def.spec.scalars.iter();
        let broken = scalars.filter(|&&scalar| check(def, scalar, law, &Config::default()).is_err());
        assert!(broken.count() > 0, "{law}");
    }
}

#[test]
fn right_kernels_keep_all_laws() {
    for def in [&right::RIGHT_MEAN, &right::RIGHT_CHASE, &right::RIGHT_TOTAL, &right::RIGHT_FILL] {
        for &scalar in def.spec.scalars {
            for law in Law::ALL {
                check(def, scalar, law, &Config::default())
                    .unwrap_or_else(|failure| panic!("{law}: {failure}"));
            }
        }
    }
}

/// From a period of 5 on, batch answers twice the value.
#[kernel(id = "broken::batch_differs", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct BatchDiffers {
    /// Decides which of the two is answered.
    #[param(default = 3, min = 1, max = 100)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for BatchDiffers {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        let factor = if self.period < 5 { S::ONE } else { S::from_i64(2) };
        out.iter_mut().zip(source).for_each(|(out, &x)| *out = x * factor);
    }
}

#[test]
fn batch_that_differs_is_caught_with_the_smallest_case() {
    assert_eq!(
        said(&BATCH_DIFFERS, Law::BatchEqualsSteps),
        "broken::batch_differs@f64 { period: 5 } on `walk` seed 0 (1 rows): \
         output `out`, row 0: batch 198.452, step 99.226 (parity exact)"
    );
}

thread_local! {
    static LAST: Cell<f64> = const { Cell::new(0.0) };
}

/// Keeps the last value outside its state.
#[kernel(id = "broken::elsewhere", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Elsewhere {}

impl<S: Scalar> Kernel<S, 1, 1> for Elsewhere {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {
        LAST.set(0.0);
    }
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        let before = LAST.replace(x.to_f64());
        [x - S::from_f64(before)]
    }
}

#[test]
fn memory_outside_the_state_is_caught_by_chunks() {
    let text = said(&ELSEWHERE, Law::ChunksDoNotMatter);
    assert_says(
        &text,
        &["broken::elsewhere@f64 on `walk` seed 7", "output `out`, row ", "in chunks ", ", step "],
    );
}

/// In batch, every row knows the last one.
#[kernel(id = "broken::foresight", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Foresight {}

impl<S: Scalar> Kernel<S, 1, 1> for Foresight {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        let last = source[source.len() - 1];
        out.fill(last);
    }
}

#[test]
fn a_look_ahead_is_caught() {
    let text = said(&FORESIGHT, Law::Causal);
    assert_says(&text, &["(2 rows): cut after 1 rows: output `out`, row 0: with later rows ", ", without "]);
}

/// What [`Forgetful`] remembers.
#[state]
pub struct ForgetfulState<S> {
    #[serde(skip)]
    last: Option<S>,
}

/// Leaves its memory out when it is saved.
#[kernel(id = "broken::forgetful", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Forgetful {}

impl<S: Scalar> Kernel<S, 1, 1> for Forgetful {
    type State = ForgetfulState<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> ForgetfulState<S> {
        ForgetfulState { last: None }
    }
    fn step(&self, state: &mut ForgetfulState<S>, [x]: [S; 1]) -> [S; 1] {
        [x - state.last.replace(x).unwrap_or(S::ZERO)]
    }
}

#[test]
fn a_field_that_is_not_saved_is_caught() {
    let text = said(&FORGETFUL, Law::Resume);
    assert_says(
        &text,
        &["(2 rows): saved after 1 rows, by name: output `out`, row 1: resumed ", ", uninterrupted "],
    );
}

/// A number that all clones share.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct Shared(Arc<AtomicU64>);

impl From<f64> for Shared {
    fn from(value: f64) -> Self {
        Self(Arc::new(AtomicU64::new(value.to_bits())))
    }
}
impl From<Shared> for f64 {
    fn from(shared: Shared) -> Self {
        f64::from_bits(shared.0.load(Ordering::Relaxed))
    }
}
impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        f64::from(self.clone()) == f64::from(other.clone())
    }
}
impl State for Shared {
    fn fits(&self, _: &Self) -> bool {
        true
    }
}

/// Shares its memory with its clones.
#[kernel(id = "broken::sharing", family = "test", since = "0.1", inputs(source = close), outputs(out), scalars(f64))]
pub struct Sharing {}

impl Kernel<f64, 1, 1> for Sharing {
    type State = Shared;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> Shared {
        Shared::default()
    }
    fn step(&self, state: &mut Shared, [x]: [f64; 1]) -> [f64; 1] {
        let before = f64::from_bits(state.0.swap(x.to_bits(), Ordering::Relaxed));
        [x - before]
    }
}

#[test]
fn a_clone_that_shares_is_caught() {
    let text = said(&SHARING, Law::CloneIsIndependent);
    assert_says(&text, &["cloned after 0 rows: output `out`, row 0: beside a clone ", ", alone "]);
}

/// Has a value one row before it says so.
#[kernel(id = "broken::early", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Early {}

impl<S: Scalar> Kernel<S, 1, 1> for Early {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [1]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
}

/// Has its first value one row later than it says.
#[kernel(id = "broken::late", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Late {}

impl<S: Scalar> Kernel<S, 1, 1> for Late {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, state: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
        [state.replace(x).unwrap_or(S::MISSING)]
    }
}

#[test]
fn a_lookback_off_by_one_is_caught_both_ways() {
    let text = said(&EARLY, Law::LookbackExact);
    assert_says(&text, &["(1 rows): output `out`, row 0: step ", ", though the lookback is 1"]);
    let text = said(&LATE, Law::LookbackExact);
    assert_says(&text, &["(1 rows): output `out`, row 0: step missing, though the lookback is 0"]);
}

/// What [`Hoard`] remembers.
#[state]
pub struct HoardState<S> {
    all: Vec<S>,
}

/// Keeps every value it has seen.
#[kernel(id = "broken::hoard", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Hoard {}

impl<S: Scalar> Kernel<S, 1, 1> for Hoard {
    type State = HoardState<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> HoardState<S> {
        HoardState { all: Vec::new() }
    }
    fn step(&self, state: &mut HoardState<S>, [x]: [S; 1]) -> [S; 1] {
        state.all.push(x);
        [x]
    }
}

#[test]
fn a_state_that_grows_is_caught() {
    let text = said(&HOARD, Law::BoundedState);
    assert_says(
        &text,
        &["the saved node takes up to ", " bytes in rows 256..1280, up to ", " in the 1024 rows after them"],
    );
}

/// Fills gaps: with the last value in steps, with zero in batch.
#[kernel(id = "broken::gap_as_zero", family = "test", since = "0.1", inputs(source = close), outputs(out), missing = pass)]
pub struct GapAsZero {}

impl<S: Scalar> Kernel<S, 1, 1> for GapAsZero {
    type State = S;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> S {
        S::ZERO
    }
    fn step(&self, state: &mut S, [x]: [S; 1]) -> [S; 1] {
        if !x.is_missing() {
            *state = x;
        }
        [*state]
    }
    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        out.iter_mut().zip(source).for_each(|(out, &x)| *out = if x.is_missing() { S::ZERO } else { x });
    }
}

#[test]
fn gaps_that_differ_between_modes_are_caught() {
    let text = said(&GAP_AS_ZERO, Law::GapsAreSkipped);
    assert_says(&text, &["on `gaps` seed 7", "missing = skip: output `out`, row ", "batch 0, step "]);
}

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Counts the steps of the whole program.
#[kernel(id = "broken::counts_calls", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Counts {}

impl<S: Scalar> Kernel<S, 1, 1> for Counts {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x + S::from_i64(CALLS.fetch_add(1, Ordering::Relaxed) as i64)]
    }
}

#[test]
fn a_static_counter_is_caught() {
    let text = said(&COUNTS, Law::SameAnswerTwice);
    assert_says(&text, &["output `out`, row 0: step ", ", step of another node "]);
}

/// Means something else in decimals.
#[kernel(id = "broken::scaled", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Scaled {}

impl<S: Scalar> Kernel<S, 1, 1> for Scaled {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [if S::KIND == ScalarKind::Decimal { x + S::ONE } else { x }]
    }
}

#[test]
fn decimals_that_mean_something_else_are_caught() {
    let text = said_at(&SCALED, ScalarKind::Decimal, Law::DecimalAgrees);
    assert_says(
        &text,
        &["broken::scaled@decimal on `walk` seed 7 (1 rows): output `out`, row 0: decimal ", ", f64 "],
    );
    assert!(!Law::DecimalAgrees.applies(&SCALED, ScalarKind::F64), "it is judged once");
}

/// Never has a value.
#[kernel(id = "broken::silent", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Silent {}

impl<S: Scalar> Kernel<S, 1, 1> for Silent {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x + S::MISSING]
    }
}

/// Always the same.
#[kernel(id = "broken::monotone", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Monotone {}

impl<S: Scalar> Kernel<S, 1, 1> for Monotone {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [_]: [S; 1]) -> [S; 1] {
        [S::ZERO]
    }
}

#[test]
fn a_kernel_without_an_answer_is_caught() {
    let text = said(&SILENT, Law::Speaks);
    assert_eq!(text, "broken::silent@f64: output `out` is missing in every row of every series");
    let text = said(&MONOTONE, Law::Speaks);
    assert_eq!(text, "broken::monotone@f64: output `out` is 0 in every row of every series");
}

/// Leaves the last row of a batch as it was.
#[kernel(id = "broken::last_row_left", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct LastRowLeft {}

impl<S: Scalar> Kernel<S, 1, 1> for LastRowLeft {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        let rows = source.len() - 1;
        out[..rows].copy_from_slice(&source[..rows]);
    }
}

/// Adds to what is in the outputs.
#[kernel(id = "broken::adds_to_outputs", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Adds {}

impl<S: Scalar> Kernel<S, 1, 1> for Adds {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        out.iter_mut().zip(source).for_each(|(out, &x)| *out += x);
    }
}

#[test]
fn a_row_that_is_not_written_is_caught() {
    let text = said(&LAST_ROW_LEFT, Law::WritesEveryRow);
    assert_says(&text, &["(1 rows): output `out`, row 0: not written"]);
    let text = said(&ADDS, Law::WritesEveryRow);
    assert_says(&text, &["output `out`, row 0: over one content -98", ", over another 123"]);
}

/// Answers a price where it promises a boolean.
#[kernel(id = "broken::half_true", family = "test", since = "0.1", inputs(source = close), outputs(out: bool))]
pub struct HalfTrue {}

impl<S: Scalar> Kernel<S, 1, 1> for HalfTrue {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
}

#[test]
fn a_boolean_of_another_value_is_caught() {
    let text = said(&HALF_TRUE, Law::CanonicalOutputs);
    assert_says(&text, &["output `out`, row 0: step ", ", which is no boolean"]);
}

/// Never forgets, and does not say so.
#[kernel(id = "broken::total", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Total {}

impl<S: Scalar> Kernel<S, 1, 1> for Total {
    type State = S;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> S {
        S::ZERO
    }
    fn step(&self, state: &mut S, [x]: [S; 1]) -> [S; 1] {
        *state += x;
        [*state]
    }
}

/// What [`AddAndSubtract`] remembers.
#[state]
pub struct AddAndSubtractState<S> {
    seen: usize,
    window: Vec<S>,
    sum: S,
}

/// Sums three rows by adding the new and subtracting the old one.
#[kernel(id = "broken::add_and_subtract", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct AddAndSubtract {}

impl<S: Scalar> Kernel<S, 1, 1> for AddAndSubtract {
    type State = AddAndSubtractState<S>;
    fn lookback(&self) -> [usize; 1] {
        [2]
    }
    fn init(&self) -> AddAndSubtractState<S> {
        AddAndSubtractState { seen: 0, window: vec![S::ZERO; 3], sum: S::ZERO }
    }
    fn step(&self, state: &mut AddAndSubtractState<S>, [x]: [S; 1]) -> [S; 1] {
        state.seen += 1;
        state.sum += x - state.window[0];
        state.window.rotate_left(1);
        state.window[2] = x;
        [if state.seen < 3 { S::MISSING } else { state.sum }]
    }
}

#[test]
fn a_memory_longer_than_declared_is_caught() {
    let text = said(&TOTAL, Law::Stabilises);
    assert_says(
        &text,
        &["0 rows after a start at row 37: output `out`, row 37: started at row 0 ", ", started later "],
    );
    // Every row is off by the rounding of the large numbers before.
    let text = said(&ADD_AND_SUBTRACT, Law::Stabilises);
    assert_says(&text, &["on `drop` seed 7", "2 rows after a start at row 130: output `out`, row 132: "]);
}

fn never(_: &Choosy) -> Result<(), String> {
    Err("never good enough".to_owned())
}

/// Refuses its own defaults.
#[kernel(id = "broken::choosy", family = "test", since = "0.1", inputs(source = close), outputs(out), check = never)]
pub struct Choosy {}

impl<S: Scalar> Kernel<S, 1, 1> for Choosy {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
}

/// Says that it is stable before it has a value.
#[kernel(id = "broken::hasty", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Hasty {}

impl<S: Scalar> Kernel<S, 1, 1> for Hasty {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 1] {
        [1]
    }
    fn stabilisation(&self) -> usize {
        0
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, state: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
        [state.replace(x).unwrap_or(S::MISSING)]
    }
}

#[test]
fn an_incoherent_declaration_is_caught() {
    let text = said(&CHOOSY, Law::Declaration);
    assert_eq!(text, "broken::choosy@f64: the defaults are refused: `broken::choosy`: never good enough");
    let text = said(&HASTY, Law::Declaration);
    assert_eq!(text, "broken::hasty@f64: the stabilisation of 0 is below the lookback of 1");
}

/// What [`Trusting`] remembers.
#[state]
pub struct TrustingState<S> {
    at: usize,
    ring: Vec<S>,
}

/// Believes the position it finds in a saved state.
#[kernel(id = "broken::trusting", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Trusting {}

impl<S: Scalar> Kernel<S, 1, 1> for Trusting {
    type State = TrustingState<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> TrustingState<S> {
        TrustingState { at: 0, ring: vec![S::ZERO; 4] }
    }
    fn step(&self, state: &mut TrustingState<S>, [x]: [S; 1]) -> [S; 1] {
        state.ring[state.at] = x;
        state.at = (state.at + 1) % 4;
        [x]
    }
}

#[test]
fn a_position_that_is_believed_is_caught() {
    let text = said(&TRUSTING, Law::DamageIsRefused);
    assert_says(
        &text,
        &[
            "saved after 0 rows: Natural(0) in its state became Int(",
            "): panicked at ",
            "laws.rs:",
            "index out of bounds",
        ],
    );
}

/// A kernel that is right, as far as anybody can wait.
#[kernel(id = "broken::patient", family = "test", since = "0.1", inputs(source = close), outputs(
    /// At once.
    now,
    /// After the wait.
    then,
))]
pub struct Patient {
    /// Rows before the first value.
    #[param(default = 30_000, min = 0, max = 100_000)]
    pub wait: usize,
}

impl<S: Scalar> Kernel<S, 1, 2> for Patient {
    type State = usize;
    fn lookback(&self) -> [usize; 2] {
        [0, self.wait]
    }
    fn init(&self) -> usize {
        0
    }
    fn step(&self, seen: &mut usize, [x]: [S; 1]) -> [S; 2] {
        *seen += 1;
        [x, if *seen > self.wait { x } else { S::MISSING }]
    }
}

/// The laws that look at values, of which there must be some.
fn laws_on_values() -> impl Iterator<Item = (ScalarKind, Law)> {
    let laws = Law::ALL.into_iter().filter(|law| *law != Law::Declaration);
    laws.map(|law| (if law == Law::DecimalAgrees { ScalarKind::Decimal } else { ScalarKind::F64 }, law))
}

#[test]
fn a_law_that_found_no_value_does_not_hold() {
    for (scalar, law) in laws_on_values() {
        let expected = match law {
            Law::Speaks => ": output `out` is missing in every row of every series",
            Law::LookbackExact => ": output `out`, row 0: step missing, though the lookback is 0",
            _ => ": nothing is judged: with the defaults no row of any series has a value",
        };
        assert_says(&said_at(&SILENT, scalar, law), &["broken::silent@", expected]);
    }
}

/// Settles later than anybody can wait.
#[kernel(id = "broken::unsettled", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Unsettled {}

impl<S: Scalar> Kernel<S, 1, 1> for Unsettled {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn stabilisation(&self) -> usize {
        30_000
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
}

#[test]
fn defaults_too_long_to_be_judged_are_a_failure() {
    assert_eq!(
        said(&UNSETTLED, Law::Stabilises),
        "broken::unsettled@f64: the defaults are too long to be judged: a stabilisation of 30000 rows (accepted: up to 20000)"
    );
    for (scalar, law) in laws_on_values() {
        assert_says(
            &said_at(&PATIENT, scalar, law),
            &[
                "broken::patient@",
                ": the defaults are too long to be judged: a lookback of 30000 rows (accepted: up to 20000)",
            ],
        );
    }
}

/// Like [`GapAsZero`], after a long warm-up.
#[kernel(id = "broken::late_gap_as_zero", family = "test", since = "0.1", inputs(source = close), outputs(out), missing = pass)]
pub struct LateGapAsZero {}

impl<S: Scalar> Kernel<S, 1, 1> for LateGapAsZero {
    type State = (usize, S);
    fn lookback(&self) -> [usize; 1] {
        [600]
    }
    fn init(&self) -> (usize, S) {
        (0, S::ZERO)
    }
    fn step(&self, (seen, last): &mut (usize, S), [x]: [S; 1]) -> [S; 1] {
        *seen += 1;
        if !x.is_missing() {
            *last = x;
        }
        [if *seen > 600 { *last } else { S::MISSING }]
    }
    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        let rows = out.iter_mut().zip(source).skip(600);
        rows.for_each(|(out, &x)| *out = if x.is_missing() { S::ZERO } else { x });
    }
}

/// Never forgets, and says that it takes long.
#[kernel(id = "broken::late_total", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct LateTotal {}

impl<S: Scalar> Kernel<S, 1, 1> for LateTotal {
    type State = S;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn stabilisation(&self) -> usize {
        3000
    }
    fn init(&self) -> S {
        S::ZERO
    }
    fn step(&self, state: &mut S, [x]: [S; 1]) -> [S; 1] {
        *state += x;
        [*state]
    }
}

/// Like [`Trusting`], from its first value on.
#[kernel(id = "broken::late_trusting", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct LateTrusting {}

impl<S: Scalar> Kernel<S, 1, 1> for LateTrusting {
    type State = TrustingState<S>;
    fn lookback(&self) -> [usize; 1] {
        [100]
    }
    fn init(&self) -> TrustingState<S> {
        TrustingState { at: 0, ring: vec![S::ZERO; 4] }
    }
    fn step(&self, state: &mut TrustingState<S>, [x]: [S; 1]) -> [S; 1] {
        state.at = state.at.saturating_add(1);
        if state.at <= 100 {
            return [S::MISSING];
        }
        // Far behind the warm-up there is room for another hundred rows.
        state.ring[(state.at - 101) / 100 % 5] = x;
        [x]
    }
}

#[test]
fn what_breaks_after_a_long_warm_up_is_waited_for() {
    let text = said(&LATE_GAP_AS_ZERO, Law::GapsAreSkipped);
    assert_says(&text, &["on `gaps` seed 7", "missing = skip: output `out`, row ", "batch 0, step "]);
    let text = said(&LATE_TOTAL, Law::Stabilises);
    assert_says(&text, &["3000 rows after a start at row 37: output `out`, row 3037: "]);
    let text = said(&LATE_TRUSTING, Law::DamageIsRefused);
    assert_says(&text, &["in its state became ", "panicked at ", "index out of bounds"]);
}

/// The mean of windows that may be longer than any memory.
#[kernel(id = "broken::boundless", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub struct Boundless {
    /// Rows in the window.
    #[param(default = 3, min = 1, max = 9_223_372_036_854_775_807)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Boundless {
    type State = Vec<S>;
    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }
    fn init(&self) -> Vec<S> {
        assert!(self.period < 1 << 30, "no memory for {} rows", self.period);
        vec![S::MISSING; self.period]
    }
    fn step(&self, window: &mut Vec<S>, [x]: [S; 1]) -> [S; 1] {
        window.rotate_left(1);
        window[self.period - 1] = x;
        [window.iter().fold(S::ZERO, |sum, &x| sum + x)]
    }
}

#[test]
fn windows_beyond_any_memory_are_not_made() {
    for &scalar in BOUNDLESS.spec.scalars {
        for law in Law::ALL {
            check(&BOUNDLESS, scalar, law, &Config::default())
                .unwrap_or_else(|failure| panic!("{law}: {failure}"));
        }
    }
}

#[test]
fn a_kernel_that_says_it_never_forgets_is_not_asked_when() {
    assert!(!Law::Stabilises.applies(&right::RIGHT_TOTAL, ScalarKind::F64));
    assert!(Law::Stabilises.applies(&right::RIGHT_MEAN, ScalarKind::F64));
}

//! The laws, one file each, and on which cases each of them is judged.

mod batch_equals_steps;
mod bounded_state;
mod canonical_outputs;
mod causal;
mod chunks_do_not_matter;
mod clone_is_independent;
mod damage_is_refused;
mod decimal_agrees;
mod declaration;
mod gaps_are_skipped;
mod lookback_exact;
mod resume;
mod same_answer_twice;
mod speaks;
mod stabilises;
mod writes_every_row;

use std::fmt;

use super::case::{Case, timing};
use super::catch::caught;
use super::saved::Saved;
use super::series::Kind;
use crate::registry::KernelDef;
use crate::scalar::{Decimal, ScalarKind};
use crate::spec::{KernelSpec, MissingInputs};

/// What was seen where a law does not hold.
pub(super) type Verdict = Result<(), String>;

/// In how many rows there was a value to judge, or what was seen where the law does not hold. A law that found no value with the
/// defaults has judged nothing, and does not hold either.
pub(super) type Judged = Result<usize, String>;

/// The longest warm-up a law waits for. Defaults beyond it cannot be judged, and fail; other parameters beyond it are tried on a
/// few rows without an answer.
pub(super) const LONGEST: usize = 20_000;

/// The longest warm-up for which a kernel is made at all; a plan accepts no longer one unless it is told to.
pub(super) const FARTHEST: usize = 1_000_000;

/// Says that the defaults warm up longer than a law waits.
pub(super) fn too_long(what: &str, rows: usize) -> String {
    format!("the defaults are too long to be judged: a {what} of {rows} rows (accepted: up to {LONGEST})")
}

/// A kernel judged as a whole.
pub(super) struct Subject {
    pub(super) def: &'static KernelDef,
    pub(super) seed: u64,
}

/// How a law is judged.
pub(super) enum Rule<S> {
    /// Once, on the kernel as a whole.
    Kernel(fn(&Subject) -> Verdict),
    /// On many parameter sets and series.
    Cases(Cases<S>),
}

/// The cases a law is judged on, and the judgement.
pub(super) struct Cases<S> {
    pub(super) judge: fn(&Case<S>) -> Judged,
    /// The kinds of series, the plainest first.
    pub(super) kinds: fn(&KernelSpec) -> Vec<Kind>,
    /// How many rows.
    pub(super) rows: fn(&Shape) -> Rows,
    /// Whether other parameters than the defaults are tried.
    pub(super) vary: bool,
}

impl<S: Saved> Rule<S> {
    /// Judged on every kind of series whose values a kernel may be handed, in the usual lengths and with all sorts of
    /// parameters.
    fn cases(judge: fn(&Case<S>) -> Judged) -> Cases<S> {
        Cases { judge, kinds: every_kind, rows: usual_rows, vary: true }
    }
}

/// What the length of a series may depend on.
pub(super) struct Shape {
    /// The longest warm-up among the outputs.
    pub(super) lookback: usize,
    pub(super) stabilisation: usize,
    pub(super) scalar: ScalarKind,
    pub(super) kind: Kind,
}

/// How many rows a law is judged on.
pub(super) enum Rows {
    /// Any number up to this.
    UpTo(usize),
    /// No fewer and no more.
    Exactly(usize),
    /// Too many to try: the case is left out.
    None,
}

/// Long enough for the warm-up twice and some more; with gaps, of which any input may have its own, twice as long again. Where
/// that is much, one kind stands in for all: with some rows after the warm-up, or, at periods at the far end of their
/// domain, with a few rows without an answer.
fn usual_rows(shape: &Shape) -> Rows {
    let (long, drop) = if shape.scalar == ScalarKind::F64 { (1000, 720) } else { (300, 240) };
    let times = if shape.kind == Kind::Gaps { 4 } else { 2 };
    let wanted = shape.lookback.saturating_mul(times).saturating_add(64);
    match shape.kind {
        Kind::Drop if wanted < drop => Rows::UpTo(drop),
        _ if wanted < long => Rows::UpTo(wanted),
        Kind::Walk if shape.lookback <= LONGEST => Rows::Exactly(shape.lookback + 64),
        Kind::Gaps if shape.lookback <= LONGEST => Rows::Exactly(wanted),
        Kind::Walk | Kind::Gaps if shape.lookback <= FARTHEST => Rows::UpTo(24),
        _ => Rows::None,
    }
}

/// The dense kinds; with gaps for kernels that are handed missing values.
fn every_kind(spec: &KernelSpec) -> Vec<Kind> {
    let gaps = (spec.missing == MissingInputs::Pass).then_some(Kind::Gaps);
    Kind::DENSE.into_iter().chain(gaps).collect()
}

macro_rules! laws {
    ($($(#[doc = $doc:literal])+ $law:ident $module:ident;)+) => {
        /// What every kernel promises.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Law {
            $($(#[doc = $doc])+ $law,)+
        }

        impl Law {
            /// All laws.
            pub const ALL: [Self; [$(stringify!($law)),+].len()] = [$(Self::$law),+];

            /// The name, as in `sma@f64::causal`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$law => stringify!($module),)+
                }
            }

            /// What the law promises, in a sentence or two.
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$law => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// How the law is judged.
            pub(super) fn rule<S: Saved>(self) -> Rule<S> {
                match self {
                    $(Self::$law => $module::rule(),)+
                }
            }
        }
    };
}

laws! {
    /// The batch form gives what the step form gives, row by row: bit for bit, unless the kernel declares a weaker parity.
    BatchEqualsSteps batch_equals_steps;
    /// Rows may arrive in chunks of any length, with other instances at work in between: nothing but the node's own state
    /// counts.
    ChunksDoNotMatter chunks_do_not_matter;
    /// A row depends on itself and on earlier rows only: what comes later changes no answer.
    Causal causal;
    /// A saved node, loaded again, goes on as if nothing had happened.
    Resume resume;
    /// A copy and its original do not disturb each other; a peek answers what the step would and commits nothing.
    CloneIsIndependent clone_is_independent;
    /// On well-behaved input every row before an output's lookback is missing and the row at it is present (at the earliest
    /// there, when the kernel is declared `warmup = data`).
    LookbackExact lookback_exact;
    /// The saved state does not grow with the stream.
    BoundedState bounded_state;
    /// Rows with a missing input leave the other answers as they would be without those rows, and each missing-data policy
    /// means the same in batch, in chunks and in steps.
    GapsAreSkipped gaps_are_skipped;
    /// The same input gives the same answer: twice from one node, from another node, and after a reset.
    SameAnswerTwice same_answer_twice;
    /// Exact decimals and doubles agree to 1e-9; booleans may turn over where equals are compared.
    DecimalAgrees decimal_agrees;
    /// With default parameters every output has a value on some series, and numbers are not all the same.
    Speaks speaks;
    /// The batch form writes every row after the warm-up, and reads none that it has not written.
    WritesEveryRow writes_every_row;
    /// An output is a finite number or the one missing value, and a boolean is zero or one; also where arithmetic overflows.
    CanonicalOutputs canonical_outputs;
    /// After `stabilisation()` rows it no longer matters where the stream began, to 1e-9 of its values; unless the kernel
    /// says `usize::MAX`, never.
    Stabilises stabilises;
    /// The declaration is complete and coherent: defaults are accepted, what lies outside a domain is refused by name, and
    /// nothing is left without words.
    Declaration declaration;
    /// A saved node of another version or with other parameters is refused, a damaged state is refused or harmless, and
    /// nothing panics.
    DamageIsRefused damage_is_refused;
}

impl Law {
    /// Whether the law asks anything of this kernel over this scalar: decimals are compared with doubles once, and a kernel whose
    /// defaults never stabilise is not asked when.
    pub fn applies(self, def: &KernelDef, scalar: ScalarKind) -> bool {
        let has = |scalar| def.spec.scalars.contains(&scalar);
        has(scalar)
            && match self {
                Self::DecimalAgrees => scalar == ScalarKind::Decimal && has(ScalarKind::F64),
                Self::Stabilises => !never_stabilises(def, scalar),
                _ => true,
            }
    }
}

/// Whether the kernel says so of its defaults. One that panics when it is asked does not.
fn never_stabilises(def: &KernelDef, scalar: ScalarKind) -> bool {
    let timing = caught(|| {
        Ok(match scalar {
            ScalarKind::F64 => timing::<f64>(def, &def.defaults()),
            ScalarKind::Decimal => timing::<Decimal>(def, &def.defaults()),
        })
    });
    timing.is_ok_and(|timing| timing.stabilisation == usize::MAX)
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

//! One kernel, one scalar, one law: which cases are tried, and what is said when one fails.

use std::error::Error;
use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::case::{Case, Setting, bind};
use super::catch::caught;
use super::config::Config;
use super::laws::{Cases, Law, Rows, Rule, Shape, Subject};
use super::sample::{edges, sampled};
use super::saved::Saved;
use super::series::{Kind, Series};
use crate::node::Node;
use crate::params::Params;
use crate::registry::KernelDef;
use crate::scalar::{Decimal, ScalarKind};

/// A broken law: which kernel, which case, what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    law: Law,
    message: String,
}

impl Failure {
    /// The law that was broken.
    pub fn law(&self) -> Law {
        self.law
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

/// Tries one kernel on one law. A law that does not [apply](Law::applies) holds.
///
/// # Errors
/// When the law is broken: the smallest case that was found.
pub fn check(def: &'static KernelDef, scalar: ScalarKind, law: Law, config: &Config) -> Result<(), Failure> {
    if !law.applies(def, scalar) {
        return Ok(());
    }
    let broken = match scalar {
        ScalarKind::F64 => walk::<f64>(def, law, config),
        ScalarKind::Decimal => walk::<Decimal>(def, law, config),
    };
    broken.map_or(Ok(()), |message| Err(Failure { law, message }))
}

/// What to say about the first broken case, if there is one.
fn walk<S: Saved>(def: &'static KernelDef, law: Law, config: &Config) -> Option<String> {
    match law.rule::<S>() {
        Rule::Kernel(judge) => {
            let said = caught(|| judge(&Subject { def, seed: config.seed })).err()?;
            Some(format!("{}@{}: {said}", def.spec.id, S::KIND))
        }
        Rule::Cases(cases) => {
            let walk = Walk { def, cases };
            let (setting, said) = walk.shorten(walk.find(config)?);
            Some(format!("{}: {said}", setting.describe(def, S::KIND)))
        }
    }
}

/// A broken case and what was said about it.
type Broken = (Setting, String);

struct Walk<S: Saved> {
    def: &'static KernelDef,
    cases: Cases<S>,
}

impl<S: Saved> Walk<S> {
    /// A broken case. One with the defaults is preferred; then a random one, as these become small, before an edge of a
    /// domain.
    fn find(&self, config: &Config) -> Option<Broken> {
        match self.fixed(config) {
            Some(plain) if plain.0.params == self.def.defaults() => Some(plain),
            edge => self.random(config).or(edge),
        }
    }

    /// The defaults on every kind of series and on those too short for an answer; then the edges of the domains, each on
    /// two kinds.
    fn fixed(&self, config: &Config) -> Option<Broken> {
        let kinds = self.kinds();
        let plain = kinds[0];
        let defaults = self.def.defaults();
        let short = match caught(|| Ok(self.short_lengths(&defaults, plain))) {
            Ok(short) => short,
            Err(said) => {
                let series = Series { kind: plain, seed: config.seed, rows: 0 };
                return Some((Setting { params: defaults, series }, said));
            }
        };
        let mut wanted: Vec<(Params, Kind, usize)> =
            kinds.iter().map(|&kind| (defaults.clone(), kind, usize::MAX)).collect();
        wanted.extend(short.into_iter().map(|rows| (defaults.clone(), plain, rows)));
        if self.cases.vary {
            for (at, params) in edges(self.def).into_iter().enumerate() {
                wanted.push((params.clone(), plain, usize::MAX));
                wanted.push((params, kinds[(at + 1) % kinds.len()], usize::MAX));
            }
        }
        wanted.into_iter().find_map(|(params, kind, rows)| self.broken(params, kind, config.seed, rows))
    }

    /// Lengths with no answer, or only just one.
    fn short_lengths(&self, params: &Params, kind: Kind) -> Vec<usize> {
        let shape = self.shape(params, kind);
        match (self.cases.rows)(&shape) {
            Rows::UpTo(_) => vec![0, 1, 2, shape.lookback, shape.lookback + 1, shape.lookback + 2],
            Rows::Exactly(_) | Rows::None => Vec::new(),
        }
    }

    fn shape(&self, params: &Params, kind: Kind) -> Shape {
        let node = bind::<S>(self.def, params);
        let lookback = node.lookback().into_iter().max().unwrap_or(0);
        Shape { lookback, stabilisation: node.stabilisation(), scalar: S::KIND, kind }
    }

    /// Random parameters, kinds, seeds and lengths. What breaks is simplified while it still breaks.
    fn random(&self, config: &Config) -> Option<Broken> {
        let cases = if self.cases.vary { config.cases } else { config.cases / 4 };
        let strategy = (self.params(), select(self.kinds()), 0u64..1000, 0usize..1000);
        let mut runner = runner(config.seed);
        for _ in 0..cases {
            // A rule that refuses nearly all random sets leaves the fixed ones.
            let mut tree = strategy.new_tree(&mut runner).ok()?;
            let broken = |(params, kind, seed, rows)| self.broken(params, kind, seed, rows);
            let Some(mut worst) = broken(tree.current()) else { continue };
            let mut tries = 0;
            let mut more = tree.simplify();
            while more && tries < 300 {
                tries += 1;
                more = match broken(tree.current()) {
                    Some(simpler) => {
                        worst = simpler;
                        tree.simplify()
                    }
                    None => tree.complicate(),
                };
            }
            return Some(worst);
        }
        None
    }

    fn params(&self) -> BoxedStrategy<Params> {
        if self.cases.vary { sampled(self.def).boxed() } else { Just(self.def.defaults()).boxed() }
    }

    fn kinds(&self) -> Vec<Kind> {
        (self.cases.kinds)(&self.def.spec)
    }

    /// Cuts a broken case down to the shortest series on which it is still broken.
    fn shorten(&self, (setting, said): Broken) -> Broken {
        let Setting { params, series } = &setting;
        let shorter =
            (0..series.rows).find_map(|rows| self.broken(params.clone(), series.kind, series.seed, rows));
        shorter.unwrap_or((setting, said))
    }

    /// Judges one case of at most so many rows.
    fn broken(&self, params: Params, kind: Kind, seed: u64, rows: usize) -> Option<Broken> {
        let mut series = Series { kind, seed, rows };
        let verdict = caught(|| {
            series.rows = match (self.cases.rows)(&self.shape(&params, kind)) {
                Rows::UpTo(most) => rows.min(most),
                Rows::Exactly(rows) => rows,
                Rows::None => return Ok(()),
            };
            (self.cases.judge)(&Case::new(self.def, &Setting { params: params.clone(), series }))
        });
        verdict.err().map(|said| (Setting { params, series }, said))
    }
}

/// The random numbers of one walk.
fn runner(seed: u64) -> TestRunner {
    let bytes: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

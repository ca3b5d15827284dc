//! `ta certify`.

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;
use ta_kernel_api::conformance::{Config, Law, check};
use ta_kernel_api::{KernelDef, Registry, ScalarKind};

use crate::args::{Certify, TableFormat};
use crate::{Failure, Outcome, show};

/// One kernel over one scalar, law by law.
struct Verdicts {
    def: &'static KernelDef,
    scalar: ScalarKind,
    laws: Vec<(Law, Verdict)>,
}

#[derive(PartialEq)]
enum Verdict {
    Holds,
    Fails(String),
    /// The law says nothing about this kernel.
    Silent,
}

impl Verdicts {
    fn name(&self) -> String {
        format!("{}@{}", self.def.spec.id, self.scalar)
    }
    fn failures(&self) -> impl Iterator<Item = (Law, &str)> {
        self.laws.iter().filter_map(|(law, verdict)| match verdict {
            Verdict::Fails(message) => Some((*law, message.as_str())),
            _ => None,
        })
    }
}

pub(crate) fn run(registry: &Registry, args: &Certify) -> Outcome {
    let config = Config::from_env()?;
    let defs: Vec<&'static KernelDef> = if args.ids.is_empty() {
        registry.iter().collect()
    } else {
        args.ids.iter().map(|id| registry.get(id)).collect::<Result<_, _>>()?
    };
    let mut seen = BTreeSet::new();
    let defs = defs.into_iter().filter(|def| seen.insert(def.spec.id));
    let subjects: Vec<_> =
        defs.flat_map(|def| def.spec.scalars.iter().map(move |&scalar| (def, scalar))).collect();
    let verdicts = judge(&subjects, &config)?;
    let failed = verdicts.iter().flat_map(Verdicts::failures).count();
    match args.format {
        TableFormat::Table => show::print(|out| table(out, &verdicts, failed))?,
        TableFormat::Json => show::print(|out| writeln!(out, "{:#}", json(&verdicts, failed)))?,
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All subjects, on all cores, in their order.
fn judge(subjects: &[(&'static KernelDef, ScalarKind)], config: &Config) -> Result<Vec<Verdicts>, Failure> {
    let bar = show::progress(subjects.len() as u64, "certifying");
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(&(def, scalar)) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            let laws = Law::ALL.iter().map(|&law| (law, verdict(def, scalar, law, config))).collect();
            bar.inc(1);
            if let Ok(mut done) = done.lock() {
                done.push(Verdicts { def, scalar, laws });
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    let mut done = done.into_inner().map_err(|_| Failure("a worker stopped half-way".to_owned()))?;
    done.sort_by_key(|verdicts| (verdicts.def.spec.id, verdicts.scalar));
    Ok(done)
}

fn verdict(def: &'static KernelDef, scalar: ScalarKind, law: Law, config: &Config) -> Verdict {
    if !law.applies(def, scalar) {
        return Verdict::Silent;
    }
    check(def, scalar, law, config)
        .map_or_else(|failure| Verdict::Fails(failure.to_string()), |()| Verdict::Holds)
}

fn table(out: &mut dyn Write, verdicts: &[Verdicts], failed: usize) -> std::io::Result<()> {
    // Words break, underscores do not.
    let laws = Law::ALL.iter().map(|law| law.name().replace('_', " "));
    let mut table = show::table(std::iter::once("kernel".to_owned()).chain(laws).collect::<Vec<_>>());
    for subject in verdicts {
        let cells = subject.laws.iter().map(|(_, verdict)| match verdict {
            Verdict::Holds => show::verdict(true, "ok"),
            Verdict::Fails(_) => show::verdict(false, "FAIL"),
            Verdict::Silent => "-".to_owned(),
        });
        table.add_row(std::iter::once(subject.name()).chain(cells).collect::<Vec<_>>());
    }
    writeln!(out, "{table}")?;
    for (law, message) in verdicts.iter().flat_map(Verdicts::failures) {
        writeln!(out, "\n{} ({})\n  {message}", law.name(), law.doc())?;
    }
    writeln!(
        out,
        "\n{} rows of a kernel and a scalar, {} laws, {failed} failures",
        verdicts.len(),
        Law::ALL.len()
    )
}

fn json(verdicts: &[Verdicts], failed: usize) -> serde_json::Value {
    let kernels: Vec<_> = verdicts
        .iter()
        .map(|subject| {
            let laws: serde_json::Map<_, _> = subject
                .laws
                .iter()
                .map(|(law, verdict)| {
                    let verdict = match verdict {
                        Verdict::Holds => json!("ok"),
                        Verdict::Fails(message) => json!({ "failed": message }),
                        Verdict::Silent => json!(null),
                    };
                    (law.name().to_owned(), verdict)
                })
                .collect();
            json!({ "id": subject.def.spec.id, "scalar": subject.scalar.name(), "laws": laws })
        })
        .collect();
    json!({ "failures": failed, "kernels": kernels })
}

//! The benchmarks, and their table of ratios.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::run::{cargo, run};
use crate::{Outcome, root};

/// The name under which our own side of a comparison is measured; any other name is a peer.
const OURS: &str = "ta-runtime";

pub(crate) fn run_all(filter: Option<&str>) -> Outcome {
    let root = root();
    let measured = root.join("target/criterion");
    // Only what this run measures belongs in its table.
    let _ = fs::remove_dir_all(&measured);
    run(cargo(&root).args(["bench", "-p", "benches", "--"]).args(filter).env("CRITERION_HOME", &measured))?;
    print_table(&measured)
}

/// One line per group: our time, the peer's, and the ratio.
fn print_table(measured: &Path) -> Outcome {
    let mut groups: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for group in folders(measured)? {
        for function in folders(&measured.join(&group))? {
            let folder = measured.join(&group).join(&function).join("new");
            if let (Some(time), Some(elements)) = (estimate(&folder), elements(&folder)) {
                groups.entry(group.clone()).or_default().push((function, time / elements));
            }
        }
    }
    println!("\n{:<34} {:>14} {:<12} {:>14} {:>8}", "benchmark", "ns per element", "peer", "ns", "ratio");
    for (group, times) in groups {
        let Some(&(_, ours)) = times.iter().find(|(name, _)| name == OURS) else { continue };
        let mut peers = times.iter().filter(|(name, _)| name != OURS).peekable();
        if peers.peek().is_none() {
            println!("{group:<34} {ours:>14.2}");
        }
        for (peer, theirs) in peers {
            println!("{group:<34} {ours:>14.2} {peer:<12} {theirs:>14.2} {:>8.2}", ours / theirs);
        }
    }
    Ok(())
}

/// The names of the folders in a folder, sorted, without criterion's report.
fn folders(folder: &Path) -> Result<Vec<String>, String> {
    let entries =
        fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "report")
        .collect();
    names.sort();
    Ok(names)
}

/// The median time of one iteration in nanoseconds.
fn estimate(folder: &Path) -> Option<f64> {
    read(&folder.join("estimates.json"))?.get("median")?.get("point_estimate")?.as_f64()
}

/// How many elements one iteration takes in.
fn elements(folder: &Path) -> Option<f64> {
    read(&folder.join("benchmark.json"))?.get("throughput")?.get("Elements")?.as_f64()
}

fn read(file: &Path) -> Option<serde_json::Value> {
    serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
}

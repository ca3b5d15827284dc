//! `ta eval` on real bars.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ta::{example, refused, root, stdout};
use ta_kernel_api::{KernelDef, Registry, ScalarKind};
use ta_kernels_std as _;

/// Every file of bars in the repository.
fn files() -> Vec<PathBuf> {
    let folders = [root().join("examples/data"), root().join("tests/data")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    files
}

/// A call of the kernel at its defaults; required inputs read price fields.
fn call(def: &KernelDef) -> String {
    let required = def.spec.inputs.iter().filter(|input| input.field.is_none());
    let fields: Vec<_> = required.zip(["close", "open", "high"]).map(|(_, field)| field).collect();
    format!("{}({})", def.spec.id, fields.join(", "))
}

fn calls(scalar: ScalarKind) -> Vec<String> {
    let registry = Registry::linked().unwrap();
    registry.iter().filter(|def| def.spec.scalars.contains(&scalar)).map(call).collect()
}

#[test]
fn both_modes_print_the_same_bytes_for_every_kernel_on_every_file() {
    let files = files();
    assert!(files.len() >= 7, "{files:?}");
    for scalar in [ScalarKind::F64, ScalarKind::Decimal] {
        let calls = calls(scalar);
        assert!(calls.len() >= 40, "{calls:?}");
        for file in &files {
            let [batch, steps] = ["batch", "incremental"].map(|mode| {
                let mut args = vec!["eval", "--format", "csv", "--numeric", scalar.name(), "--mode", mode];
                args.extend(["--data", file.to_str().unwrap()]);
                args.extend(calls.iter().map(String::as_str));
                stdout(&args)
            });
            if let Some((row, (batch, steps))) =
                batch.lines().zip(steps.lines()).enumerate().find(|(_, (a, b))| a != b)
            {
                panic!("{} in {scalar}, line {row}:\nbatch {batch}\nsteps {steps}", file.display());
            }
            assert_eq!(batch.len(), steps.len());
            let bars = fs::read_to_string(file).unwrap().lines().count();
            assert_eq!(batch.lines().count(), bars, "one row per bar and a header");
        }
    }
}

#[test]
fn bars_mean_the_same_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("bars.csv");
    let text = fs::read_to_string(example("ES_1MIN.csv")).unwrap();
    fs::write(&csv, text.split_inclusive('\n').take(21).collect::<String>()).unwrap();
    let eval = |path: &Path| stdout(&["eval", "ema(5)", "--format", "csv", "--data", path.to_str().unwrap()]);
    for name in ["pandas.parquet", "polars.arrow"] {
        assert_eq!(eval(&root().join("crates/ta-runtime/tests/data").join(name)), eval(&csv), "{name}");
    }
}

#[test]
fn a_row_with_a_missing_price_costs_that_row_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bars = fs::read_to_string(example("AAPL.csv")).unwrap();
    let lines: Vec<&str> = bars.lines().take(200).collect();
    let (gapped, without) = (folder.path().join("gapped.csv"), folder.path().join("without.csv"));
    for missing in ["", "NaN"] {
        let gap: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let cells: Vec<&str> = line.split(',').collect();
                if at == 100 {
                    format!("{},{missing},{missing},{missing},{missing},{missing}", cells[0])
                } else {
                    line.to_string()
                }
            })
            .collect();
        fs::write(&gapped, gap.join("\n")).unwrap();
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != 100).map(|(_, line)| *line).collect();
        fs::write(&without, rest.join("\n")).unwrap();
        for mode in ["batch", "incremental"] {
            let eval = |file: &PathBuf| {
                let data = file.to_str().unwrap();
                stdout(&["eval", "rsi(14)", "sma(20)", "--data", data, "--mode", mode, "--format", "csv"])
            };
            let (with_gap, without_row) = (eval(&gapped), eval(&without));
            let mut with_gap: Vec<&str> = with_gap.lines().collect();
            let gap = with_gap.remove(100);
            assert!(gap.ends_with("Z,,"), "the row itself is missing: {gap}");
            assert_eq!(with_gap, without_row.lines().collect::<Vec<_>>(), "in {mode}");
        }
    }
}

#[test]
fn several_outputs_get_columns_of_their_own() {
    let data = example("AAPL.csv");
    let csv = stdout(&[
        "eval",
        "m=macd()",
        "up=close > open",
        "--data",
        data.to_str().unwrap(),
        "--format",
        "csv",
        "--tail",
        "1",
    ]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "ts,m.macd,m.signal,m.histogram,up");
    assert!(lines[1].starts_with("2013-03-01T00:00:00Z,-") && lines[1].ends_with(",false"), "{}", lines[1]);
    let json = stdout(&["eval", "m=macd()", "--data", data.to_str().unwrap(), "--format", "jsonl"]);
    assert_eq!(
        json.lines().next(),
        Some(r#"{"ts":"2000-03-01T00:00:00Z","m.macd":null,"m.signal":null,"m.histogram":null}"#)
    );
}

#[test]
fn odd_bars_are_reported_and_used() {
    let spy = root().join("tests/data/SPY.csv");
    let (code, said) = refused(&["eval", "sma(5)", "--data", spy.to_str().unwrap(), "--format", "csv"]);
    assert_eq!(code, Some(0));
    assert_eq!(said.matches("warning:").count(), 2, "{said}");
    assert!(said.contains("2015-03-05T00:00:00Z") && said.contains("2015-03-30T00:00:00Z"), "{said}");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.csv");
    let said = |csv: &str| {
        fs::write(&file, csv).unwrap();
        let (code, said) = refused(&["eval", "sma(2)", "--data", file.to_str().unwrap()]);
        assert_eq!(code, Some(2), "{said}");
        said
    };
    assert!(said("ts,close\n2020-01-01,1\n2020-01-02,x\n").contains("line 3"), "a cell that is no number");
    assert!(said("ts,close\n2020-01-02,1\n2020-01-01,2\n").contains("line 3"), "a time that goes back");
    assert!(said("ts,close\n2020-01-02,inf\n").contains("line 2"), "an infinity");
    assert!(said("ts,open\n2020-01-02,1\n").contains("`close`"), "a column that is not there");
    let (code, said) = refused(&["eval", "sma(2)", "--data", "nowhere.csv"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("nowhere.csv"), "{said}");
}

#[test]
fn the_policy_error_names_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gap.csv");
    fs::write(&file, "ts,close\n2020-01-01,1\n2020-01-02,\n2020-01-03,3\n").unwrap();
    let [batch, steps] = ["batch", "incremental"].map(|mode| {
        let data = file.to_str().unwrap();
        let (code, said) = refused(&["eval", "sma(2)", "--data", data, "--missing", "error", "--mode", mode]);
        assert_eq!(code, Some(2));
        said
    });
    assert_eq!(batch, steps);
    assert!(batch.contains("row 1, 2020-01-02T00:00:00Z") && batch.contains("close"), "{batch}");
}

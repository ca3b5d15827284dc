//! Many files: how they are named, which is the base, and all symbols at once.

use std::fs;
use std::path::Path;

use crate::ta::{example, refused, root, stdout};

/// A folder with two symbols of three daily bars, and what is no data.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("A.csv", "ts,close\n2020-01-01,1\n2020-01-02,2\n2020-01-03,4\n");
    write("B.csv", "ts,close\n2020-01-01,10\n2020-01-03,30\n");
    write("README.md", "# Bars\n");
    folder
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn per_symbol_answers_for_every_file_of_a_folder_or_a_pattern() {
    let folder = folder();
    let (whole, pattern) = (folder.path().to_str().unwrap(), path(&folder, "[AB].csv"));
    let (a, b) = (path(&folder, "A.csv"), path(&folder, "B.csv"));
    let expected = "symbol,ts,s\n\
        A,2020-01-01T00:00:00Z,\nA,2020-01-02T00:00:00Z,1.5\nA,2020-01-03T00:00:00Z,3\n\
        B,2020-01-01T00:00:00Z,\nB,2020-01-03T00:00:00Z,20\n";
    for mode in ["batch", "incremental"] {
        for data in [&["--data", whole][..], &["--data", &pattern], &["--data", &a, "--data", &b]] {
            let mut args = vec!["eval", "s=sma(2)", "--per-symbol", "--format", "csv", "--mode", mode];
            args.extend(data);
            assert_eq!(stdout(&args), expected, "{data:?} in {mode}");
        }
    }
    let last =
        stdout(&["eval", "close", "--per-symbol", "--tail", "1", "--format", "jsonl", "--data", whole]);
    assert_eq!(
        last.lines().collect::<Vec<_>>(),
        [
            r#"{"symbol":"A","ts":"2020-01-03T00:00:00Z","close":4}"#,
            r#"{"symbol":"B","ts":"2020-01-03T00:00:00Z","close":30}"#
        ]
    );
    let table = stdout(&["eval", "close", "--per-symbol", "--data", whole]);
    assert!(table.starts_with("| symbol |") && table.lines().count() == 7, "{table}");
}

#[test]
fn a_file_prints_the_same_whatever_is_beside_it() {
    let aapl = example("AAPL.csv");
    let (aapl, folder) = (aapl.to_str().unwrap(), folder());
    let alone = stdout(&["eval", "rsi(14)", "--format", "csv", "--data", aapl]);
    let b = path(&folder, "B.csv");
    assert_eq!(alone, stdout(&["eval", "rsi(14)", "--format", "csv", "--data", aapl, "--data", &b]));
    let key = format!("binance.X.1d={aapl}");
    let args = ["eval", "rsi(14)", "--format", "csv", "--data", &b, "--data", &key, "--base", "X"];
    assert_eq!(alone, stdout(&args));
    assert_eq!(alone, stdout(&["eval", "rsi(14)", "--format", "csv", "--data", aapl, "--timeframe", "1d"]));
}

#[test]
fn files_that_no_expression_reads_are_not_opened() {
    let folder = folder();
    fs::write(folder.path().join("C.csv"), "no bars at all").unwrap();
    let (a, c) = (path(&folder, "A.csv"), path(&folder, "C.csv"));
    assert!(stdout(&["eval", "close", "--data", &a, "--data", &c]).contains("2020-01-03"));
    let (code, said) = refused(&["eval", "close", "--data", &a, "--data", &c, "--per-symbol"]);
    assert!(code == Some(2) && said.contains("C.csv"), "{said}");
}

#[test]
fn data_that_cannot_be_told_apart_or_found_are_refused() {
    let folder = folder();
    let (a, empty) = (path(&folder, "A.csv"), path(&folder, "empty"));
    fs::create_dir(Path::new(&empty)).unwrap();
    let said = |args: &[&str]| {
        let (code, said) = refused(&[&["eval", "close"], args].concat());
        assert_eq!(code, Some(2), "{said}");
        said
    };
    assert!(
        said(&["--data", &a, "--data", &a])
            .contains("are both `A.ohlcv` (say what one of them is: KEY=FILE)")
    );
    assert!(
        said(&["--data", &a, "--base", "B"]).contains("there are no data of `B.ohlcv` (there are `A.ohlcv`)")
    );
    assert!(said(&["--data", &empty]).contains("there are no data in this folder"));
    assert!(said(&["--data", &path(&folder, "*.gone")]).contains("no file is like"));
    assert!(said(&["--data", "1x.y=nowhere.csv"]).contains("`1x`"));
    let (one, two) = (format!("A.1d={a}"), format!("A.1h={a}"));
    assert!(
        said(&["--data", &one, "--data", &two, "--base", "A"])
            .contains("`A.1d.ohlcv`, `A.1h.ohlcv` (say which)")
    );
    let b = path(&folder, "B.csv");
    fs::write(&b, "ts,open\n2020-01-01,10\n").unwrap();
    let args = ["--per-symbol", "--data", &a, "--data", &b];
    assert!(said(&args).contains("B: "), "the symbol is named");
    assert!(said(&["symbol=close", "--per-symbol", "--data", &a]).contains("give it another name"));
}

#[test]
fn times_without_a_zone_are_in_the_one_that_is_said() {
    let folder = folder();
    let a = path(&folder, "A.csv");
    let csv = stdout(&["eval", "close", "--data", &a, "--zone", "America/New_York", "--format", "csv"]);
    assert_eq!(csv.lines().nth(1), Some("2020-01-01T05:00:00Z,1"));
}

#[test]
fn expressions_read_other_symbols_and_slower_bars_in_every_mode() {
    let data = root().join("tests/data");
    let (ibm, msft) = (data.join("IBM.csv"), data.join("MSFT.csv"));
    let (ibm, msft) = (ibm.to_str().unwrap(), msft.to_str().unwrap());
    let eval = |mode: &str| {
        let mut args = vec!["eval", "r=close / MSFT.close", "w=1w.close", "m=sma(MSFT.1M.high, 3)"];
        args.extend(["--data", ibm, "--data", msft, "--timeframe", "1d", "--format", "csv", "--mode", mode]);
        stdout(&args)
    };
    let batch = eval("batch");
    // IBM closed at 100.25 and MSFT at 90.81; no week is over yet.
    assert_eq!(batch.lines().nth(1), Some(format!("2000-03-01T00:00:00Z,{},,", 100.25 / 90.81).as_str()));
    assert_eq!(batch, eval("incremental"));
    assert_eq!(batch, eval("shadow"));
    let (code, said) = refused(&["eval", "close / SPY.close", "--data", ibm]);
    assert!(code == Some(2) && said.contains("there are no data of `SPY.ohlcv`"), "{said}");
}

//! `ta revise`.

use std::collections::BTreeMap;
use std::fs;

use crate::ta::{example, refused, stdout, ta, text};

const EXPRESSIONS: [&str; 3] = ["s=sma(5)", "r=rsi(14)", "up=close > open"];

/// Outputs by time and name.
fn eval(file: &str) -> BTreeMap<(String, String), String> {
    let csv = stdout(&[&["eval", "--format", "csv", "--data", file][..], &EXPRESSIONS].concat());
    let row = |line: &str| {
        let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        let names = ["s", "r", "up"].into_iter().zip(cells[1..].to_vec());
        names.map(|(name, cell)| ((cells[0].clone(), name.to_owned()), cell)).collect::<Vec<_>>()
    };
    csv.lines().skip(1).flat_map(row).collect()
}

#[test]
fn changes_are_the_difference_of_the_evaluations_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let bars = fs::read_to_string(example("AAPL.csv")).unwrap();
    let lines: Vec<&str> = bars.lines().collect();
    // Of bars 1500..1503 the first is corrected, the second removed.
    let cells: Vec<&str> = lines[1500].split(',').collect();
    let [ts, open, high, low, _, volume] = cells[..] else { panic!("{cells:?}") };
    let corrected = format!("{ts},{open},{high},{low},{low},{volume}");
    let with = [lines[0], &corrected, lines[1502]].join("\n");
    let after = [&lines[..1500], &[&corrected], &lines[1502..]].concat().join("\n");
    fs::write(path("with.csv"), with).unwrap();
    fs::write(path("after.csv"), after).unwrap();

    let aapl = example("AAPL.csv");
    let (before, after) = (eval(aapl.to_str().unwrap()), eval(&path("after.csv")));
    let mut expected = Vec::new();
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        if before.get(key) != after.get(key) {
            let cell = |side: &BTreeMap<_, String>| side.get(key).cloned().unwrap_or_default();
            expected.push(format!("{},{},{},{}", key.0, key.1, cell(&before), cell(&after)));
        }
    }
    assert!(expected.len() > 100 && expected.len() < 5000, "{}", expected.len());

    let with = path("with.csv");
    let args = ["revise", "--data", aapl.to_str().unwrap(), "--with", &with, "--format", "csv"];
    let output = ta().args(args).args(EXPRESSIONS).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let csv = text(&output.stdout);
    let mut changed: Vec<&str> = csv.lines().skip(1).collect();
    changed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(changed, expected);
    let said = text(&output.stderr);
    assert!(said.contains(" of 3269 rows were replayed"), "{said}");
    let replayed: usize = said.split("changed; ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((1769..2770).contains(&replayed), "from the nearest state on: {said}");
}

#[test]
fn a_span_without_rows_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bars = path("bars.csv", "ts,close\n2020-01-01,1\n2020-01-02,2\n2020-01-03,4\n");
    let (none, odd) = (path("none.csv", "ts,close\n"), path("odd.csv", "ts,close\n2020-01-02,3\n"));
    let args = ["revise", "s=sma(2)", "--data", &bars, "--format", "jsonl", "--with"];
    let span = ["--from", "2020-01-02", "--until", "2020-01-03"];
    assert_eq!(
        stdout(&[&args[..], &[&none], &span].concat()).lines().collect::<Vec<_>>(),
        [
            r#"{"ts":"2020-01-02T00:00:00Z","output":"s","before":1.5,"after":null}"#,
            r#"{"ts":"2020-01-03T00:00:00Z","output":"s","before":3,"after":2.5}"#
        ]
    );
    let said = |rest: &[&str]| {
        let (code, said) = refused(&[&args[..], rest].concat());
        assert_eq!(code, Some(2), "{said}");
        said
    };
    assert!(said(&[&none]).contains("there are no rows (say which are gone: --from, --until)"));
    assert!(said(&[&odd, "--until", "2020-01-01"]).contains("before it begins"));
    assert!(said(&[&odd, "--from", "2020-01-03", "--until", "2020-01-04"]).contains("odd.csv: row 0"));
    assert!(said(&[&odd, "--from", "noon"]).contains("ISO-8601"));
    let other = format!("X={odd}");
    assert!(said(&[&other]).contains("there are no data of `X.ohlcv`"));
}

//! The commands beside `eval` and `stream`.

use crate::ta::{example, refused, stdout, ta, text};

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(args)).unwrap()
}

#[test]
fn kernels_and_describe_show_what_is_declared() {
    assert!(stdout(&["kernels"]).contains("sma(source=close, period="));
    assert!(stdout(&["kernels"]).lines().any(|line| line.contains("| std(") && line.contains("| stddev")));
    let kernels = json(&["kernels", "--format", "json"]);
    assert!(kernels.as_array().unwrap().iter().any(|kernel| kernel["id"] == "macd"));
    assert_eq!(
        json(&["describe", "stddev", "--format", "json"])["id"],
        "std",
        "an alias answers with the kernel"
    );
    assert!(stdout(&["describe", "macd"]).contains("signal"));
    let (code, said) = refused(&["describe", "mcad"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("unknown kernel `mcad`") && said.contains("`macd`"), "{said}");
}

#[test]
fn check_tells_what_an_expression_needs() {
    let answer = json(&["check", "a=sma(20) > close[1]", "--format", "json"]);
    assert_eq!(answer["valid"], true);
    assert_eq!(answer["outputs"][0]["type"], "bool");
    assert_eq!(answer["outputs"][0]["lookback"], 19);
    assert_eq!(answer["requirements"][0]["field"], "close");
    assert!(stdout(&["check", "rsi(14)"]).contains("valid"));
    let answer = json(&["check", "close / SPY.1h.close", "--format", "json"]);
    assert_eq!(answer["requirements"][1]["field"], "SPY.1h.close");
}

#[test]
fn check_points_at_the_mistake() {
    let output = ta().args(["check", "sma(clos, 20)", "--format", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["valid"], false);
    assert_eq!(answer["errors"][0]["span"], serde_json::json!({ "start": 4, "end": 8 }));
    let (code, said) = refused(&["check", "sma(clos, 20)", "close", "bar("]);
    assert_eq!((code, said.matches("error:").count()), (Some(1), 2), "{said}");
    let (code, said) = refused(&["check", "sma(clos, 20)"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("`close`") && said.contains("^^^^"), "{said}");
}

#[test]
fn the_higher_of_two_series_has_a_name_of_its_own() {
    let (_, said) = refused(&["check", "max(open, close)"]);
    assert!(said.contains("for several series there is `maximum(a, b)`"), "{said}");
}

#[test]
fn columns_that_every_output_has_are_refused() {
    for expression in ["ts", "forming=close"] {
        let (code, said) = refused(&["stream", expression]);
        assert_eq!(code, Some(2));
        assert!(said.contains("give it another name"), "{said}");
    }
}

#[test]
fn certify_prints_a_table_of_laws() {
    assert!(stdout(&["certify", "sma"]).contains("sma@decimal"));
    let answer = json(&["certify", "sma", "sign", "--format", "json"]);
    assert_eq!(answer["failures"], 0);
    assert_eq!(answer["kernels"].as_array().unwrap().len(), 4);
    assert_eq!(answer["kernels"][0]["laws"]["causal"], "ok");
}

#[test]
fn wrong_arguments_end_with_2() {
    assert_eq!(refused(&["eval"]).0, Some(2));
    assert_eq!(refused(&["eval", "sma(20)", "--data", "x.csv", "--missing", "guess"]).0, Some(2));
    assert_eq!(refused(&["stream", "sma(20)", "--every", "0"]).0, Some(2));
}

#[test]
fn help_has_examples_and_exit_codes() {
    assert!(stdout(&["--help"]).contains("Exit codes"));
    assert!(stdout(&["eval", "--help"]).contains("Examples"));
    assert!(stdout(&["completions", "bash"]).contains("complete -F"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let data = example("AAPL.csv");
    let mut child = ta()
        .args(["eval", "close", "--format", "csv", "--data", data.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

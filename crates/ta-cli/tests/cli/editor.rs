//! The commands for those who make editors and front ends.

use serde_json::{Value, json};

use crate::ta::{example, refused, root, stdout, ta, text};

fn answer(args: &[&str]) -> Value {
    serde_json::from_str(&stdout(args)).unwrap()
}

#[test]
fn analyze_says_what_expressions_mean() {
    let answer = answer(&["analyze", "a=sma(20) > macd().signal", "sma(20)", "--format", "json"]);
    assert_eq!(answer["valid"], true);
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(
        answer["outputs"][0],
        json!({"name": "a", "kind": "bool", "lookback": 33, "stabilisation": 396})
    );
    assert_eq!(answer["kernels"][0]["text"], "sma(close, period=20)");
    assert_eq!(answer["kernels"][0]["params"], json!({"period": 20}));
    assert_eq!((&answer["nodes"], &answer["shared"]), (&json!(4), &json!(2)));
    assert_eq!(answer["fingerprint"].as_str().unwrap().len(), 64);
    let text = stdout(&["analyze", "sma(20)"]);
    assert!(text.starts_with("sma(close, period=20)\n"), "{text}");
}

#[test]
fn analyze_says_all_that_is_wrong() {
    let texts = ["sma(clos, 20)", "close", "x=bar(", "close +\n  opn"];
    let output = ta().arg("analyze").args(texts).args(["--format", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["valid"], false);
    let wrong: Vec<_> =
        answer["errors"].as_array().unwrap().iter().map(|error| &error["expression"]).collect();
    assert_eq!(wrong, [0, 2, 3]);
    assert_eq!(answer["errors"][1]["kind"], "syntax");
    let span = json!({"start": 10, "end": 13, "line": 2, "column": 3, "end_line": 2, "end_column": 6});
    assert_eq!(answer["errors"][2]["span"], span);
    let (code, said) = refused(&[&["analyze"][..], &texts].concat());
    assert_eq!((code, said.matches("error:").count()), (Some(1), 3), "{said}");
}

#[test]
fn a_plan_as_json_is_run_like_its_expressions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    let texts = ["up=close > sma(5)", "macd().signal", "--missing", "hold"];
    std::fs::write(&file, stdout(&[&["explain", "--format", "json"][..], &texts].concat())).unwrap();
    let bars = example("AAPL.csv");
    let data = ["--data", bars.to_str().unwrap(), "--format", "csv"];
    let (file, text) = (file.to_str().unwrap(), stdout(&[&["eval"][..], &texts, &data].concat()));
    assert_eq!(stdout(&[&["eval", "--plan", file][..], &data].concat()), text);
    // Not both, and none that is something else.
    assert_eq!(refused(&["eval", "close", "--plan", file]).0, Some(2));
    std::fs::write(file, "{}").unwrap();
    let (code, why) = refused(&[&["eval", "--plan", file][..], &data].concat());
    assert_eq!(code, Some(2));
    assert!(why.contains("plan.json: no plan: missing field `format`"), "{why}");
}

#[test]
fn explain_draws_the_plan() {
    let tree = stdout(&["explain", "up=sma(5) > sma(5)[1]"]);
    let expected = "up: bool\n└─ >\n   ├─ sma(period=5) #1\n   │  └─ close\n   └─ [1]\n      └─ #1\n";
    assert_eq!(tree, expected);
    let chart = stdout(&["explain", "macd().signal", "--format", "mermaid"]);
    assert!(chart.starts_with("flowchart TD\n") && chart.contains("-->|\"signal\"| o0"), "{chart}");
    assert_eq!(refused(&["explain", "smaa(5)"]).0, Some(2));
}

#[test]
fn preview_has_the_indicators_inside() {
    let data = example("AAPL.csv");
    let data = data.to_str().unwrap();
    let answer =
        answer(&["preview", "up=sma(5) > close[1]", "--data", data, "--tail", "3", "--format", "json"]);
    let ts = answer["ts"].as_array().unwrap();
    assert_eq!((ts.len(), answer["rows"].as_u64().unwrap() > 3), (3, true));
    assert_eq!(answer["indicators"][0]["label"], "sma(close, period=5)");
    assert_eq!(answer["indicators"][0]["values"].as_array().unwrap().len(), 3);
    assert_eq!(answer["indicators"][0]["plot"]["place"], "overlay");
    assert_eq!(answer["outputs"][0]["name"], "up");
    let values = answer["outputs"][0]["values"].as_array().unwrap();
    let true_at: Vec<_> =
        ts.iter().zip(values).filter(|(_, value)| **value == json!(true)).map(|(ts, _)| ts.clone()).collect();
    assert_eq!(answer["outputs"][0]["true_at"], Value::from(true_at));
    assert_eq!(answer["requirements"][0]["field"], "close");
    let table = stdout(&["preview", "up=sma(5) > close[1]", "--data", data]);
    assert_eq!(table.lines().count(), 22);
    let decimals = stdout(&["preview", "sma(5)", "--data", data, "--numeric", "decimal", "--format", "json"]);
    assert!(decimals.contains("\"values\":[null,null,null,null,\""), "{decimals}");
}

#[test]
fn every_example_of_the_manifest_is_valid_and_every_kernel_has_one() {
    let manifest = answer(&["manifest"]);
    let texts: Vec<&str> = manifest["examples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|example| example["text"].as_str().unwrap())
        .collect();
    for kernel in manifest["kernels"].as_array().unwrap() {
        let call = format!("{}(", kernel["id"].as_str().unwrap());
        assert!(texts.iter().any(|text| text.starts_with(&call)), "{call}");
    }
    stdout(&[&["analyze"][..], &texts].concat());
    let bars =
        manifest["sources"].as_array().unwrap().iter().find(|source| source["name"] == "ohlcv").unwrap();
    assert_eq!(bars["fields"][4]["downsample"], "sum");
    assert_eq!(manifest["scalars"][1]["name"], "decimal");
}

#[test]
fn the_page_shows_what_the_program_prints() {
    let page = std::fs::read_to_string(root().join("docs/editors.md")).unwrap();
    let mut shown = 0;
    for block in page.split("```console\n$ ta ").skip(1) {
        let (command, expected) =
            block.split_once("```").and_then(|(block, _)| block.split_once('\n')).unwrap();
        // Every other piece is in quotes.
        let words = command.split('\'').enumerate().flat_map(|(at, piece)| {
            if at % 2 == 1 { vec![piece] } else { piece.split_whitespace().collect() }
        });
        let printed = text(&ta().args(words).current_dir(root()).output().unwrap().stdout);
        match serde_json::from_str::<Value>(expected) {
            Ok(expected) => {
                assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), expected, "{command}");
            }
            Err(_) => assert_eq!(printed, expected, "{command}"),
        }
        shown += 1;
    }
    assert_eq!(shown, 5);
}

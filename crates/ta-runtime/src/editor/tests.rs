//! Analyses, drawings and previews over the kernels of the tests.

use serde_json::{Value, json};

use super::*;
use crate::dataset::{Bars, Dataset, OHLCV, Partition, PartitionKey};
use crate::exec::evaluate;
use crate::plan::{Plan, PlanOptions};
use crate::test_kernels::registry;

fn analysis(texts: &[&str]) -> Value {
    let texts: Vec<_> = texts.iter().map(|text| (None, *text)).collect();
    serde_json::to_value(analyze(&registry(), &texts, &PlanOptions::default())).unwrap()
}

#[track_caller]
fn plan(texts: &[&str]) -> Plan {
    let texts: Vec<_> = texts.iter().map(|text| (None, *text)).collect();
    Plan::compile(&registry(), &texts, &PlanOptions::default()).unwrap()
}

fn bars() -> Partition<f64> {
    let ts: Vec<i64> = (0..30).map(|row| row * 60_000).collect();
    let wave =
        |phase: f64| -> Vec<f64> { (0..30).map(|row| 10.0 + (f64::from(row) + phase).sin()).collect() };
    let (high, low) = (
        wave(0.0).iter().map(|x| x + 1.0).collect::<Vec<_>>(),
        wave(0.0).iter().map(|x| x - 1.0).collect::<Vec<_>>(),
    );
    let columns =
        [("open", &wave(0.5)[..]), ("high", &high[..]), ("low", &low[..]), ("close", &wave(0.0)[..])];
    Partition::from_columns(&OHLCV, &ts, &columns).unwrap()
}

#[test]
fn all_that_can_be_said_is_said() {
    let mut said = analysis(&["avg(5)[2] > bands(1).upper", "open"]);
    let fingerprint = said.as_object_mut().unwrap().remove("fingerprint").unwrap();
    assert_eq!(fingerprint.as_str().unwrap().len(), 64);
    assert_eq!(
        said,
        json!({
            "valid": true,
            "errors": [],
            "text": "avg(close, period=5)[2] > bands(close, width=1).upper\nopen",
            "source": "ohlcv",
            "scalar": "f64",
            "missing": "skip",
            "outputs": [
                {"name": "avg(5)[2] > bands(1).upper", "kind": "bool", "lookback": 6, "stabilisation": 6},
                {"name": "open", "kind": "number", "lookback": 0, "stabilisation": 0},
            ],
            "sources": [""],
            "symbols": [],
            "timeframes": [],
            "fields": ["close", "open"],
            "requirements": [
                {"source": "", "field": "close", "lookback": 6, "stabilisation": 6, "span": 0, "behind": 0},
                {"source": "", "field": "open", "lookback": 0, "stabilisation": 0, "span": 0, "behind": 0},
            ],
            "kernels": [
                {"id": "avg", "text": "avg(close, period=5)", "params": {"period": 5}, "lookback": [4], "stabilisation": 4},
                {
                    "id": "bands",
                    "text": "bands(close, width=1)",
                    "params": {"width": 1.0},
                    "lookback": [0, 0, 1],
                    "stabilisation": 1,
                },
            ],
            "nodes": 6,
            "shared": 1,
        })
    );
}

#[test]
fn something_is_said_of_every_text_that_is_wrong() {
    let said = analysis(&["clos", "close", "avg(0) +", "open > true"]);
    let errors = said["errors"].as_array().unwrap();
    let wrong: Vec<_> = errors.iter().map(|error| (&error["expression"], &error["kind"])).collect();
    assert_eq!(
        wrong,
        [(&json!(0), &json!("unknown_name")), (&json!(2), &json!("syntax")), (&json!(3), &json!("type"))]
    );
    assert_eq!(said.as_object().unwrap().len(), 2, "{said}");
}

#[test]
fn what_kernels_and_limits_refuse_is_said_of_every_text() {
    let options = PlanOptions { scalar: ta_kernel_api::ScalarKind::Decimal, ..PlanOptions::default() };
    let texts = [
        (None, "smooth() + smooth(0.1)"),
        (None, "close"),
        (Some("x"), "smooth()[1]"),
        (Some("close"), "open"),
    ];
    let errors = validate(&registry(), &texts, &options);
    let said: Vec<_> = errors.iter().map(|error| (error.expression, error.message.as_str())).collect();
    let smooth = "`smooth` does not compute in decimal (only in f64)";
    let twice = "column `close` is there twice";
    assert_eq!(said, [(Some(0), smooth), (Some(2), smooth), (Some(3), twice)]);
    assert_eq!(errors[1].span, None, "it was written in the first text");
}

#[test]
fn nothing_at_all_is_wrong_too() {
    assert_eq!(analysis(&[])["errors"][0]["kind"], "argument");
}

#[test]
fn drawings_show_each_shared_node_once() {
    let plan = plan(&["bands(1).lower < avg(2)", "avg(2)"]);
    let expected = "\
bands(1).lower < avg(2): bool
└─ <
   ├─ bands(width=1).lower
   │  └─ close
   └─ avg(period=2) #1
      └─ close
avg(2): number
└─ #1
";
    assert_eq!(tree(&plan), expected);
    let expected = "\
flowchart TD
  n0[\"close\"]
  n1[\"bands(width=1)\"]
  n0 --> n1
  n2[\"avg(period=2)\"]
  n0 --> n2
  n3[\"#lt;\"]
  n1 -->|\"lower\"| n3
  n2 --> n3
  o0([\"bands(1).lower #lt; avg(2): bool\"])
  n3 --> o0
  o1([\"avg(2): number\"])
  n2 --> o1
";
    assert_eq!(mermaid(&plan), expected);
}

#[test]
fn a_long_chain_has_a_short_drawing() {
    let chain = (0..2000).fold("close".to_owned(), |chain, _| chain + " + open");
    assert!(tree(&plan(&[&chain])).len() < 100_000);
    let doubled = (0..60).fold("close".to_owned(), |x, _| format!("avg({x}, 2)[1]"));
    assert!(analysis(&[&doubled])["kernels"][59]["text"].as_str().unwrap().len() < 200);
}

#[test]
fn an_indicator_is_what_its_label_computes() {
    let bars = bars();
    for text in ["avg(3) > avg(avg(3) + 1, 2)[1]", "bands(0.5).inside", "avg((close - open) * -2, 4) ** 2"] {
        let preview = preview(&plan(&[text]), &bars, None).unwrap();
        assert!(!preview.indicators.is_empty());
        for indicator in preview.indicators {
            let alone = preview_of(&indicator.label, &bars);
            assert_eq!(indicator.values, alone.values, "{}", indicator.label);
            assert_eq!(indicator.kind, alone.kind);
        }
    }
}

fn preview_of(text: &str, bars: &Partition<f64>) -> Series {
    preview(&plan(&[text]), bars, None).unwrap().outputs.remove(0)
}

#[test]
fn a_preview_shows_what_a_run_gives() {
    let (plan, bars) = (plan(&["avg(3) > close", "bands()"]), bars());
    let run = evaluate(&plan, &bars).unwrap();
    let whole = preview(&plan, &bars, None).unwrap();
    let names = |series: &[Series]| series.iter().map(|series| series.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        names(&whole.outputs),
        run.outputs.iter().map(|output| output.name.clone()).collect::<Vec<_>>()
    );
    assert_eq!(whole.ts, run.ts);
    let cell = |value: f64| if value.is_nan() { Cell::Missing } else { Cell::Number(value) };
    assert_eq!(whole.outputs[1].values, run.outputs[1].values.iter().map(|&x| cell(x)).collect::<Vec<_>>());
    let labels: Vec<_> = whole.indicators.iter().map(|indicator| indicator.label.as_str()).collect();
    let bands =
        ["bands(close, width=2).upper", "bands(close, width=2).lower", "bands(close, width=2).inside"];
    assert_eq!(labels, [&["avg(close, period=3)"][..], &bands].concat());
    assert_eq!(whole.indicators[3].output, "inside");

    let some = preview(&plan, &bars, Some(4)).unwrap();
    assert_eq!((some.rows, &some.ts[..]), (30, &whole.ts[26..]));
    assert_eq!(some.outputs[0].values, whole.outputs[0].values[26..]);
    let late = |ts: &Vec<i64>| ts.iter().copied().filter(|ts| *ts >= some.ts[0]).collect::<Vec<_>>();
    assert_eq!(some.outputs[0].true_at, whole.outputs[0].true_at.as_ref().map(late));
    assert_eq!(preview(&plan, &bars, Some(99)).unwrap().ts, whole.ts);
    assert!(preview(&plan, &bars.slice(0..0), Some(1)).unwrap().ts.is_empty());
}

#[test]
fn a_preview_reads_other_rows_as_they_are_known() {
    let mut data = Dataset::new();
    let base: PartitionKey = "AAPL.1m".parse().unwrap();
    let ts: Vec<i64> = (0..10).map(|row| row * 60_000).collect();
    let close: Vec<f64> = (0..10).map(f64::from).collect();
    let rows = Bars { ts: &ts, open: &close, high: &close, low: &close, close: &close, volume: None };
    data.append_ohlcv(&base, &rows).unwrap();
    let preview = preview_in(&plan(&["avg(5m.close, 1) < close"]), &data, &base, Some(3)).unwrap();
    assert_eq!(preview.indicators[0].label, "avg(5m.close, period=1)");
    let number = Cell::Number;
    // The second bar of five minutes is known with the last minute.
    assert_eq!(preview.indicators[0].values, [number(4.0), number(4.0), number(9.0)]);
    assert_eq!(preview.requirements[1].source, "5m");
}

#[test]
fn every_example_of_the_language_is_valid() {
    let registry = registry();
    let manifest = Manifest::new(&registry);
    for (text, _) in language::EXAMPLES {
        assert_eq!(validate(&registry, &[(None, text)], &PlanOptions::default()), [], "{text}");
    }
    let calls = ["above(a=close, b=open)", "avg(period=20)", "scaled(source=close, by=2)"];
    for call in calls {
        assert!(manifest.examples.iter().any(|example| example.text == call), "{call}");
    }
    assert_eq!(manifest.examples.len(), language::EXAMPLES.len() + registry.len());
}

#[test]
fn every_unit_of_time_is_read() {
    for unit in language::TIMEFRAMES.units {
        assert!(format!("2{unit}").parse::<crate::dataset::Timeframe>().is_ok(), "{unit}");
    }
}

#[test]
fn something_is_said_of_every_statement_that_is_wrong() {
    let text = "let a = clos\nx = a + 1; let b = a * 2\ny = b > (open)\nopen\nz = high +; w = avg(0)";
    let said = analysis(&[text]);
    let wrong: Vec<_> = said["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["message"].as_str().unwrap(), error["span"]["line"].as_u64().unwrap()))
        .collect();
    // What reads `a` is not judged, nor what reads `b`, which reads it.
    let expected = [
        ("unknown field `clos`", 1),
        ("expected a value, found the end", 5),
        ("parameter `period` of `avg` is 0 (accepted: a whole number from 1 to 100000)", 5),
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn only_so_many_errors_are_collected() {
    let text = "clos;".repeat(5000);
    assert_eq!(analysis(&[&text])["errors"].as_array().unwrap().len(), 100);
    let texts: Vec<_> = std::iter::repeat_n("clos", 5000).collect();
    assert_eq!(analysis(&texts)["errors"].as_array().unwrap().len(), 100);
}

//! Graphs as JSON, over the kernels of the tests.

use proptest::prelude::{ProptestConfig, TestCaseError, any, prop, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::tests::{parse, script};
use super::{Limits, Scope, Script, payload_schema};
use crate::Error;
use crate::dataset::{OHLCV, TRADES};
use crate::test_kernels::registry;

fn read(json: &Value) -> Result<Script, Error> {
    let (registry, limits) = (registry(), Limits::default());
    Script::from_json(json.to_string(), Scope { registry: &registry, schema: &OHLCV, limits: &limits })
}

/// A graph whose only output is its last node.
fn graph(nodes: &Value) -> Value {
    let last = nodes.as_array().map_or(0, |nodes| nodes.len().saturating_sub(1));
    json!({
        "format": "ta-graph", "version": 1, "source": "ohlcv", "nodes": nodes, "outputs": [{"name": "x", "node": last}]
    })
}

#[test]
fn a_script_is_written_as_a_list_of_operations() {
    let text = "up = BTC.1h.avg(close - 2) > trades.filter(side > 0).sum(amount, 60m)\nbands().upper";
    let place = json!({"symbol": "BTC", "timeframe": "1h"});
    let expected = json!({
        "format": "ta-graph",
        "version": 1,
        "source": "ohlcv",
        "nodes": [
            {"op": "field", "name": "close", "place": place},
            {"op": "number", "value": "2"},
            {"op": "binary", "operator": "-", "a": 0, "b": 1, "place": place},
            {"op": "call", "kernel": "avg", "inputs": [2], "params": {"period": 20}, "place": place},
            {"op": "field", "name": "side", "place": {"source": "trades"}},
            {"op": "number", "value": "0"},
            {"op": "binary", "operator": ">", "a": 4, "b": 5, "place": {"source": "trades"}},
            {"op": "field", "name": "amount", "place": {"source": "trades"}},
            {
                "op": "aggregate", "function": "sum", "condition": 6, "value": 7, "of": {"source": "trades"},
                "window": {"time": "1h"}
            },
            {"op": "binary", "operator": ">", "a": 3, "b": 8},
            {"op": "field", "name": "close"},
            {"op": "call", "kernel": "bands", "inputs": [10], "params": {"width": 2.0}},
            {"op": "output", "call": 11, "name": "upper"},
        ],
        "outputs": [{"name": "up", "node": 9}, {"name": "bands().upper", "node": 12}],
    });
    assert_eq!(parse(text).unwrap().to_json(), expected);
}

#[test]
fn one_graph_has_one_form() {
    let one = graph(&json!([
        {"op": "field", "name": "close"},
        {"op": "number", "value": "2"},
        {"op": "unary", "operator": "-", "x": 1},
        {"op": "binary", "operator": "*", "a": 0, "b": 2},
        {"op": "call", "kernel": "avg", "inputs": [3], "params": {"period": 20}},
    ]));
    let other = graph(&json!([
        {"op": "field", "name": "high"},
        {"op": "number", "value": "-02.0"},
        {"op": "field", "name": "close", "place": {"source": "ohlcv"}},
        {"op": "binary", "operator": "*", "a": 2, "b": 1, "place": {}},
        {"op": "call", "kernel": "mean", "inputs": [3]},
        {"op": "output", "call": 4, "name": "avg"},
    ]));
    let (one, other) = (read(&one).unwrap(), read(&other).unwrap());
    assert_eq!(one, other);
    assert_eq!(one.to_json().to_string(), other.to_json().to_string());
    assert_eq!(one.to_string(), "x = avg(close * -2, period=20)");
}

#[test]
fn what_is_no_graph_is_refused() {
    let close = json!({"op": "field", "name": "close"});
    let two = json!({"op": "number", "value": "2"});
    for (nodes, message) in [
        (json!([{"op": "field", "name": "clos"}]), "node 0: unknown field `clos` (close: `close`)"),
        (
            json!([{"op": "unary", "operator": "-", "x": 0}]),
            "node 0: node 0 is not an earlier one (operations come after those they read)",
        ),
        (
            json!([close, {"op": "unary", "operator": "+", "x": 0}]),
            "node 1: unknown operator `+` (one of `-`, `not`)",
        ),
        (
            json!([close, {"op": "unary", "operator": "not", "x": 0}]),
            "node 1: `not` needs a bool, this is a number (a comparison such as `x > 0` makes a bool of a number)",
        ),
        (
            json!([{"op": "number", "value": "1e999"}]),
            "node 0: `1e999` is not a number (at most about 1.8e308, at least about 5e-324)",
        ),
        (
            json!([{"op": "number", "value": "NaN"}]),
            "node 0: `NaN` is not a number (at most about 1.8e308, at least about 5e-324)",
        ),
        (json!([close, {"op": "ago", "x": 0, "by": {"rows": 0}}]), "node 1: history of no bars"),
        (
            json!([close, {"op": "ago", "x": 0, "by": {"rows": 10_000_000}}]),
            "node 1: history of 10000000 bars is longer than 1000000",
        ),
        (
            json!([two, {"op": "fresh", "x": 0}]),
            "node 1: a constant has no age (`within` and `fresh` follow a series, as in `1h.close.fresh`)",
        ),
        (
            json!([close, {"op": "within", "x": 0, "age": "soon"}]),
            "node 1: `soon` is no timeframe (accepted: a number and a unit: `ms`, `s`, `m`, `h`, `d`, `w` or `M` for a calendar \
             month, as in `5m` or `1d`, up to a hundred years)",
        ),
        (
            json!([close, {"op": "downsample", "x": 0, "to": {"time": "1h"}, "rule": "most"}]),
            "node 1: unknown rule `most` (one of `first`, `last`, `max`, `min`, `sum`, `avg`, `count`)",
        ),
        (
            json!([close, {"op": "call", "kernel": "avgg", "inputs": [0]}]),
            "node 1: unknown kernel `avgg` (7 kernels linked; close: `avg`)",
        ),
        (
            json!([close, {"op": "call", "kernel": "range", "inputs": [0]}]),
            "node 1: `range` has 2 inputs, not 1 (`high`, `low`)",
        ),
        (
            json!([close, {"op": "call", "kernel": "avg", "inputs": [0], "params": {"period": 0}}]),
            "node 1: parameter `period` of `avg` is 0 (accepted: a whole number from 1 to 100000)",
        ),
        (
            json!([close, {"op": "call", "kernel": "bands", "inputs": [0]}, {"op": "output", "call": 1, "name": "up"}]),
            "node 2: no output `up` (outputs: `upper`, `lower`, `inside`)",
        ),
        (json!([close, {"op": "aggregate", "function": "sum"}]), "node 1: `sum` needs a value"),
        (
            json!([close, {"op": "aggregate", "function": "count", "value": 0}]),
            "node 1: `count` takes no value",
        ),
        (
            json!([{"op": "aggregate", "function": "count", "place": {"timeframe": "1h"}}]),
            "node 0: rows of an aggregate say less than its place (`of` names what `place` names, and what differs)",
        ),
        (
            json!([{"op": "field", "name": "price", "place": {"source": "trade"}}]),
            "node 0: unknown source `trade` (close: `trades`)",
        ),
        (
            json!([{"op": "field", "name": "price", "place": {"source": "trades", "timeframe": "1h"}}]),
            "node 0: timeframe for `trades`, which has no bars",
        ),
        (
            json!([{"op": "field", "name": "close", "place": {"exchange": "okx"}}]),
            "node 0: exchange `okx` without a symbol",
        ),
        (
            json!([{"op": "field", "name": "close", "place": {"symbol": "a\n"}}]),
            "node 0: `a\\n` is no name of a symbol or an exchange (text without control characters, and not with both kinds of \
             quotes)",
        ),
    ] {
        assert_eq!(read(&graph(&nodes)).unwrap_err().to_string(), message, "{nodes}");
    }
}

#[test]
fn what_is_around_the_nodes_is_checked_too() {
    let nodes = json!([{"op": "field", "name": "close"}]);
    for (key, value, message) in [
        (
            "version",
            json!(2),
            "no graph: format `ta-graph`, version 2 (accepted: format `ta-graph`, version 1)",
        ),
        ("source", json!("trades"), "graph is over rows of `trades` (here are rows of `ohlcv`)"),
        ("outputs", json!([]), "graph has no output"),
        ("outputs", json!([{"name": "x", "node": 1}]), "output 0: there is no node 1"),
        (
            "nodes",
            json!([{"op": "field", "name": "close", "extra": 1}]),
            "no graph: unknown field `extra`, expected `name` or `place`",
        ),
        ("more", json!(1), "no graph: unknown field `more`"),
    ] {
        let mut graph = graph(&nodes);
        graph[key] = value;
        let err = read(&graph).unwrap_err().to_string();
        assert!(err.starts_with(message), "{err}");
    }
}

#[test]
fn graphs_are_bounded() {
    let registry = registry();
    let limits = Limits { payload: 400, nodes: 3, outputs: 2, ..Limits::default() };
    let scope = Scope { registry: &registry, schema: &OHLCV, limits: &limits };
    let read = |graph: &Value| Script::from_json(graph.to_string(), scope).unwrap_err();
    let close = json!({"op": "field", "name": "close"});
    for (graph, message) in [
        (graph(&json!(vec![&close; 4])), "graph has more than 3 nodes"),
        (graph(&json!(vec![&close; 12])), "graph is 455 bytes long (at most 400)"),
        (
            graph(&json!([close, {"op": "call", "kernel": "bands", "inputs": [0]}])),
            "output 0: more than 2 columns",
        ),
    ] {
        let err = read(&graph);
        assert_eq!((err.to_string().as_str(), err.is_limit()), (message, true));
    }
    let deep = "[".repeat(100_000);
    let limits = Limits::default();
    let scope = Scope { limits: &limits, ..scope };
    assert!(Script::from_json(deep, scope).unwrap_err().is_syntax());
}

#[test]
fn deep_graphs_are_read_and_written() {
    let mut nodes = vec![json!({"op": "field", "name": "close"})];
    for x in 0..9_000 {
        nodes.push(match x % 3 {
            0 => json!({"op": "unary", "operator": "-", "x": x, "place": {"timeframe": "1h"}}),
            1 => json!({"op": "ago", "x": x, "by": {"rows": 1}}),
            _ => json!({"op": "binary", "operator": "**", "a": 0, "b": x}),
        });
    }
    let script = read(&graph(&json!(nodes))).unwrap();
    let registry = registry();
    let limits = Limits { text: usize::MAX, nodes: usize::MAX, ..Limits::default() };
    let scope = Scope { registry: &registry, schema: &OHLCV, limits: &limits };
    assert!(Script::parse(&[(None, &script.to_string())], scope).unwrap() == script);
}

#[test]
fn the_committed_schema_is_the_one_of_the_code() {
    let committed = include_str!("../../../../docs/graph.schema.json").replace("\r\n", "\n");
    let schema = serde_json::to_string_pretty(&payload_schema()).unwrap() + "\n";
    assert!(committed == schema, "docs/graph.schema.json is out of date (run `cargo xtask generate`)");
}

/// Whether a value is what a schema says, for the keywords that the schema of graphs uses.
fn valid(value: &Value, schema: &Value, root: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    let Some(rules) = schema.as_object() else { return schema == &json!(true) };
    rules.iter().all(|(rule, wanted)| match rule.as_str() {
        "$ref" => {
            let target = wanted.as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
            valid(value, target.unwrap(), root)
        }
        "type" => match wanted {
            Value::String(name) => is(name),
            names => list(names).iter().any(|name| is(name.as_str().unwrap())),
        },
        "const" => value == wanted,
        "enum" => list(wanted).contains(value),
        "minimum" => value.as_f64().is_none_or(|value| value >= wanted.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|value| value <= wanted.as_f64().unwrap()),
        "required" => list(wanted).iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(key, value)| wanted.get(key).is_none_or(|schema| valid(value, schema, root)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            object
                .iter()
                .all(|(key, value)| schema["properties"].get(key).is_some() || valid(value, wanted, root))
        }),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| valid(item, wanted, root))),
        "oneOf" => list(wanted).iter().filter(|schema| valid(value, schema, root)).count() == 1,
        "anyOf" => list(wanted).iter().any(|schema| valid(value, schema, root)),
        "$schema" | "$comment" | "$defs" | "title" | "description" | "default" | "format" => true,
        other => panic!("{other}"),
    })
}

/// Changes the values of a document one after another, as `picks` says.
fn disturbed(value: &mut Value, picks: &mut impl Iterator<Item = u8>) {
    match value {
        Value::Array(items) => {
            for item in items.iter_mut() {
                disturbed(item, picks);
            }
            if !items.is_empty() && picks.next() == Some(0) {
                items.remove(0);
            }
        }
        Value::Object(map) => {
            for value in map.values_mut() {
                disturbed(value, picks);
            }
            if picks.next() == Some(1) {
                map.insert("place".to_owned(), json!({"symbol": "ETH", "timeframe": "1h"}));
            }
        }
        _ => match picks.next() {
            Some(2) => *value = json!(3),
            Some(3) => *value = json!("close"),
            Some(4) => *value = json!("1h"),
            Some(5) => *value = json!(null),
            Some(6) => *value = json!(u64::MAX),
            Some(7) => *value = json!(-0.0),
            _ => {}
        },
    }
}

/// The script with names for its outputs that can be written: those made of a text may hold both kinds of quotes.
fn renamed(mut script: Script) -> Script {
    for (index, output) in script.outputs.iter_mut().enumerate() {
        output.name = Some(format!("output {index}").into());
    }
    script
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn json_reads_back_as_the_same_graph(text in script()) {
        if let Ok(script) = parse(&text) {
            let json = script.to_json();
            prop_assert!(valid(&json, &payload_schema(), &payload_schema()), "{}", json);
            let again = read(&json).map_err(|err| TestCaseError::fail(format!("{err}\n{json}")))?;
            prop_assert_eq!(again.to_json().to_string(), json.to_string());
            // Its text has names of its own for what several values read.
            let named = renamed(again);
            let canonical = named.to_string();
            prop_assert!(parse(&canonical).is_ok_and(|parsed| parsed == named), "{}", canonical);
        }
    }

    #[test]
    fn no_json_panics_and_what_is_read_can_be_written(
        text in script(),
        at in any::<prop::sample::Index>(),
        changes in prop::collection::vec(0_u8..8, 1..3),
    ) {
        if let Ok(script) = parse(&text) {
            let mut json = script.to_json();
            let quiet = at.index(40);
            disturbed(&mut json, &mut std::iter::repeat_n(u8::MAX, quiet).chain(changes));
            if let Ok(read) = read(&json).map(renamed) {
                let canonical = read.to_string();
                prop_assert!(parse(&canonical).is_ok_and(|parsed| parsed == read), "{}", canonical);
                prop_assert!(valid(&read.to_json(), &payload_schema(), &payload_schema()));
            }
        }
    }
}

#[test]
fn a_graph_over_events_is_read_in_their_scope() {
    let (registry, limits) = (registry(), Limits::default());
    let scope = Scope { registry: &registry, schema: &TRADES, limits: &limits };
    let script = Script::parse(
        &[(None, "1h.ohlcv.scaled(trades.price) > price and filter(side > 0).count(1h) > 3")],
        scope,
    )
    .unwrap();
    assert_eq!(
        script.to_string(),
        "1h.ohlcv.scaled(trades.price, by=2) > price and filter(side > 0).count(1h) > 3"
    );
    let again = Script::from_json(script.to_json().to_string(), scope).unwrap();
    assert_eq!(
        again.nodes.iter().map(|node| &node.op).collect::<Vec<_>>(),
        script.nodes.iter().map(|node| &node.op).collect::<Vec<_>>()
    );
}

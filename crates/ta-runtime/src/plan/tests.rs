//! Plans over the kernels of the tests.

use ta_kernel_api::{Missing, ScalarKind};

use super::{Op, Plan, PlanOptions};
use crate::Error;
use crate::dataset::{Derived, OHLCV, SourceSchema};
use crate::expr::{Limits, ValueKind};
use crate::test_kernels::registry;

fn compile(texts: &[&str], options: &PlanOptions) -> Result<Plan, Error> {
    let named: Vec<_> = texts.iter().map(|text| (None, *text)).collect();
    Plan::compile(&registry(), &named, options)
}

#[track_caller]
fn plan(texts: &[&str]) -> Plan {
    compile(texts, &PlanOptions::default()).unwrap()
}

/// Each node in one line: what it does, what it reads, where it starts.
fn listing(plan: &Plan) -> Vec<String> {
    let line = |node: &super::PlanNode| {
        let op = match node.op() {
            Op::Field { name } => name.to_string(),
            Op::Literal { text } => text.to_string(),
            Op::Unary(op) => op.to_string(),
            Op::Binary(op) => op.to_string(),
            Op::History { bars } => format!("[{bars}]"),
            Op::Call { def, .. } => def.spec.id.to_owned(),
            _ => crate::exec::label(node),
        };
        let inputs: Vec<_> = node.inputs().iter().map(|slot| slot.index()).collect();
        format!("{} = {op} {inputs:?}", node.first().index())
    };
    plan.nodes().iter().map(line).collect()
}

#[test]
fn equal_parts_are_one_node() {
    let plan = plan(&["avg(5) > avg(source=close, period=5)[0]", "mean(2 + 3) - close"]);
    let expected = ["0 = close []", "1 = avg [0]", "2 = > [1, 1]", "3 = - [1, 0]"];
    assert_eq!(listing(&plan), expected);
    assert_eq!(plan.slots(), 4);
}

#[test]
fn derived_fields_are_arithmetic_and_shared() {
    let plan = plan(&["hl2 - median_price", "(high + low) / 2"]);
    let expected = ["0 = high []", "1 = low []", "2 = + [0, 1]", "3 = 2 []", "4 = / [2, 3]", "5 = - [4, 4]"];
    assert_eq!(listing(&plan), expected);
    assert_eq!(plan.outputs()[1].slot().index(), 4);
}

#[test]
fn operands_are_not_reordered() {
    assert_eq!(plan(&["close + open", "open + close"]).nodes().len(), 4);
}

#[test]
fn a_call_with_several_outputs_fills_one_slot_each() {
    let plan = plan(&["bands(1)", "bands(1).inside or true"]);
    let columns: Vec<_> =
        plan.outputs().iter().map(|o| (o.name(), o.slot().index(), o.kind(), o.lookback())).collect();
    let expected = [
        ("bands(1).upper", 1, ValueKind::Number, 0),
        ("bands(1).lower", 2, ValueKind::Number, 0),
        ("bands(1).inside", 3, ValueKind::Bool, 1),
        ("bands(1).inside or true", 5, ValueKind::Bool, 1),
    ];
    assert_eq!(columns, expected);
    let call = &plan.nodes()[1];
    assert_eq!((call.width(), call.slots().map(super::Slot::index).collect()), (3, vec![1, 2, 3]));
}

#[test]
fn names_are_given_or_the_text_itself() {
    let expressions = [(Some("b"), "bands()"), (Some("x"), "close"), (None, " close\t")];
    let plan = Plan::compile(&registry(), &expressions, &PlanOptions::default()).unwrap();
    let names: Vec<_> = plan.outputs().iter().map(super::PlanOutput::name).collect();
    assert_eq!(names, ["b.upper", "b.lower", "b.inside", "x", "close"]);
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let expressions = [(Some("b"), "bands()"), (Some("b.lower"), "close")];
    let err = Plan::compile(&registry(), &expressions, &PlanOptions::default()).unwrap_err();
    assert_eq!(
        err.to_string(),
        "in `b.lower`: column `b.lower` is there twice (give one of them another name)"
    );
    assert_eq!((err.expression(), err.expression_name()), (Some(1), Some("b.lower")));
    assert!(compile(&[], &PlanOptions::default()).unwrap_err().is_argument());
}

#[test]
fn history_adds_up_along_paths_and_the_longest_counts() {
    // avg(3) reads 2 bars back, its history of 5 makes 7; smooth reads 0 back and settles in 30.
    let plan = plan(&["avg(3)[5] + smooth(open)[1]", "close[6] - open"]);
    let needs: Vec<_> =
        plan.requirements().iter().map(|n| (n.field(), n.lookback(), n.stabilisation())).collect();
    assert_eq!(needs, [("close", 7, 7), ("open", 1, 31)]);
    let outputs: Vec<_> = plan.outputs().iter().map(|o| (o.lookback(), o.stabilisation())).collect();
    assert_eq!(outputs, [(7, 31), (6, 6)]);
}

#[test]
fn only_outputs_that_are_read_ask_for_history() {
    let need = |text| plan(&[text]).requirements()[0].lookback();
    assert_eq!((need("bands().upper"), need("bands().inside"), need("bands()")), (0, 1, 1));
}

#[test]
fn the_fingerprint_tells_plans_apart_and_is_the_same_in_every_build() {
    let print = |texts: &[&str]| plan(texts).fingerprint();
    assert_eq!(print(&["avg(5)"]), {
        let named = [(Some("avg(5)"), "mean(close, period=10 / 2)")];
        Plan::compile(&registry(), &named, &PlanOptions::default()).unwrap().fingerprint()
    });
    let hash = blake3::Hash::from(print(&["avg(5)"]));
    assert_eq!(hash.to_hex().as_str(), "6fc9717251dd1650b19f93e493f38c9cd878f234f6908bdf284da0a0b2edd58b");
    let decimal = PlanOptions { scalar: ScalarKind::Decimal, ..PlanOptions::default() };
    let hold = PlanOptions { missing: Missing::Hold, ..PlanOptions::default() };
    let mut prints = vec![
        print(&["avg(5)"]),
        print(&["avg(6)"]),
        print(&["avg(open, 5)"]),
        print(&["avg(5)", "close"]),
        print(&["close", "avg(5)"]),
        print(&["avg(5)[0]"]),
        compile(&["avg(5)"], &decimal).unwrap().fingerprint(),
        compile(&["avg(5)"], &hold).unwrap().fingerprint(),
    ];
    let count = prints.len();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), count);
}

#[test]
fn a_kernel_without_decimals_is_refused_where_it_is_called() {
    let options = PlanOptions { scalar: ScalarKind::Decimal, ..PlanOptions::default() };
    let err = compile(&["close", "1 + smooth(3 * open)"], &options).unwrap_err();
    assert_eq!(err.to_string(), "`smooth` does not compute in decimal (only in f64)");
    assert_eq!((err.is_unsupported(), err.expression(), err.span()), (true, Some(1), Some(4..20)));
    assert_eq!(err.excerpt().unwrap(), "1 + smooth(3 * open)\n    ^^^^^^^^^^^^^^^^");
    let err = compile(&["close * 1e40"], &options).unwrap_err();
    assert_eq!(err.to_string(), "number `1e40` is beyond an exact decimal (up to 28 digits)");
    assert!(compile(&["close * 1e40", "smooth()"], &PlanOptions::default()).is_ok());
}

#[test]
fn what_a_plan_asks_for_is_bounded() {
    let limits = Limits { nodes: 7, lookback: 100, memory: 150, ..Limits::default() };
    let options = PlanOptions { limits, ..PlanOptions::default() };
    for (texts, message, span) in [
        (&["close + open", "high + low", "1 - 2"][..], "plan has more than 7 nodes", 4..5),
        (&["avg(60)[42]"], "value looks back more than 100 bars", 0..11),
        (&["close[80] + avg(90)"], "windows of the plan keep more than 150 bars together", 12..19),
    ] {
        let err = compile(texts, &options).unwrap_err();
        assert_eq!((err.to_string(), err.span()), (message.to_owned(), Some(span)));
        assert!(err.is_limit());
    }
    assert!(compile(&["avg(60)[41]"], &options).is_ok());
}

#[test]
fn a_broken_definition_of_a_derived_field_is_named() {
    static BROKEN: SourceSchema = SourceSchema {
        name: "broken",
        derived: &[
            Derived { name: "twice", expression: "close +" },
            Derived { name: "itself", expression: "itself * 2" },
            Derived { name: "flag", expression: "close > 1" },
        ],
        ..OHLCV
    };
    let options = PlanOptions { schema: &BROKEN, ..PlanOptions::default() };
    for (text, message) in [
        ("1 + twice", "derived field `twice` of `broken`: expected a value, found the end"),
        ("1 + itself", "derived field `itself` of `broken`: unknown field `itself`"),
        ("1 + flag", "derived field `flag` of `broken`: it is not a number"),
    ] {
        let err = compile(&[text], &options).unwrap_err();
        assert!(err.to_string().starts_with(message), "{err}");
        assert_eq!(err.span(), Some(4..text.len()));
    }
}

//! Checked expressions over the kernels of the tests.

use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

use super::{Expr, Limits, Scope};
use crate::Error;
use crate::dataset::{OHLCV, SourceSchema};
use crate::test_kernels::registry;

fn parse(text: &str) -> Result<Expr, Error> {
    Expr::parse(text, Scope { registry: &registry(), schema: &OHLCV, limits: &Limits::default() })
}

#[track_caller]
fn canonical(text: &str) -> String {
    parse(text).unwrap_or_else(|err| panic!("{text}: {err}")).to_string()
}

/// The message, and the part of the text it is about.
#[track_caller]
fn refused(text: &str) -> (String, &str) {
    let err = parse(text).expect_err(text);
    (err.to_string(), &text[err.span().unwrap()])
}

#[test]
fn canonical_text_writes_everything_out() {
    for (text, expected) in [
        ("close", "close"),
        ("1_000.50", "1000.5"),
        ("- -1.0", "1"),
        ("-(2)", "-2"),
        ("not  true", "not true"),
        ("((close))+((open*2))", "close + open * 2"),
        ("(close+open)*2", "(close + open) * 2"),
        ("close-(open-2)", "close - (open - 2)"),
        ("(-close)**2**-3", "(-close) ** 2 ** -3"),
        ("(-2)**2", "(-2) ** 2"),
        ("(open>1)==(close>2)", "(open > 1) == (close > 2)"),
        ("close[0]", "close"),
        ("close[2 * 3 - 1]", "close[5]"),
        ("(close - open)[1]", "(close - open)[1]"),
        ("avg()", "avg(close, period=20)"),
        ("avg(5)", "avg(close, period=5)"),
        ("mean(5)", "avg(close, period=5)"),
        ("avg(open, 5)", "avg(open, period=5)"),
        ("avg(period=5, source=open)", "avg(open, period=5)"),
        ("avg(avg(3)[1], 2 * 2 ** 2)", "avg(avg(close, period=3)[1], period=8)"),
        ("avg(source=7)", "avg(source=7, period=20)"),
        ("avg(typical_price)", "avg(typical_price, period=20)"),
        ("above(close, 70)", "above(close, b=70)"),
        ("above(70, close)", "above(a=70, b=close)"),
        ("above(b=close, a=open) and not above(1, 2)", "above(open, close) and not above(a=1, b=2)"),
        ("scaled(3)", "scaled(source=3, by=2)"),
        ("scaled(3, 4)", "scaled(source=3, by=4)"),
        ("scaled(close, -4.5)", "scaled(close, by=-4.5)"),
        ("range()", "range(high, low)"),
        ("range(low=open)", "range(high, open)"),
        ("smooth(0.25, zero)", "smooth(close, weight=0.25, seed=zero, negative=false)"),
        ("smooth(0.25, 'zero', true)", "smooth(close, weight=0.25, seed=zero, negative=true)"),
        ("smooth(seed=first)", "smooth(close, weight=0.5, seed=first, negative=false)"),
        ("bands()", "bands(close, width=2)"),
        ("bands(1).inside == true", "bands(close, width=1).inside == true"),
        ("avg().avg", "avg(close, period=20)"),
        ("ts % 86400000", "ts % 86400000"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn names_are_looked_up_and_near_ones_offered() {
    let bars = "`ohlcv` has `open`, `high`, `low`, `close`, `volume`, `ts`";
    for (text, message, part) in [
        ("1 + clos", "unknown field `clos` (close: `close`)", "clos"),
        ("foo", &format!("unknown field `foo` ({bars})"), "foo"),
        ("avg > 1", "unknown field `avg` (a kernel is called with brackets: `avg()`)", "avg"),
        ("1 + avgg(1)", "unknown kernel `avgg` (6 kernels linked; close: `avg`)", "avgg"),
        ("acme::foo()", "unknown kernel `acme::foo` (6 kernels linked)", "acme::foo"),
        ("close(1)", "`close` is a field, not a kernel (write it without brackets)", "close"),
        ("bands().uper", "`bands` has no output `uper` (outputs: `upper`, `lower`, `inside`)", "uper"),
        (
            "avg(close, perod=5)",
            "`avg` has no argument `perod` (close: `period`; it is `avg(source=close, period=20)`)",
            "perod",
        ),
        ("avg(qqq=5)", "`avg` has no argument `qqq` (it is `avg(source=close, period=20)`)", "qqq"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
        assert!(parse(text).unwrap_err().is_unknown_name(), "{text}");
    }
}

#[test]
fn a_default_field_the_source_lacks_is_asked_for() {
    let quotes = SourceSchema { name: "quotes", fields: &[], derived: &[], ..OHLCV };
    let limits = Limits::default();
    let err =
        Expr::parse("avg()", Scope { registry: &registry(), schema: &quotes, limits: &limits }).unwrap_err();
    let message =
        "`avg` reads field `close`, which `quotes` does not have (name another series, `source=...`)";
    assert_eq!(err.to_string(), message);
}

#[test]
fn types_must_fit() {
    let numbers = "bools are joined with `and`, `or`, `not` and compared with `==`, `!=`";
    let bools = "a comparison such as `x > 0` makes a bool of a number";
    let outputs = "write `bands(...).upper` or `bands(...).lower` or `bands(...).inside`";
    for (text, message, part) in [
        ("-true", &*format!("`-` needs a number, this is a bool ({numbers})"), "true"),
        ("1 + (close > 2)", &format!("`+` needs a number, this is a bool ({numbers})"), "close > 2"),
        ("true < 1", &format!("`<` needs a number, this is a bool ({numbers})"), "true"),
        ("not close", &format!("`not` needs a bool, this is a number ({bools})"), "close"),
        ("true or 1", &format!("`or` needs a bool, this is a number ({bools})"), "1"),
        ("close == true", "`==` compares a number with a bool (two numbers or two bools)", "close == true"),
        (
            "avg(close > 1)",
            &format!("input `source` of `avg` needs a number, this is a bool ({numbers})"),
            "close > 1",
        ),
        ("1 + bands()", &format!("`bands` has 3 outputs where one value is needed ({outputs})"), "bands()"),
        ("bands()[1]", &format!("`bands` has 3 outputs where one value is needed ({outputs})"), "bands()"),
        (
            "close.x",
            "`.x` follows something that has no outputs (only the call of a kernel has outputs)",
            "x",
        ),
        (
            "'word'",
            "text `word` stands where a value is needed (only parameters of calls are texts)",
            "'word'",
        ),
        ("5[1]", "a constant has no history (`[bars]` follows a series, as in `close[1]`)", "5"),
        (
            "close[open]",
            "bars of history are not a constant number (a whole number of bars back, as in `close[1]`)",
            "open",
        ),
        ("close[1.5]", "`1.5` is not a number of bars (a whole number from 1 to 1000000)", "1.5"),
        ("close[1-3]", "history of `-2` bars looks into the future (`[1]` is the bar before)", "1-3"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
        assert!(parse(text).unwrap_err().is_type(), "{text}");
    }
}

#[test]
fn arguments_must_fit_their_kernel() {
    let avg = "it is `avg(source=close, period=20)`";
    for (text, message, part) in [
        (
            "avg(close, open)",
            "parameter `period` of `avg` is not a constant (accepted: a whole number from 1 to 100000)",
            "open",
        ),
        (
            "avg(period=close > 1)",
            "parameter `period` of `avg` is not a constant (accepted: a whole number from 1 to 100000)",
            "close > 1",
        ),
        ("avg(0)", "parameter `period` of `avg` is 0 (accepted: a whole number from 1 to 100000)", "0"),
        (
            "avg(10 / 4)",
            "parameter `period` of `avg` is 2.5 (accepted: a whole number from 1 to 100000)",
            "10 / 4",
        ),
        (
            "avg(true)",
            "parameter `period` of `avg` is true (accepted: a whole number from 1 to 100000)",
            "true",
        ),
        (
            "smooth(0.5, third)",
            "parameter `seed` of `smooth` is third (accepted: one of `first`, `zero`)",
            "third",
        ),
        (
            "smooth(weight=0.5, seed=5)",
            "parameter `seed` of `smooth` is 5 (accepted: one of `first`, `zero`)",
            "5",
        ),
        ("smooth(negative=1)", "parameter `negative` of `smooth` is 1 (accepted: `true` or `false`)", "1"),
        ("avg(close, 5, 6)", &format!("`avg` takes no more arguments by position ({avg})"), "6"),
        ("avg(5, close)", &format!("a series follows the first parameter ({avg})"), "close"),
        ("avg(period=5, 6)", &format!("argument without a name follows one with a name ({avg})"), "6"),
        ("avg(5, period=6)", &format!("argument `period` of `avg` is given twice ({avg})"), "period"),
        ("avg(close, source=open)", &format!("argument `source` of `avg` is given twice ({avg})"), "source"),
        ("1 + above(close)", "`above` needs input `b` (it is `above(a, b)`)", "above(close)"),
        ("scaled()", "`scaled` needs input `source` (it is `scaled(source, by=2)`)", "scaled()"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
        assert!(parse(text).unwrap_err().is_argument(), "{text}");
    }
}

#[test]
fn sizes_are_bounded() {
    for (text, message, part) in [
        ("close[1000001]", "history of 1000001 bars is longer than 1000000", "1000001"),
        (
            "1e999",
            "number `1e999` is too large or too small (at most about 1.8e308, at least about 5e-324)",
            "1e999",
        ),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
        assert!(parse(text).unwrap_err().is_limit(), "{text}");
    }
}

#[test]
fn arithmetic_for_parameters_always_comes_to_an_end() {
    for text in [
        "avg(2 ** 99999999999999999999)",
        "avg(0.9999999 ** 12345678901.5)",
        "avg(1.0000001 ** 99999999999999.5)",
        "avg(79228162514264337593543950335 ** 0.5)",
        "avg(79228162514264337593543950335 ** 99.99)",
        "avg(0.0000000000000000000000000001 ** -0.5)",
        "avg(1 / 0)",
        "avg(1 % 0)",
    ] {
        assert!(parse(text).unwrap_err().is_argument(), "{text}");
    }
    let (message, part) = refused("avg(1 / 0)");
    assert_eq!(
        (message.as_str(), part),
        (
            "parameter `period` of `avg` comes to no number (accepted: a whole number from 1 to 100000)",
            "1 / 0"
        )
    );
}

/// The text of a number or a bool, brackets and spaces strewn in.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(
            &["close", "hlc3", "ts", "0", "2.50", "1e-9", "range()", "bands(close, 3).lower"][..]
        )
        .prop_map(str::to_owned),
        any::<u16>().prop_map(|number| number.to_string()),
    ];
    leaf.prop_recursive(6, 40, 3, |inner| {
        let operator = prop::sample::select(&["+", " - ", "*", "/", " %", "**"][..]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("{a}{op}{b}")),
            inner.clone().prop_map(|x| format!("-{x}")),
            inner.clone().prop_map(|x| format!("( {x} )")),
            (inner.clone(), 0..9).prop_map(|(x, bars)| format!("(close + {x})[{bars}]")),
            inner.clone().prop_map(|x| format!("avg(source={x})")),
            (inner.clone(), 1..9).prop_map(|(x, period)| format!("mean(period={period}, source={x})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("scaled(range(low={a}, high={b}), 2 ** 3)")),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
        (number(), prop::sample::select(&["<", ">=", "==", "!="][..]), number())
            .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        (number(), number()).prop_map(|(a, b)| format!("above(b={a}, a={b})")),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(&["and", "or"][..]), inner.clone())
                .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == ({b})")),
            inner.clone().prop_map(|x| format!("not {x}")),
            inner.prop_map(|x| format!("({x})[2]")),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_reads_back_as_the_same_expression(text in prop_oneof![number(), truth()]) {
        // Some of these are refused, such as the history of a constant; they have no canonical text.
        if let Ok(expr) = parse(&text) {
            let canonical = expr.to_string();
            let again = parse(&canonical).unwrap();
            prop_assert_eq!(again.to_string(), canonical);
            prop_assert_eq!(again, expr);
        }
    }
}

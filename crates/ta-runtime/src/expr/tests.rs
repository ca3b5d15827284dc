//! Checked expressions over the kernels of the tests.

use proptest::prelude::{
    BoxedStrategy, ProptestConfig, Strategy, TestCaseError, any, prop, prop_assert, prop_assert_eq,
    prop_oneof, proptest,
};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{Limits, Scope, Script};
use crate::Error;
use crate::dataset::{OHLCV, SourceSchema};
use crate::test_kernels::registry;

pub(super) fn parse(text: &str) -> Result<Script, Error> {
    Script::parse(
        &[(None, text)],
        Scope { registry: &registry(), schema: &OHLCV, limits: &Limits::default() },
    )
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
        ("1 + avgg(1)", "unknown kernel `avgg` (7 kernels linked; close: `avg`)", "avgg"),
        ("acme::foo()", "unknown kernel `acme::foo` (7 kernels linked)", "acme::foo"),
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
        Script::parse(&[(None, "avg()")], Scope { registry: &registry(), schema: &quotes, limits: &limits })
            .unwrap_err();
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

#[test]
fn a_text_is_several_statements() {
    for (text, expected) in [
        ("close;open", "close\nopen"),
        ("close\nopen\n", "close\nopen"),
        ("  # nothing yet\n\nclose # the last price\n# done", "close"),
        ("close\n+ open", "close + open"),
        ("close\n  .5_ago", "close[5]"),
        ("avg(\nclose\n,\n5\n)", "avg(close, period=5)"),
        ("close;;-open;", "close\n(-open)"),
        ("a = close\n\"b c\" = open; 'd\"' = low", "a = close\n\"b c\" = open\n'd\"' = low"),
        ("not true\nnot false", "not true\nnot false"),
        ("let x = close * 2\nx + x[1]", "let x = close * 2\nx + x[1]"),
        ("let n = 3; avg(n) > n", "avg(close, period=3) > 3"),
        ("let x = close; let y = x\n y", "let x = close\nx"),
        ("let unused = high / low\nclose", "close"),
        ("let m = bands(); m.upper - m.lower", "let m = bands(close, width=2)\nm.upper - m.lower"),
        ("bands().upper - bands().lower", "let _1 = bands(close, width=2)\n_1.upper - _1.lower"),
        ("\"let\" = close", "\"let\" = close"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn statements_that_are_none_are_refused() {
    for (text, message, part) in [
        ("let = close", "expected a name after `let` (a value is named by `let fast = close`)", "="),
        ("let x close", "expected `=` after `let x`", "close"),
        ("let x", "expected `=` after `let x`", ""),
        ("let close = 2; close", "`close` is a field (bind the value to another name)", "close"),
        ("let avg = 2; close", "`avg` is a kernel (bind the value to another name)", "avg"),
        ("let mean = 2; close", "`mean` is a kernel (bind the value to another name)", "mean"),
        ("let trades = 2; close", "`trades` is a source (bind the value to another name)", "trades"),
        ("let if = 2; close", "`if` is a word of the language (bind the value to another name)", "if"),
        ("let x = 2; let x = 3; x", "`x` is bound already (bind the value to another name)", "x"),
        ("let v::x = 2; close", "`v::x` has a vendor (bind the value to another name)", "v::x"),
        (
            "x + 1; let x = 2",
            "unknown field `x` (`ohlcv` has `open`, `high`, `low`, `close`, `volume`, `ts`)",
            "x",
        ),
        ("a = ", "expected a value, found the end", ""),
        (
            "a = b = close",
            "expected an operator or the end, found `=` (`==` compares; `name=` is for the arguments of a call)",
            "=",
        ),
        ("f(close; open)", "`(` is never closed", "("),
        (
            "let price = 2; trades.sum(price)",
            "`price` is a binding and a field of `trades` (bind the value to another name)",
            "price",
        ),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
    }
    let err = parse("let x = close").unwrap_err();
    assert_eq!(
        err.to_string(),
        "there are only bindings and no output (an expression without `let` is an output)"
    );
}

#[test]
fn names_and_bindings_hold_across_texts() {
    let (registry, limits) = (registry(), Limits { outputs: 3, ..Limits::default() });
    let scope = Scope { registry: &registry, schema: &OHLCV, limits: &limits };
    let texts = [(None, "let x = close - open"), (Some("up"), "x > 0"), (None, "y = x\n x * 2")];
    let script = Script::parse(&texts, scope).unwrap();
    assert_eq!(script.to_string(), "let x = close - open\nup = x > 0\ny = x\nx * 2");
    let outputs: Vec<_> = script.outputs.iter().map(|output| (&*output.text, output.index)).collect();
    assert_eq!(outputs, [("x > 0", 1), ("x", 2), ("x * 2", 2)]);

    let refused = |texts: &[(Option<&str>, &str)]| {
        let err = Script::parse(texts, scope).unwrap_err();
        (err.to_string(), err.expression(), err.span())
    };
    let message = "in `a`: a second output in the text of the one called `a` (name each output where it is written, `name = expression`)";
    assert_eq!(
        refused(&[(None, "low"), (Some("a"), "close; open")]),
        (message.to_owned(), Some(1), Some(7..11))
    );
    let message = "in `a`: output has two names, `a` and `b`";
    assert_eq!(refused(&[(Some("a"), "b = close")]), (message.to_owned(), Some(0), Some(0..1)));
    let message = "in `a`: there is no output to be called `a`, only bindings";
    assert_eq!(refused(&[(Some("a"), "let b = close")]), (message.to_owned(), Some(0), None));
    assert_eq!(refused(&[(None, "b = clos")]).0, "in `b`: unknown field `clos` (close: `close`)");
    assert_eq!(refused(&[(None, "close; bands()")]).0, "more than 3 columns");
}

#[test]
fn paths_say_where_values_come_from() {
    for (text, expected) in [
        ("binance.BTCUSDT.1h.trades.price", "timeframe `1h` before a source without bars"),
        ("binance.BTCUSDT.trades.price", "binance.BTCUSDT.trades.price"),
        ("BTCUSDT.close", "BTCUSDT.close"),
        ("60m.close", "1h.close"),
        ("ohlcv.close", "close"),
        ("1h.ohlcv.close", "1h.close"),
        ("trades.amount", "trades.amount"),
        ("trades.cost", "trades.cost"),
        ("'BTC-USD'.close", "\"BTC-USD\".close"),
        ("'open'.close + \"trades\".close", "\"open\".close + \"trades\".close"),
        ("\"1h\".close + 1INCH.close", "\"1h\".close + \"1INCH\".close"),
        ("BTC.1h.avg(20)", "BTC.1h.avg(close, period=20)"),
        ("BTC.1h.avg(close - ETH.close)", "BTC.1h.avg(close - ETH.close, period=20)"),
        ("BTC.1h.avg(close - ETH.trades.price)", "BTC.1h.avg(close - ETH.trades.price, period=20)"),
        ("1d.avg(14)[1]", "1d.avg(close, period=14)[1]"),
        ("(1d.avg(14))[1]", "(1d.avg(close, period=14))[1]"),
        ("1h.bands().upper", "1h.bands(close, width=2).upper"),
        ("1h.(close - open)[1]", "1h.(close - open)[1]"),
        ("1h.(close)", "1h.close"),
        ("1h.(2)", "2"),
        ("1h.close.change_5", "1h.(close - close[5])"),
        ("1h.close.1d_ago.within(2h)[3]", "1h.close.1d_ago.within(2h)[3]"),
        ("1h.close.within(2h).5_ago", "1h.close.within(2h)[5]"),
        ("1h.(close.within(2h))[5]", "1h.(close.within(2h))[5]"),
        ("let d = 1d.close; d[1]", "let d = 1d.close\nd[1]"),
        ("let d = 1d.close; 1d.(d[1])", "let d = 1d.close\n1d.(d[1])"),
        ("let x = close; 1h.avg(x)", "let x = close\n1h.avg(x, period=20)"),
        ("1h.(close.downsample(5))[2]", "1h.close.downsample(5, last)[2]"),
        ("BTC.(close > 1 and 1h.close > 2)", "BTC.(close > 1 and 1h.close > 2)"),
        ("trades.scaled(price, 2)", "trades.scaled(price, by=2)"),
        ("1h.if(close > open, close, open)", "1h.(if(close > open, close, open))"),
        ("trades.filter(price > ohlcv.close).count", "trades.filter(price > ohlcv.close).count()"),
        ("1h.avg(BTC.1d.close)", "1h.avg(BTC.1d.close, period=20)"),
    ] {
        match parse(text) {
            Ok(script) => assert_eq!(script.to_string(), expected, "{text}"),
            Err(err) => assert_eq!(err.message(), expected, "{text}"),
        }
    }
}

#[test]
fn places_are_relative_to_the_rows_of_the_plan() {
    let script = parse("BTC.1h.avg(close - ETH.close)[1].fresh").unwrap();
    let places: Vec<_> = script.nodes.iter().map(|node| node.place.to_string()).collect();
    assert_eq!(places, ["BTC.1h", "ETH.1h", "BTC.1h", "BTC.1h", "BTC.1h", ""]);
    let script = parse("BTC.5m.avg(1h.trades.filter(side > 0).sum(amount))").unwrap();
    let places: Vec<_> = script.nodes.iter().map(|node| node.place.to_string()).collect();
    assert_eq!(places, ["BTC.trades", "", "BTC.trades", "BTC.trades", "BTC.5m", "BTC.5m"]);
}

#[test]
fn paths_that_lead_nowhere_are_refused() {
    let order = "a path is `exchange.symbol.timeframe.source`, in this order";
    for (text, message, part) in [
        ("BTC.clos", "unknown field `clos` (close: `close`)", "clos"),
        ("BTC.trades.close", "unknown field `close` (close: `cost`)", "close"),
        ("clos.fresh", "unknown field `clos` (close: `close`)", "clos"),
        ("clos.within(5m)", "unknown field `clos` (close: `close`)", "clos"),
        (
            "BTC.1h",
            "path without a value (after it comes a field, an aggregate or a call, as in `1h.close`)",
            "BTC.1h",
        ),
        (
            "1h + 1",
            "`1h` is a timeframe where a value is needed (name a value of it, as in `1h.close`)",
            "1h",
        ),
        (
            "trades > 1",
            "`trades` is a source where a value is needed (name a value of it, as in `trades.price`)",
            "trades",
        ),
        ("trades.1h.count", &format!("`1h` comes too late in its path ({order})"), "1h"),
        ("1h.\"BTC\".close", &format!("`BTC` comes too late in its path ({order})"), "\"BTC\""),
        (
            "1h.trades.price",
            "timeframe `1h` before a source without bars (there it is the window of an aggregate, as in `1h.trades.count`; bars are named `1h.ohlcv`)",
            "1h.trades",
        ),
        (
            "1h.trades.scaled(price)",
            "timeframe `1h` before a source without bars (there it is the window of an aggregate, as in `1h.trades.count`; bars are named `1h.ohlcv`)",
            "1h.trades",
        ),
        (
            "trades.avg(price).x",
            "`.x` follows something that has no outputs (only the call of a kernel has outputs)",
            "x",
        ),
        ("BTC.foo()", "unknown kernel `foo` (7 kernels linked)", "foo"),
        (
            "close.avg(5)",
            "`.avg(...)` does not follow a value (`within` and `downsample` do; a kernel is called with its inputs in brackets)",
            "avg",
        ),
        (
            "close.(open)",
            "brackets after the dot of a value (only a path such as `BTCUSDT.1h` has a place for `.(x)`)",
            "close",
        ),
        (
            "trades.range()",
            "`range` reads field `high`, which `trades` does not have (name another series, `high=...`)",
            "trades.range()",
        ),
        (
            "within(close, 5m)",
            "`within` is a method, not a kernel (it follows a value: `x.within(...)`)",
            "within",
        ),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
    }
}

#[test]
fn filters_pick_the_rows_of_an_aggregate() {
    for (text, expected) in [
        ("trades.count", "trades.count()"),
        ("trades.count(20)", "trades.count(20)"),
        ("1h.trades.count", "trades.count(1h)"),
        ("BTC.60m.trades.sum(amount)", "BTC.trades.sum(amount, 1h)"),
        ("trades.sum(amount * price, 4 * 5)", "trades.sum(amount * price, 20)"),
        ("trades.filter(side > 0).avg(price, 1h)", "trades.filter(side > 0).avg(price, 1h)"),
        (
            "trades.filter(side > 0).filter(amount > 1).count",
            "trades.filter(side > 0 and amount > 1).count()",
        ),
        ("filter(close > open).count(20)", "filter(close > open).count(20)"),
        ("ohlcv.max(high, 20)", "ohlcv.max(high, 20)"),
        ("1d.filter(close > open).max(high)", "1d.filter(close > open).max(high)"),
        ("1d.ohlcv.max(high)[1]", "1d.ohlcv.max(high)[1]"),
        ("let w = 20; trades.min(price, w)", "trades.min(price, 20)"),
        ("trades.count / trades.count[1]", "let _1 = trades.count()\n_1 / _1[1]"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
    let go_on = "go on with `.count`, `.sum(x)`, `.avg(x)`, `.max(x)` or `.min(x)`";
    for (text, message, part) in [
        (
            "trades.filter(side > 0)",
            &*format!("`filter` picks rows, and no aggregate makes a value of them ({go_on})"),
            "trades.filter(side > 0)",
        ),
        (
            "1 + filter(close > open)",
            &format!("`filter` picks rows, and no aggregate makes a value of them ({go_on})"),
            "filter(close > open)",
        ),
        (
            "trades.filter(side)",
            "`filter` needs a bool, this is a number (a comparison such as `x > 0` makes a bool of a number)",
            "side",
        ),
        ("trades.filter(side > 0).cuont", "`cuont` is no aggregate (close: `count`)", "cuont"),
        ("trades.filter(side > 0).sum", "`sum` needs a value (it is `sum(value, window)`)", "sum"),
        ("trades.sum()", "arguments do not fit `sum` (it is `sum(value, window)`)", "trades.sum()"),
        ("trades.count(1, 2)", "arguments do not fit `count` (it is `count(window)`)", "trades.count(1, 2)"),
        (
            "trades.sum(side > 0)",
            "`sum` needs a number, this is a bool (bools are joined with `and`, `or`, `not` and compared with `==`, `!=`)",
            "side > 0",
        ),
        (
            "trades.count(price)",
            "window is neither a number of rows nor a time (a whole number such as `20`, or a time such as `1h`)",
            "price",
        ),
        (
            "trades.count(0)",
            "window is neither a number of rows nor a time (a whole number such as `20`, or a time such as `1h`)",
            "0",
        ),
        ("1h.trades.count(5m)", "second window, after the `1h` before the source (give one of them)", "5m"),
        ("trades.sum(value=price)", "`sum` takes no arguments by name (it is `sum(value, window)`)", "value"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
    }
}

#[test]
fn values_are_shifted_held_and_chosen() {
    for (text, expected) in [
        ("close.24h_ago", "close.1d_ago"),
        ("close.5_ago", "close[5]"),
        ("close.0_ago", "close"),
        ("close.change_24h", "close - close.1d_ago"),
        ("close.change_5", "close - close[5]"),
        ("close.change_pct_24h", "(close / close.1d_ago - 1) * 100"),
        ("close.roc_24", "(close / close[24] - 1) * 100"),
        ("avg(5).roc_1h", "let _1 = avg(close, period=5)\n(_1 / _1.1h_ago - 1) * 100"),
        ("(close + open).1M_ago", "(close + open).1M_ago"),
        ("bands().upper.change_1", "let _1 = bands(close, width=2).upper\n_1 - _1[1]"),
        ("close.fresh", "close.fresh"),
        ("(close > open).fresh", "(close > open).fresh"),
        ("close.within(300s)", "close.within(5m)"),
        ("close.downsample(5)", "close.downsample(5, last)"),
        ("high.downsample(1h, max)", "high.downsample(1h, max)"),
        ("(close > open).downsample(1h, count) > 3", "(close > open).downsample(1h, count) > 3"),
        ("let last = close[1]; close.downsample(2, last)", "close.downsample(2, last)"),
        ("if(close > open, 1, -1)", "if(close > open, 1, -1)"),
        ("if(true, close > open, false)[1]", "if(true, close > open, false)[1]"),
    ] {
        assert_eq!(canonical(text).trim_start_matches("let last = close[1]\n"), expected, "{text}");
    }
    let shifts = "shifts are `.5_ago`, `.24h_ago`, `.change_24h`, `.change_pct_24h`, `.roc_24`";
    for (text, message, part) in [
        ("(5).5_ago", "a constant has no history (`[bars]` follows a series, as in `close[1]`)", "5"),
        ("(2).0_ago", "a constant has no history (`[bars]` follows a series, as in `close[1]`)", "2"),
        ("close.24x_ago", &*format!("`.24x_ago` is no shift ({shifts})"), "24x_ago"),
        ("close.change_soon", &format!("`.change_soon` is no shift ({shifts})"), "change_soon"),
        (
            "(close > open).change_5",
            "`-` needs a number, this is a bool (bools are joined with `and`, `or`, `not` and compared with `==`, `!=`)",
            "close > open",
        ),
        ("close.1000001_ago", "history of 1000001 bars is longer than 1000000", "close.1000001_ago"),
        ("close.20000d_ago", "history of `20000d` is longer than `3660d`", "close.20000d_ago"),
        ("close.within(12M) > close.within(1200M)", "age of `1200M` is longer than `3660d`", "1200M"),
        ("close.within(5)", "age is not a time (a time such as `5m`)", "5"),
        ("close.within()", "arguments do not fit `within` (it is `x.within(time)`)", "close.within()"),
        (
            "close.downsample(5, most)",
            "no rule to make one row of many (one of `first`, `last`, `max`, `min`, `sum`, `avg`, `count`)",
            "most",
        ),
        (
            "(close > open).downsample(5, max)",
            "`downsample` to `max` needs a number, this is a bool (bools are joined with `and`, `or`, `not` and compared with `==`, `!=`)",
            "(close > open)",
        ),
        (
            "if(close, 1, 2)",
            "the condition of `if` needs a bool, this is a number (a comparison such as `x > 0` makes a bool of a number)",
            "close",
        ),
        (
            "if(true, 1, false)",
            "`if` gives a number or a bool (two numbers or two bools)",
            "if(true, 1, false)",
        ),
        ("if(true, 1)", "arguments do not fit `if` (it is `if(condition, then, otherwise)`)", "if(true, 1)"),
        (
            "bands().fresh",
            "`bands` has 3 outputs where one value is needed (write `bands(...).upper` or `bands(...).lower` or `bands(...).inside`)",
            "bands()",
        ),
    ] {
        assert_eq!(refused(text), (message.to_owned(), part), "{text}");
    }
}

#[test]
fn equal_operations_are_made_once_and_texts_stay_short() {
    let squares: Vec<_> = (1..60).map(|step| format!("let x{step} = x{0} * x{0}\n", step - 1)).collect();
    let text = format!("let x0 = close + open\n{}x59 + (close + open)", squares.concat());
    let script = parse(&text).unwrap();
    assert_eq!(script.nodes.len(), 2 + 60 + 1);
    assert!(script.to_string().len() < 2000);
    assert_eq!(parse(&script.to_string()).unwrap(), script);
}

#[test]
fn what_nests_too_deep_to_be_read_again_gets_names() {
    let steps: Vec<_> = (1..500).map(|step| format!("let x{step} = (-x{})[1]\n", step - 1)).collect();
    let mut script = parse(&format!("let x0 = close\n{}x499", steps.concat())).unwrap();
    script.bindings.clear();
    assert_eq!(parse(&script.to_string()).unwrap(), script);
    // A long chain of operators is not deep.
    let sum = vec!["close * 2"; 500].join(" + ");
    assert_eq!(parse(&sum).unwrap().to_string().lines().count(), 2);
    let sum = (0..500).map(|step| format!("{step}")).collect::<Vec<_>>().join(" + ");
    assert_eq!(canonical(&sum), sum);
}

/// The text of a number with everything the language has, `depth` operations deep, over bars or over trades.
fn number(depth: u32, names: &'static [&'static str], trades: bool) -> BoxedStrategy<String> {
    let fields: &[&str] =
        if trades { &["price", "amount", "cost", "ts"] } else { &["close", "hlc3", "ts", "volume"] };
    let words = [names, fields, &["0", "2.50", "1e-9", "BTC.ohlcv.high", "'x'.trades.cost"]].concat();
    let leaf = prop::sample::select(words).prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let x = || number(depth - 1, names, trades);
    // Not the same at every row, so it has a past.
    let series = || (prop::sample::select(fields), x()).prop_map(|(field, x)| format!("({field} - {x})"));
    let bars = || number(depth - 1, names, false);
    let ticks = || number(depth - 1, names, true);
    let truth = |a: BoxedStrategy<String>, b: BoxedStrategy<String>| {
        let sign = prop::sample::select(&["<", ">=", "==", "!="][..]);
        (a, sign, b).prop_map(|(a, sign, b)| format!("({a} {sign} {b})"))
    };
    let reach = || prop::sample::select(&["1", "7", "90m", "24h", "1M"][..]);
    let sign = prop::sample::select(&["+", " - ", "*", "/", " %", "**"][..]);
    let function = || prop::sample::select(&["sum", "avg", "max", "min"][..]);
    let more = || {
        prop::sample::select(&["", "[2]", ".1h_ago", ".change_1", ".roc_60m", ".fresh", ".within(1d)[1]"][..])
    };
    let arithmetic = prop_oneof![
        3 => (x(), sign, x()).prop_map(|(a, sign, b)| format!("{a}{sign}{b}")),
        1 => x().prop_map(|x| format!("-{x}")),
        1 => (truth(x(), x()), x(), x()).prop_map(|(c, a, b)| format!("if({c} and not true, {a}, {b})")),
    ];
    let calls = prop_oneof![
        x().prop_map(|x| format!("avg(source={x})")),
        (x(), 1..9).prop_map(|(x, period)| format!("mean(period={period}, source=( {x} ))")),
        (x(), x()).prop_map(|(a, b)| format!("scaled(range(low={a}, high={b}), 2 ** 3)")),
        x().prop_map(|x| format!("bands(source={x}, width=3).lower")),
    ];
    let shifts = prop_oneof![
        (series(), 0..9).prop_map(|(x, bars)| format!("{x}[{bars}]")),
        (series(), reach()).prop_map(|(x, reach)| format!("{x}.{reach}_ago")),
        (series(), prop::sample::select(&["change_", "change_pct_", "roc_"][..]), reach())
            .prop_map(|(x, word, reach)| format!("{x}.{word}{reach}")),
        (series(), more()).prop_map(|(x, more)| format!("{x}.within(90s){more}")),
        (series(), reach(), prop::sample::select(&["", ", max", ", count"][..]))
            .prop_map(|(x, reach, rule)| format!("{x}.downsample({reach}{rule})")),
    ];
    let paths = prop_oneof![
        (path(trades), bars(), more()).prop_map(|(path, x, more)| format!("{path}avg(source={x}){more}")),
        (path(trades), bars(), more()).prop_map(|(path, x, more)| format!("{path}(close / {x}){more}")),
        (path(trades), bars(), reach(), more()).prop_map(|(path, x, reach, more)| format!(
            "{path}bands(source={x}).upper.downsample({reach}){more}"
        )),
        (ticks(), more()).prop_map(|(x, more)| format!("ETH.trades.(price + {x}){more}")),
    ];
    let aggregates = prop_oneof![
        (path(trades), function(), bars(), reach(), more()).prop_map(|(path, f, x, reach, more)| format!(
            "{}.{f}({x}, {reach}){more}",
            if path.contains("ohlcv.") {
                path.trim_end_matches('.').to_owned()
            } else {
                format!("{path}ohlcv")
            }
        )),
        (path(trades), truth(bars(), bars()), function(), bars(), more())
            .prop_map(|(path, c, f, x, more)| format!("{path}filter({c}).{f}({x}){more}")),
        (truth(ticks(), ticks()), truth(ticks(), ticks()), more())
            .prop_map(|(a, b, more)| format!("okx.BTC.trades.filter({a}).filter({b} or {b}[1]).count{more}")),
        (function(), ticks(), more()).prop_map(|(f, x, more)| format!("30m.trades.{f}({x}){more}")),
    ];
    prop_oneof![1 => leaf, 2 => arithmetic, 2 => calls, 2 => shifts, 2 => paths, 2 => aggregates].boxed()
}

/// A path to bars with the dot after it; among trades it has to say so.
fn path(trades: bool) -> impl Strategy<Value = String> {
    let symbols = &["BTC.", "okx.BTC.", "\"ETH-USD\".", "'close'.", "\"price\".", "'it\"s'.", "1INCH."][..];
    let parts = (
        prop::option::of(prop::sample::select(symbols)),
        prop::option::of(prop::sample::select(&["1h.", "60m.", "1d."][..])),
        any::<bool>(),
    );
    parts.prop_map(move |(symbol, timeframe, source)| {
        let path = [symbol.unwrap_or(""), timeframe.unwrap_or("")].concat();
        if source || trades || path.is_empty() { path + "ohlcv." } else { path }
    })
}

/// The text of a script of several statements.
pub(super) fn script() -> impl Strategy<Value = String> {
    let numbers = (number(2, &[], false), number(2, &["x"], false), number(3, &["x", "y"], false));
    (numbers, number(3, &["x", "y"], true), prop::sample::select(&["avg(x)", "y; x", "ETH.1d.(close > y)"][..]))
        .prop_map(|((x, y, a), b, last)| {
            format!("let x = {x}\nlet y = {y}; ({a}) # the first\n\"one of 'trades'\" = trades.({b})\nlast = {last}")
        })
}

/// The script of a generated text. A few texts have none, such as those with the past of a constant.
fn generated(text: &str) -> Option<Script> {
    parse(text).ok()
}

#[test]
fn most_generated_scripts_are_scripts() {
    let (mut runner, script) = (TestRunner::deterministic(), script());
    let texts: Vec<_> = (0..400).map(|_| script.new_tree(&mut runner).unwrap().current()).collect();
    let count = texts.iter().filter(|text| parse(text).is_ok()).count();
    let errors: Vec<_> = texts.iter().filter_map(|text| parse(text).err()).take(5).collect();
    assert!(count > 200, "{count}: {errors:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn canonical_text_reads_back_as_the_same_script(text in script()) {
        if let Some(script) = generated(&text) {
            let canonical = script.to_string();
            let again = parse(&canonical).map_err(|err| TestCaseError::fail(format!("{canonical}\n{err}\n{:?}", err.excerpt())))?;
            prop_assert_eq!(again.to_string(), &*canonical);
            prop_assert!(again == script, "{}", canonical);
        }
    }

    #[test]
    fn no_sequence_of_words_panics_and_errors_point_into_the_text(
        words in prop::collection::vec(prop::sample::select(&[
            "close", "x", "BTC", "1h", "24h_ago", "5_ago", "change_5", "fresh", "trades", "price", "ohlcv", "count", "sum(", "filter(",
            "if(", "within(", "downsample(", "avg(", "bands(", "upper", "let ", "let x = ", "y = ", "'t'", "\"u\".", ".", ".", ".", ".(", "(",
            ")", ")", ")", "[", "]", ", ", " > ", " and ", "not ", "-", "1", "2.5", "true", ";", "\n", "#", "é",
        ][..]), 0..20)
    ) {
        let text = words.concat();
        match parse(&text) {
            Ok(script) => {
                let canonical = script.to_string();
                prop_assert!(parse(&canonical).is_ok_and(|again| again == script), "{}\n{}", text, canonical);
            }
            Err(err) => if let Some(span) = err.span() {
                prop_assert!(text.get(span).is_some());
            }
        }
    }
}

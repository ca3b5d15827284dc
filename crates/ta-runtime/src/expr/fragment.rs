//! Expressions made of expressions, as text with no more brackets than it needs.
//!
//! Front ends in which expressions are built by operators, as in `close > sma(20)` of a host language, put texts together with this, and
//! hand the whole to the same parser as any other text.

use std::fmt;

use super::ast::{Form, Head};
use super::limits::Limits;
use super::number::{canonical, negated};
use super::op::{BinaryOp, UnaryOp};
use super::parse::parse;
use super::place::Quoted;
use super::token::{TokenKind, tokens};
use crate::error::{Error, Kind};

/// The text of an expression, of which other expressions can be made.
///
/// Names are not looked up here: what a text means is known when it is compiled.
///
/// ```
/// use ta_runtime::expr::{BinaryOp, Fragment, Limits};
///
/// let limits = Limits::default();
/// let range = Fragment::read("high - low", &limits)?;
/// let half = Fragment::binary(BinaryOp::Mul, &Fragment::read("0.5", &limits)?, &range);
/// assert_eq!(half.to_string(), "0.5 * (high - low)");
/// assert_eq!(range.row(1).to_string(), "(high - low)[1]");
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fragment {
    text: String,
    outer: Outer,
}

/// What a text is when seen as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outer {
    /// Words joined by dots, or a value and a word after its dot: a call can follow.
    Words,
    /// Anything else that stands for itself.
    Whole,
    /// An operator that binds so tightly.
    Operator(u8),
}

impl Fragment {
    /// Reads one expression without a name.
    ///
    /// # Errors
    /// When the text is none, or too long.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, Error> {
        let mut statements = parse(text, limits)?.into_iter();
        let (Some(first), None) = (statements.next(), statements.next()) else {
            let error = Error::new(Kind::Syntax, "several statements where an expression is expected");
            return Err(error.at(0..text.len()));
        };
        let statement = first.statement?;
        if statement.head != Head::Bare {
            let error = Error::new(Kind::Syntax, "a name before an expression that is part of another one");
            return Err(error.at(0..statement.span.start).with_help("write the expression alone"));
        }
        let outer = match statement.ast.nodes.last().map(|node| &node.form) {
            Some(Form::Words(_) | Form::Member { .. }) => Outer::Words,
            Some(Form::Unary(op, _)) => Outer::Operator(op.power()),
            Some(Form::Binary(op, ..)) => Outer::Operator(op.power()),
            _ => Outer::Whole,
        };
        // On one line and without comments, so that anything can stand after it.
        let (mut line, mut end) = (String::with_capacity(text.len()), None);
        for token in tokens(text)?.iter().filter(|token| token.kind != TokenKind::Semicolon) {
            if end.is_some_and(|end| end < token.span.start) {
                line.push(' ');
            }
            line.push_str(token.text);
            end = Some(token.span.end);
        }
        Ok(Self { text: line, outer })
    }

    /// A word of a path, in quotes where it needs them: a field, a symbol, a timeframe. `None` for a text that the language cannot write,
    /// which is one with both kinds of quotes or with control characters.
    pub fn word(word: &str) -> Option<Self> {
        Some(Self { text: written(word)?, outer: Outer::Words })
    }

    /// A number; `None` for one that is not finite.
    pub fn number(value: f64) -> Option<Self> {
        let text = canonical(&format!("{:?}", value.abs()))?;
        let minus = value < 0.0;
        let outer = if minus { Outer::Operator(UnaryOp::Neg.power()) } else { Outer::Whole };
        Some(Self { text: if minus { negated(&text) } else { text }, outer })
    }

    /// A bool.
    pub fn truth(value: bool) -> Self {
        Self { text: value.to_string(), outer: Outer::Whole }
    }

    /// `-x`, `not x`.
    pub fn unary(op: UnaryOp, x: &Self) -> Self {
        let space = if op == UnaryOp::Not { " " } else { "" };
        Self { text: format!("{op}{space}{}", x.within(op.power())), outer: Outer::Operator(op.power()) }
    }

    /// `a + b` and the like.
    pub fn binary(op: BinaryOp, a: &Self, b: &Self) -> Self {
        let text = format!("{} {op} {}", a.within(op.left_power()), b.within(op.right_power()));
        Self { text, outer: Outer::Operator(op.power()) }
    }

    /// `x[rows]`: so many rows earlier.
    #[must_use]
    pub fn row(&self, rows: u64) -> Self {
        Self { text: format!("{}[{rows}]", self.base()), outer: Outer::Whole }
    }

    /// `x.word`: an output, a shift, or the next word of a path. `None` where [`word`](Self::word) is.
    pub fn member(&self, word: &str) -> Option<Self> {
        Some(Self { text: format!("{}.{}", self.base(), written(word)?), outer: Outer::Words })
    }

    /// `path.(inner)`: an expression read where a path leads. `None` after anything else than words.
    pub fn group(&self, inner: &Self) -> Option<Self> {
        let path = self.outer == Outer::Words;
        path.then(|| Self { text: format!("{}.({inner})", self.text), outer: Outer::Whole })
    }

    /// `name(arguments)`, each argument with or without a keyword. `None` after anything else than words.
    pub fn call(&self, arguments: &[(Option<&str>, Self)]) -> Option<Self> {
        let argument = |(keyword, value): &(Option<&str>, Self)| match keyword {
            Some(keyword) => format!("{keyword}={value}"),
            None => value.text.clone(),
        };
        let arguments: Vec<String> = arguments.iter().map(argument).collect();
        let words = self.outer == Outer::Words;
        words.then(|| Self { text: format!("{}({})", self.text, arguments.join(", ")), outer: Outer::Whole })
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, in brackets when its operator binds less tightly than what stands around it.
    fn within(&self, power: u8) -> String {
        match self.outer {
            Outer::Operator(own) if own < power => format!("({})", self.text),
            _ => self.text.clone(),
        }
    }

    /// The text as it stands before a dot or a bracket.
    fn base(&self) -> String {
        self.within(u8::MAX)
    }
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One word as the language writes it.
fn written(word: &str) -> Option<String> {
    let one = tokens(word).is_ok_and(|tokens| match &tokens[..] {
        [token] => {
            matches!(token.kind, TokenKind::Name | TokenKind::Digits | TokenKind::Text) && token.text == word
        }
        _ => false,
    });
    if one {
        return Some(word.to_owned());
    }
    Quoted(word).is_exact().then(|| Quoted(word).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{BoxedStrategy, Just, Strategy, prop_assert_eq, prop_oneof, proptest};

    use super::*;
    use crate::dataset::OHLCV;
    use crate::expr::{Scope, Script};
    use crate::test_kernels::registry;

    fn read(text: &str) -> Fragment {
        Fragment::read(text, &Limits::default()).unwrap()
    }

    #[test]
    fn a_text_is_read_on_one_line_and_keeps_its_words() {
        for (given, expected) in [
            ("  close  # the last price\n  + 1 ;", "close + 1"),
            ("sma( close,20 )", "sma( close,20 )"),
            ("\"BTC-USD\".close", "\"BTC-USD\".close"),
        ] {
            assert_eq!(read(given).as_str(), expected);
        }
        for wrong in ["", "a = close", "let a = close", "close; open", "close +", "1h + ("] {
            assert!(Fragment::read(wrong, &Limits::default()).unwrap_err().is_syntax(), "{wrong}");
        }
    }

    #[test]
    fn words_are_quoted_where_they_are_not_one() {
        for (word, expected) in [
            ("close", Some("close")),
            ("24h_ago", Some("24h_ago")),
            ("acme::spread", Some("acme::spread")),
            ("BTC-USD", Some("\"BTC-USD\"")),
            ("'close'", Some("'close'")),
            ("not", Some("\"not\"")),
            ("12", Some("\"12\"")),
            ("", Some("\"\"")),
            ("BTC#1", Some("\"BTC#1\"")),
            ("a'b\"c", None),
            ("a\nb", None),
        ] {
            assert_eq!(Fragment::word(word).as_ref().map(Fragment::as_str), expected, "{word}");
        }
    }

    #[test]
    fn numbers_are_written_as_the_language_has_them() {
        for (value, expected) in [
            (20.0, Some("20")),
            (-0.5, Some("-0.5")),
            (-0.0, Some("0")),
            (1e-7, Some("1e-7")),
            (1e300, Some("1e300")),
            (f64::NAN, None),
            (f64::NEG_INFINITY, None),
        ] {
            assert_eq!(Fragment::number(value).as_ref().map(Fragment::as_str), expected);
        }
        let minus = Fragment::number(-2.0).unwrap();
        assert_eq!(Fragment::binary(BinaryOp::Pow, &minus, &minus).as_str(), "(-2) ** -2");
    }

    #[test]
    fn what_follows_a_value_follows_all_of_it() {
        let path = Fragment::word("1h").unwrap();
        assert_eq!(path.group(&read("close - open")).unwrap().row(1).as_str(), "1h.(close - open)[1]");
        assert_eq!(path.member("close").unwrap().member("24h_ago").unwrap().as_str(), "1h.close.24h_ago");
        let count = read("trades").member("count").unwrap();
        assert_eq!(count.call(&[(None, path)]).unwrap().as_str(), "trades.count(1h)");
        assert_eq!(read("close - open").member("5_ago").unwrap().as_str(), "(close - open).5_ago");
        let sma = read("sma").call(&[(None, read("a + b")), (Some("period"), read("3"))]).unwrap();
        assert_eq!(sma.as_str(), "sma(a + b, period=3)");
        assert_eq!((sma.call(&[]), read("a + b").call(&[]), read("sma(3)").group(&sma)), (None, None, None));
    }

    /// A value built part by part, and the same with brackets round every part.
    fn tree(depth: u32) -> BoxedStrategy<((Fragment, String), bool)> {
        let number =
            prop_oneof![Just("close"), Just("2"), Just("1h.open"), Just("avg(3)"), Just("bands().upper")]
                .prop_map(|text| ((read(text), text.to_owned()), false));
        if depth == 0 {
            return number.boxed();
        }
        let inner = move || tree(depth - 1);
        let numeric = prop_oneof![
            Just(BinaryOp::Add),
            Just(BinaryOp::Sub),
            Just(BinaryOp::Mul),
            Just(BinaryOp::Div),
            Just(BinaryOp::Rem),
            Just(BinaryOp::Pow)
        ];
        let compared =
            prop_oneof![Just(BinaryOp::Lt), Just(BinaryOp::Ge), Just(BinaryOp::Eq), Just(BinaryOp::Ne)];
        let logic = prop_oneof![Just(BinaryOp::And), Just(BinaryOp::Or)];
        let binary = (inner(), inner(), numeric, compared, logic).prop_map(
            |((a, at), (b, bt), numeric, compared, logic)| {
                let (op, truth) = match (at, bt) {
                    (true, true) => (logic, true),
                    (false, false) if a.1.len() % 2 == 0 => (compared, true),
                    (false, false) => (numeric, false),
                    _ => {
                        // A truth beside a number becomes one.
                        let choose = |(x, text): &(Fragment, String), truth: bool| {
                            if truth {
                                let call = read("if").call(&[
                                    (None, x.clone()),
                                    (None, read("1")),
                                    (None, read("0")),
                                ]);
                                (call.unwrap(), format!("if({text}, 1, 0)"))
                            } else {
                                (x.clone(), text.clone())
                            }
                        };
                        let (a, b) = (choose(&a, at), choose(&b, bt));
                        return (
                            (Fragment::binary(numeric, &a.0, &b.0), format!("({} {numeric} {})", a.1, b.1)),
                            false,
                        );
                    }
                };
                ((Fragment::binary(op, &a.0, &b.0), format!("({} {op} {})", a.1, b.1)), truth)
            },
        );
        let unary = inner().prop_map(|((x, text), truth)| {
            let op = if truth { UnaryOp::Not } else { UnaryOp::Neg };
            ((Fragment::unary(op, &x), format!("({op} {text})")), truth)
        });
        let earlier = inner().prop_map(|((x, text), truth)| {
            // A path goes on behind its value, with brackets or without.
            let text = if text.starts_with('(') { text } else { x.to_string() };
            if text.starts_with(|c: char| c.is_ascii_digit()) && text.len() == 1 {
                return ((x, text), truth);
            }
            ((x.row(2), format!("{text}[2]")), truth)
        });
        prop_oneof![1 => number, 4 => binary, 2 => unary, 1 => earlier].boxed()
    }

    proptest! {
        #[test]
        fn a_text_without_needless_brackets_means_what_every_bracket_says(((built, bracketed), _) in tree(5)) {
            let (registry, limits) = (registry(), Limits::default());
            let scope = Scope { registry: &registry, schema: &OHLCV, limits: &limits };
            // Constants have no rows, and may come to no number.
            let parse = |text: &str| Script::parse(&[(Some("x"), text)], scope).map_err(|error| {
                assert!(error.is_type() || error.is_argument(), "{text}: {error}");
                error.kind()
            });
            prop_assert_eq!(parse(built.as_str()), parse(&bracketed), "{} and {}", built, bracketed);
            prop_assert_eq!(read(built.as_str()), built);
        }
    }
}

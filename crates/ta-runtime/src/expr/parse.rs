//! Tokens to the syntax tree.
//!
//! ```text
//! expression = value | ("-" | "not") expression | expression operator expression
//! value      = primary { "[" expression "]" | "." name }
//! primary    = number | "true" | "false" | text | name [ "(" [ argument { "," argument } ] ")" ] | "(" expression ")"
//! argument   = [ name "=" ] expression
//! ```

use winnow::combinator::opt;
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::{Stateful, Stream, TokenSlice};
use winnow::token::any;

use super::ast::{Argument, Ast, AstNode, Form, NodeId};
use super::limits::Limits;
use super::nesting;
use super::op::{BinaryOp, UnaryOp};
use super::span::Span;
use super::token::{Token, TokenKind, tokens};
use crate::error::{Error, Kind};

/// Reads a text as one expression.
pub(crate) fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Ast<'t>, Error> {
    if text.len() > limits.text {
        let message = format!("expression is {} bytes long (at most {})", text.len(), limits.text);
        return Err(Error::new(Kind::Limit, message));
    }
    let tokens = tokens(text)?;
    nesting::check(&tokens, limits.depth)?;
    let tree = Tree { ast: Ast { nodes: Vec::new() }, limit: limits.nodes, end: text.trim_end().len() };
    let mut input = Stateful { input: TokenSlice::new(&tokens), state: tree };
    whole
        .parse_next(&mut input)
        .map_err(|stop| stop.0.unwrap_or_else(|| expected(&input, "an expression")))?;
    Ok(input.state.ast)
}

/// The tokens still to read and the tree made so far.
type Input<'s, 't> = Stateful<TokenSlice<'s, Token<'t>>, Tree<'t>>;

#[derive(Debug)]
struct Tree<'t> {
    ast: Ast<'t>,
    /// The most nodes there may be.
    limit: usize,
    /// Where the text ends.
    end: usize,
}

/// Part of an expression while its surroundings are being read.
struct Operand {
    node: NodeId,
    /// With the brackets around it.
    span: Span,
    /// Whether it is a comparison without brackets around it.
    comparison: bool,
}

/// Why a parser stops: `None` when another form may fit, an error when none can.
#[derive(Debug)]
struct Stop(Option<Error>);

impl<I: Stream> ParserError<I> for Stop {
    type Inner = Self;
    fn from_input(_: &I) -> Self {
        Self(None)
    }
    fn is_backtrack(&self) -> bool {
        self.0.is_none()
    }
    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self(Some(error))
    }
}

type Parsed<O> = Result<O, Stop>;

fn whole(input: &mut Input<'_, '_>) -> Parsed<()> {
    operators(input, 0)?;
    match input.peek_token() {
        None => Ok(()),
        Some(_) => Err(expected(input, "an operator or the end").into()),
    }
}

/// Values joined by operators that bind at least as tightly as `power`. (Written out, as each node wants the place of its operator.)
fn operators(input: &mut Input<'_, '_>, power: u8) -> Parsed<Operand> {
    let mut left = prefixed(input)?;
    while let Some(&Token { kind: TokenKind::Op(op), span, .. }) = input.peek_token() {
        if op.power() < power {
            break;
        }
        input.next_token();
        if op.is_comparison() && left.comparison {
            let error = Error::new(Kind::Syntax, format!("`{op}` follows another comparison")).at(span);
            return Err(error.with_help("write `a < b and b < c`, or use brackets").into());
        }
        let right = operators(input, op.right_power())?;
        let node = Form::Binary(op, left.node, right.node);
        left = Operand { comparison: op.is_comparison(), ..push(input, node, left.span.to(right.span))? };
    }
    Ok(left)
}

/// A value, or a prefix operator with what it applies to.
fn prefixed(input: &mut Input<'_, '_>) -> Parsed<Operand> {
    let (op, start) = match input.peek_token() {
        Some(token) if token.kind == TokenKind::Not => (UnaryOp::Not, token.span),
        Some(token) if token.kind == TokenKind::Op(BinaryOp::Sub) => (UnaryOp::Neg, token.span),
        _ => return value(input),
    };
    input.next_token();
    let operand = operators(input, op.power())?;
    push(input, Form::Unary(op, operand.node), start.to(operand.span))
}

/// A primary with the history and outputs taken of it.
fn value(input: &mut Input<'_, '_>) -> Parsed<Operand> {
    let mut base = primary(input)?;
    loop {
        if opt(kind(TokenKind::LeftBracket)).parse_next(input)?.is_some() {
            let bars = operators(input, 0)?.node;
            let end = close(input, TokenKind::RightBracket, "`]`")?;
            base = push(input, Form::History { base: base.node, bars }, base.span.to(end))?;
        } else if opt(kind(TokenKind::Dot)).parse_next(input)?.is_some() {
            let Some(name) = opt(kind(TokenKind::Name)).parse_next(input)? else {
                return Err(expected(input, "the name of an output").into());
            };
            let form = Form::Output { base: base.node, name: name.text, name_span: name.span };
            base = push(input, form, base.span.to(name.span))?;
        } else {
            return Ok(base);
        }
    }
}

fn primary(input: &mut Input<'_, '_>) -> Parsed<Operand> {
    let Some(&token) = input.peek_token() else {
        return Err(expected(input, "a value").into());
    };
    let form = match token.kind {
        TokenKind::Number => Form::Number(token.text),
        TokenKind::True => Form::Bool(true),
        TokenKind::False => Form::Bool(false),
        TokenKind::Text => Form::Text(&token.text[1..token.text.len() - 1]),
        TokenKind::Name => Form::Name(token.text),
        TokenKind::LeftParen => {
            input.next_token();
            let inner = operators(input, 0)?;
            let end = close(input, TokenKind::RightParen, "`)`")?;
            return Ok(Operand { span: token.span.to(end), comparison: false, ..inner });
        }
        _ => return Err(expected(input, "a value").into()),
    };
    input.next_token();
    if token.kind == TokenKind::Name && opt(kind(TokenKind::LeftParen)).parse_next(input)?.is_some() {
        let (arguments, end) = arguments(input)?;
        let form = Form::Call { name: token.text, name_span: token.span, arguments };
        return push(input, form, token.span.to(end));
    }
    push(input, form, token.span)
}

/// What stands between the brackets of a call, and the place of the closing one.
fn arguments<'t>(input: &mut Input<'_, 't>) -> Parsed<(Vec<Argument<'t>>, Span)> {
    let mut arguments = Vec::new();
    if let Some(end) = opt(kind(TokenKind::RightParen)).parse_next(input)? {
        return Ok((arguments, end.span));
    }
    loop {
        let keyword = opt((kind(TokenKind::Name), kind(TokenKind::Assign))).parse_next(input)?;
        let value = operators(input, 0)?.node;
        arguments.push(Argument { keyword: keyword.map(|(name, _)| (name.text, name.span)), value });
        if opt(kind(TokenKind::Comma)).parse_next(input)?.is_none() {
            return Ok((arguments, close(input, TokenKind::RightParen, "`,` or `)`")?));
        }
    }
}

/// The next token, when it is of this kind.
fn kind<'s, 't: 's>(kind: TokenKind) -> impl Parser<Input<'s, 't>, &'s Token<'t>, Stop> {
    any.verify(move |token: &&Token<'t>| token.kind == kind)
}

/// The place of a closing bracket.
fn close(input: &mut Input<'_, '_>, bracket: TokenKind, accepted: &str) -> Parsed<Span> {
    match opt(kind(bracket)).parse_next(input)? {
        Some(token) => Ok(token.span),
        None => Err(expected(input, accepted).into()),
    }
}

/// Adds a node to the tree.
fn push<'t>(input: &mut Input<'_, 't>, form: Form<'t>, span: Span) -> Parsed<Operand> {
    let Tree { ast, limit, .. } = &mut input.state;
    if ast.nodes.len() >= *limit {
        return Err(Error::new(Kind::Limit, format!("expression has more than {limit} parts"))
            .at(span)
            .into());
    }
    ast.nodes.push(AstNode { form, span });
    Ok(Operand { node: ast.nodes.len() - 1, span, comparison: false })
}

/// The error at the next token, or at the end of the text.
fn expected(input: &Input<'_, '_>, accepted: &str) -> Error {
    let Some(token) = input.peek_token() else {
        let end = input.state.end;
        return Error::new(Kind::Syntax, format!("expected {accepted}, found the end")).at(end..end);
    };
    let error =
        Error::new(Kind::Syntax, format!("expected {accepted}, found `{}`", token.text)).at(token.span);
    match token.kind {
        TokenKind::Assign => error.with_help("`==` compares; `name=` is for the arguments of a call"),
        TokenKind::Op(BinaryOp::Add) => error.with_help("a number needs no `+` before it"),
        TokenKind::Dot => error.with_help("a number begins with a digit, as in `0.5`"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, prop_assert, proptest};

    use super::*;

    /// The tree with every grouping written out.
    fn shape(text: &str) -> String {
        let ast = parse(text, &Limits::default()).unwrap_or_else(|err| panic!("{text}: {err}"));
        let mut shapes: Vec<String> = Vec::new();
        for node in &ast.nodes {
            let shape = match &node.form {
                Form::Number(text) | Form::Name(text) => (*text).to_owned(),
                Form::Text(text) => format!("{text:?}"),
                Form::Bool(value) => value.to_string(),
                Form::Unary(op, x) => format!("({op} {})", shapes[*x]),
                Form::Binary(op, a, b) => format!("({} {op} {})", shapes[*a], shapes[*b]),
                Form::History { base, bars } => format!("{}[{}]", shapes[*base], shapes[*bars]),
                Form::Output { base, name, .. } => format!("{}.{name}", shapes[*base]),
                Form::Call { name, arguments, .. } => {
                    let argument = |a: &Argument<'_>| match a.keyword {
                        Some((keyword, _)) => format!("{keyword}={}", shapes[a.value]),
                        None => shapes[a.value].clone(),
                    };
                    format!("{name}({})", arguments.iter().map(argument).collect::<Vec<_>>().join(", "))
                }
            };
            shapes.push(shape);
        }
        shapes.pop().unwrap()
    }

    fn refused(text: &str) -> (String, std::ops::Range<usize>) {
        let err = parse(text, &Limits::default()).expect_err(text);
        (err.to_string(), err.span().unwrap())
    }

    #[test]
    fn operators_bind_as_in_python() {
        for (text, expected) in [
            ("1 + 2 * 3", "(1 + (2 * 3))"),
            ("1 - 2 - 3", "((1 - 2) - 3)"),
            ("a / b % c", "((a / b) % c)"),
            ("2 ** 3 ** 4", "(2 ** (3 ** 4))"),
            ("-2 ** 2", "(- (2 ** 2))"),
            ("2 ** -1 * x", "((2 ** (- 1)) * x)"),
            ("- -x", "(- (- x))"),
            ("-x[1]", "(- x[1])"),
            ("not a and b or c", "(((not a) and b) or c)"),
            ("not a == b", "(not (a == b))"),
            ("a > 1 and not b < 2", "((a > 1) and (not (b < 2)))"),
            ("(a < b) == (c < d)", "((a < b) == (c < d))"),
            ("a + b > c * d", "((a + b) > (c * d))"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn calls_history_and_outputs_chain() {
        for (text, expected) in [
            ("sma(close, 20)[5]", "sma(close, 20)[5]"),
            ("sma(rsi(14), period=3)", "sma(rsi(14), period=3)"),
            ("macd(12, 26, 9).signal[1]", "macd(12, 26, 9).signal[1]"),
            ("acme::deep::foo()", "acme::deep::foo()"),
            ("ma(matype='ema', x=\"y z\")", "ma(matype=\"ema\", x=\"y z\")"),
            ("(a + b)[1 + 1]", "(a + b)[(1 + 1)]"),
            ("f(true, a == b)", "f(true, (a == b))"),
            (" 1_000.5e-3\n+ 2E+7 ", "(1_000.5e-3 + 2E+7)"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_expression_is_refused_where_it_goes_wrong() {
        for (text, message, span) in [
            ("", "expected a value, found the end", 0..0),
            ("  ", "expected a value, found the end", 0..0),
            ("1 +  ", "expected a value, found the end", 3..3),
            ("1 2", "expected an operator or the end, found `2`", 2..3),
            ("+1", "expected a value, found `+` (a number needs no `+` before it)", 0..1),
            (".5", "expected a value, found `.` (a number begins with a digit, as in `0.5`)", 0..1),
            (
                "a = 1",
                "expected an operator or the end, found `=` (`==` compares; `name=` is for the arguments of a call)",
                2..3,
            ),
            ("a < b < c", "`<` follows another comparison (write `a < b and b < c`, or use brackets)", 6..7),
            (
                "a == b != c",
                "`!=` follows another comparison (write `a < b and b < c`, or use brackets)",
                7..9,
            ),
            ("sma(close", "`(` is never closed", 3..4),
            ("sma(close[1)", "`)` does not close the bracket that is open", 11..12),
            ("close]", "`]` closes nothing", 5..6),
            ("sma(close,)", "expected a value, found `)`", 10..11),
            ("sma(close 20)", "expected `,` or `)`, found `20`", 10..12),
            ("close[1, 2]", "expected `]`, found `,`", 7..8),
            ("macd().5", "expected the name of an output, found `5`", 7..8),
            ("12abc", "`12abc` is not a number (write `12`, `0.5`, `1_000` or `1e6`)", 0..5),
            ("1__0", "`1__0` is not a number (write `12`, `0.5`, `1_000` or `1e6`)", 0..4),
            ("a && b", "unexpected `&` (write `and`)", 2..3),
            ("a || b", "unexpected `|` (write `or`)", 2..3),
            ("!a", "unexpected `!` (write `not`)", 0..1),
            ("2^3", "unexpected `^` (write `**` for a power)", 1..2),
            ("acme:foo()", "unexpected `:` (a name with a vendor is written `vendor::name`)", 4..5),
            ("f('x)", "text is not closed on its line (end it with the quote it began with)", 2..3),
            ("clöse", "unexpected character `ö`", 2..4),
            ("a\u{0}", "unexpected character `\\0`", 1..2),
        ] {
            assert_eq!(refused(text), (message.to_owned(), span), "{text}");
            assert!(parse(text, &Limits::default()).unwrap_err().is_syntax(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_however_it_is_reached() {
        let many = 10_000;
        let small = Limits { text: usize::MAX, ..Limits::default() };
        for text in [
            "(".repeat(many),
            "-".repeat(many) + "1",
            "not ".repeat(many) + "x",
            "x ** ".repeat(many) + "x",
            "f(".repeat(many) + &")".repeat(many),
            "x[".repeat(many),
            "not x or ".repeat(many) + "x",
            "a or b and not c < d + e * f ** -(".repeat(many),
        ] {
            let err = parse(&text, &small).unwrap_err();
            assert!(err.is_limit(), "{err}");
        }
    }

    #[test]
    fn depth_up_to_the_bound_fits_a_small_stack() {
        let limits = Limits::default();
        let deepest = "(".repeat(limits.depth) + "x" + &")".repeat(limits.depth);
        std::thread::Builder::new()
            .stack_size(512 * 1024)
            .spawn(move || assert!(parse(&deepest, &limits).is_ok()))
            .unwrap()
            .join()
            .unwrap();
    }

    #[test]
    fn long_chains_are_not_deep() {
        let limits = Limits { text: usize::MAX, nodes: usize::MAX, ..Limits::default() };
        let sum = vec!["-x * y"; 50_000].join(" + ");
        assert_eq!(parse(&sum, &limits).unwrap().nodes.len(), 50_000 * 5 - 1);
    }

    #[test]
    fn size_is_bounded() {
        let limits = Limits { text: 20, nodes: 3, ..Limits::default() };
        let err = parse(&" ".repeat(21), &limits).unwrap_err();
        assert_eq!(err.to_string(), "expression is 21 bytes long (at most 20)");
        let err = parse("a + b + c", &limits).unwrap_err();
        assert_eq!((err.to_string(), err.is_limit()), ("expression has more than 3 parts".to_owned(), true));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text, &Limits::default());
        }

        #[test]
        fn no_sequence_of_words_panics_and_errors_point_into_the_text(
            words in prop::collection::vec(prop::sample::select(&[
                "a", "1", "1e9", "true", "not", "and", "or", "-", "+", "**", "<", "==", "=", "(", ")", "[", "]", ",", ".",
                "'t'", "f(", " ", "é", "::",
            ][..]), 0..24)
        ) {
            let text = words.concat();
            if let Err(err) = parse(&text, &Limits::default()) {
                let span = err.span().unwrap();
                prop_assert!(text.get(span).is_some());
            }
        }
    }
}

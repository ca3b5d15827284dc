//! Tokens to the syntax tree.
//!
//! ```text
//! expression = value | ("-" | "not") expression | expression operator expression
//! value      = primary { "[" expression "]" | "." word [ arguments ] }
//! primary    = number | "true" | "false" | name arguments | "(" expression ")"
//!            | word { "." word } [ "." name arguments | "." "(" expression ")" ]
//! arguments  = "(" [ argument { "," argument } ] ")"
//! argument   = [ name "=" ] expression
//! word       = name | word that begins with a digit | text in quotes
//! ```

use winnow::combinator::opt;
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::{Stateful, Stream, TokenSlice};
use winnow::token::any;

use super::ast::{Argument, Ast, AstId, AstNode, Form, Head, Statement, Subject, Word};
use super::limits::Limits;
use super::op::{BinaryOp, UnaryOp};
use super::span::Span;
use super::token::{Token, TokenKind, tokens};
use super::{nesting, statement};
use crate::dataset::Timeframe;
use crate::error::{Error, Kind};

/// Reads a text as statements, at least one, each of which may be refused.
pub(crate) fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Vec<Attempt<'t>>, Error> {
    if text.len() > limits.text {
        let message = format!("expression is {} bytes long (at most {})", text.len(), limits.text);
        return Err(Error::new(Kind::Limit, message));
    }
    let tokens = tokens(text)?;
    let mut statements = Vec::new();
    let mut parts = limits.nodes;
    for mut tokens in statement::split(&tokens) {
        let end = tokens.last().map_or(0, |token| token.span.end);
        let head = statement::head(&mut tokens);
        let binds = head.as_ref().ok().and_then(Head::binds);
        let statement = head.and_then(|head| parse_statement(head, tokens, end, limits, parts));
        parts -= statement.as_ref().map_or(0, |statement| statement.ast.nodes.len());
        statements.push(Attempt { statement, binds });
    }
    if statements.is_empty() {
        return Err(Error::new(Kind::Syntax, "expected a value, found the end").at(0..0));
    }
    Ok(statements)
}

/// A statement that was read, or why it could not be.
#[derive(Debug)]
pub(crate) struct Attempt<'t> {
    pub(crate) statement: Result<Statement<'t>, Error>,
    /// The name it binds.
    pub(crate) binds: Option<&'t str>,
}

fn parse_statement<'t>(
    head: Head<'t>,
    tokens: &[Token<'t>],
    end: usize,
    limits: &Limits,
    parts: usize,
) -> Result<Statement<'t>, Error> {
    nesting::check(tokens, limits.depth)?;
    let span = Span { start: tokens.first().map_or(end, |token| token.span.start), end };
    let tree = Tree { ast: Ast::default(), parts, limit: limits.nodes, end };
    let mut input = Stateful { input: TokenSlice::new(tokens), state: tree };
    whole
        .parse_next(&mut input)
        .map_err(|stop| stop.0.unwrap_or_else(|| expected(&input, "an expression")))?;
    Ok(Statement { head, ast: input.state.ast, span })
}

/// The tokens still to read and the tree made so far.
type Input<'s, 't> = Stateful<TokenSlice<'s, Token<'t>>, Tree<'t>>;

#[derive(Debug)]
struct Tree<'t> {
    ast: Ast<'t>,
    /// The most nodes there may be.
    parts: usize,
    /// The most nodes there may be in all statements of the text together.
    limit: usize,
    /// Where the text ends.
    end: usize,
}

/// Part of an expression while its surroundings are being read.
struct Operand {
    node: AstId,
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

/// A primary with what follows it: history, outputs, shifts, methods.
fn value(input: &mut Input<'_, '_>) -> Parsed<Operand> {
    let mut base = primary(input)?;
    loop {
        if opt(kind(TokenKind::LeftBracket)).parse_next(input)?.is_some() {
            let rows = operators(input, 0)?.node;
            let end = close(input, TokenKind::RightBracket, "`]`")?;
            base = push(input, Form::History { base: base.node, rows }, base.span.to(end))?;
        } else if opt(kind(TokenKind::Dot)).parse_next(input)?.is_some() {
            let Some(word) = opt(word.verify(|word| !word.quoted)).parse_next(input)? else {
                return Err(expected(input, "the name of an output or a shift").into());
            };
            base = if peek_kind(input) == Some(TokenKind::LeftParen) {
                call(input, Some((Subject::Node(base.node), base.span)), word)?
            } else {
                push(input, Form::Member { base: base.node, word }, base.span.to(word.span))?
            };
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
        TokenKind::Name | TokenKind::Digits | TokenKind::Text => return words(input),
        TokenKind::LeftParen => {
            input.next_token();
            let inner = operators(input, 0)?;
            let end = close(input, TokenKind::RightParen, "`)`")?;
            // Errors are about what stands in the brackets.
            let place = input.state.ast.nodes[inner.node].span;
            return Ok(Operand {
                span: token.span.to(end),
                ..push(input, Form::Bracket(inner.node), place)?
            });
        }
        _ => return Err(expected(input, "a value").into()),
    };
    input.next_token();
    push(input, form, token.span)
}

/// Words joined by dots, with the call or the group that the last dot leads to.
fn words(input: &mut Input<'_, '_>) -> Parsed<Operand> {
    let mut words = vec![word.parse_next(input)?];
    while let Some((_, next)) = opt((kind(TokenKind::Dot), word)).parse_next(input)? {
        words.push(next);
    }
    let (first, last) = (words[0], words[words.len() - 1]);
    let span = first.span.to(last.span);
    if words.len() > 1 {
        not_a_number(&words)?;
    }
    let callable = !last.quoted && last.text.starts_with(|c: char| !c.is_ascii_digit());
    if callable && peek_kind(input) == Some(TokenKind::LeftParen) {
        words.pop();
        let subject = words.last().map(|end| first.span.to(end.span));
        return call(input, subject.map(|span| (Subject::Words(words), span)), last);
    }
    if opt((kind(TokenKind::Dot), kind(TokenKind::LeftParen))).parse_next(input)?.is_some() {
        push(input, Form::Open { subject: Subject::Words(words), callee: None }, span)?;
        let inner = operators(input, 0)?.node;
        let end = close(input, TokenKind::RightParen, "`)`")?;
        return push(input, Form::Group(inner), span.to(end));
    }
    not_a_number(&words)?;
    push(input, Form::Words(words), span)
}

/// Refuses words that begin like a number and are neither that nor a timeframe or a symbol.
fn not_a_number(words: &[Word<'_>]) -> Result<(), Error> {
    let first = words[0];
    let digits = first.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let alone = words.len() == 1 && first.text.starts_with(|c: char| c.is_ascii_digit());
    let (text, span) = match words.get(1) {
        _ if first.quoted => return Ok(()),
        Some(second) if digits && first.text.starts_with(|c: char| c.is_ascii_digit()) => {
            (format!("{}.{}", first.text, second.text), first.span.to(second.span))
        }
        None if alone && first.text.parse::<Timeframe>().is_err() => (first.text.to_owned(), first.span),
        _ => return Ok(()),
    };
    let error = Error::new(Kind::Syntax, format!("`{text}` is not a number")).at(span);
    Err(error.with_help("write `12`, `0.5`, `1_000` or `1e6`"))
}

/// The arguments of a call, of what stands before the dot when there is one.
fn call<'t>(
    input: &mut Input<'_, 't>,
    subject: Option<(Subject<'t>, Span)>,
    callee: Word<'t>,
) -> Parsed<Operand> {
    input.next_token();
    let (opened, start) = (subject.is_some(), subject.as_ref().map_or(callee.span, |(_, span)| *span));
    if let Some((subject, span)) = subject {
        push(input, Form::Open { subject, callee: Some(callee) }, span)?;
    }
    let (arguments, end) = arguments(input)?;
    push(input, Form::Call { callee, opened, arguments }, start.to(end))
}

/// A name, a word that begins with a digit, or a text in quotes.
fn word<'t>(input: &mut Input<'_, 't>) -> Parsed<Word<'t>> {
    any.verify(|token: &&Token<'t>| {
        matches!(token.kind, TokenKind::Name | TokenKind::Digits | TokenKind::Text)
    })
    .map(Token::word)
    .parse_next(input)
}

/// The kind of the next token.
fn peek_kind(input: &Input<'_, '_>) -> Option<TokenKind> {
    input.peek_token().map(|token| token.kind)
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
    let Tree { ast, parts, limit, .. } = &mut input.state;
    if ast.nodes.len() >= *parts {
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

    /// The statements of a text, or what is wrong with the first that could not be read.
    fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Vec<Statement<'t>>, Error> {
        super::parse(text, limits)?.into_iter().map(|attempt| attempt.statement).collect()
    }

    /// The tree with every grouping written out.
    fn shape(text: &str) -> String {
        let statements = parse(text, &Limits::default());
        let statements = statements.unwrap_or_else(|err| panic!("{text}: {err}"));
        let [Statement { head: Head::Bare, ast, .. }] = &statements[..] else { panic!("{text}") };
        let mut shapes: Vec<String> = Vec::new();
        let words = |words: &[Word<'_>]| {
            let word =
                |word: &Word<'_>| if word.quoted { format!("{:?}", word.text) } else { word.text.to_owned() };
            words.iter().map(word).collect::<Vec<_>>().join(".")
        };
        let mut open = Vec::new();
        for node in &ast.nodes {
            let shape = match &node.form {
                Form::Number(text) => (*text).to_owned(),
                Form::Words(list) => words(list),
                Form::Bool(value) => value.to_string(),
                Form::Unary(op, x) => format!("({op} {})", shapes[*x]),
                Form::Binary(op, a, b) => format!("({} {op} {})", shapes[*a], shapes[*b]),
                Form::Bracket(x) => shapes[*x].clone(),
                Form::History { base, rows } => format!("{}[{}]", shapes[*base], shapes[*rows]),
                Form::Member { base, word } => format!("{}.{}", shapes[*base], word.text),
                Form::Open { subject, .. } => {
                    open.push(match subject {
                        Subject::Words(list) => words(list),
                        Subject::Node(id) => shapes[*id].clone(),
                    });
                    String::new()
                }
                Form::Group(x) => format!("{}.[{}]", open.pop().unwrap(), shapes[*x]),
                Form::Call { callee, opened, arguments } => {
                    let argument = |a: &Argument<'_>| match a.keyword {
                        Some((keyword, _)) => format!("{keyword}={}", shapes[a.value]),
                        None => shapes[a.value].clone(),
                    };
                    let arguments = arguments.iter().map(argument).collect::<Vec<_>>().join(", ");
                    let subject = if *opened { open.pop().unwrap() + "." } else { String::new() };
                    format!("{subject}{}({arguments})", callee.text)
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
            ("macd().5", "expected the name of an output or a shift, found `5`", 7..8),
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
        assert_eq!(parse(&sum, &limits).unwrap()[0].ast.nodes.len(), 50_000 * 5 - 1);
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

//! Text to tokens.

use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited, not, opt, repeat};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{literal, one_of, take_till, take_while};

use super::ast::Word;
use super::op::BinaryOp;
use super::span::Span;
use crate::error::{Error, Kind};

/// A word of the language and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    /// As it was written, a text with its quotes.
    pub(crate) text: &'t str,
    pub(crate) span: Span,
    /// Whether it is the first of its line.
    pub(crate) first: bool,
}

impl<'t> Token<'t> {
    /// The word it is, a text without its quotes.
    pub(crate) fn word(&self) -> Word<'t> {
        let quoted = self.kind == TokenKind::Text;
        let text = if quoted { &self.text[1..self.text.len() - 1] } else { self.text };
        Word { text, quoted, span: self.span }
    }
}

/// What kind of word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Number,
    Text,
    Name,
    /// A word that begins with a digit and is no number: `1h`, `24h_ago`.
    Digits,
    True,
    False,
    Not,
    /// An operator with two sides; the minus may also stand before a value.
    Op(BinaryOp),
    Assign,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Comma,
    Dot,
    Semicolon,
}

type Input<'t> = LocatingSlice<&'t str>;
type Result<O> = winnow::Result<O, winnow::error::EmptyError>;

/// Splits a text into tokens, without white space and comments.
pub(crate) fn tokens(text: &str) -> std::result::Result<Vec<Token<'_>>, Error> {
    let mut input = LocatingSlice::new(text);
    let mut tokens = Vec::new();
    loop {
        let first = blank(&mut input) || tokens.is_empty();
        if input.is_empty() {
            return Ok(tokens);
        }
        let start = input.current_token_start();
        let Ok(((kind, text), span)) = token.with_taken().with_span().parse_next(&mut input) else {
            return Err(unreadable(&text[start..], start));
        };
        tokens.push(Token { kind, text, span: span.into(), first });
    }
}

/// Passes over white space and over comments, which run from `#` to the end of their line. Says whether a line ended.
fn blank(input: &mut Input<'_>) -> bool {
    let mut line_ended = false;
    loop {
        let rest = input.trim_start();
        let space = input.len() - rest.len();
        let comment = if rest.starts_with('#') { rest.find('\n').unwrap_or(rest.len()) } else { 0 };
        line_ended |= input.next_slice(space).contains('\n');
        input.next_slice(comment);
        if space + comment == 0 {
            return line_ended;
        }
    }
}

/// What is wrong with a text that begins with no token.
fn unreadable(rest: &str, start: usize) -> Error {
    let first = rest.chars().next().unwrap_or_default();
    let (message, help) = match first {
        '"' | '\'' => ("text is not closed on its line", "end it with the quote it began with"),
        '&' => ("unexpected `&`", "write `and`"),
        '|' => ("unexpected `|`", "write `or`"),
        '!' => ("unexpected `!`", "write `not`"),
        '^' => ("unexpected `^`", "write `**` for a power"),
        ':' => ("unexpected `:`", "a name with a vendor is written `vendor::name`"),
        _ => {
            let message = format!("unexpected character `{}`", first.escape_debug());
            return Error::new(Kind::Syntax, message).at(start..start + first.len_utf8());
        }
    };
    Error::new(Kind::Syntax, message).at(start..start + 1).with_help(help)
}

fn token(input: &mut Input<'_>) -> Result<TokenKind> {
    alt((number, text, word, digits_word, symbol)).parse_next(input)
}

/// Digits with single underscores between them.
fn digits<'t>(input: &mut Input<'t>) -> Result<&'t str> {
    (digit1, repeat::<_, _, (), _, _>(0.., ('_', digit1))).take().parse_next(input)
}

/// `12`, `0.5`, `1e6`, `1_000`, with no letter right after it.
fn number(input: &mut Input<'_>) -> Result<TokenKind> {
    let fraction = ('.', digits);
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let end = not(one_of(is_name_part));
    (digits, opt(fraction), opt(exponent), end).value(TokenKind::Number).parse_next(input)
}

/// Text in single or double quotes, without line ends, other control characters and escapes.
fn text(input: &mut Input<'_>) -> Result<TokenKind> {
    let double = delimited('"', take_till(0.., ('"', char::is_control)), '"');
    let single = delimited('\'', take_till(0.., ('\'', char::is_control)), '\'');
    alt((double, single)).value(TokenKind::Text).parse_next(input)
}

/// A name, `vendor::name`, or a word of the language.
fn word(input: &mut Input<'_>) -> Result<TokenKind> {
    let word = (repeat::<_, _, (), _, _>(0.., (identifier, "::")), identifier).take().parse_next(input)?;
    Ok(match word {
        "true" => TokenKind::True,
        "false" => TokenKind::False,
        "not" => TokenKind::Not,
        "and" => TokenKind::Op(BinaryOp::And),
        "or" => TokenKind::Op(BinaryOp::Or),
        _ => TokenKind::Name,
    })
}

/// A word that begins with a digit.
fn digits_word(input: &mut Input<'_>) -> Result<TokenKind> {
    (one_of('0'..='9'), take_while(0.., is_name_part)).value(TokenKind::Digits).parse_next(input)
}

fn identifier<'t>(input: &mut Input<'t>) -> Result<&'t str> {
    (one_of(is_name_start), take_while(0.., is_name_part)).take().parse_next(input)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Longer symbols come before those they begin with.
const SYMBOLS: [(&str, TokenKind); 20] = [
    ("**", TokenKind::Op(BinaryOp::Pow)),
    ("<=", TokenKind::Op(BinaryOp::Le)),
    (">=", TokenKind::Op(BinaryOp::Ge)),
    ("==", TokenKind::Op(BinaryOp::Eq)),
    ("!=", TokenKind::Op(BinaryOp::Ne)),
    ("+", TokenKind::Op(BinaryOp::Add)),
    ("-", TokenKind::Op(BinaryOp::Sub)),
    ("*", TokenKind::Op(BinaryOp::Mul)),
    ("/", TokenKind::Op(BinaryOp::Div)),
    ("%", TokenKind::Op(BinaryOp::Rem)),
    ("<", TokenKind::Op(BinaryOp::Lt)),
    (">", TokenKind::Op(BinaryOp::Gt)),
    ("=", TokenKind::Assign),
    ("(", TokenKind::LeftParen),
    (")", TokenKind::RightParen),
    ("[", TokenKind::LeftBracket),
    ("]", TokenKind::RightBracket),
    (",", TokenKind::Comma),
    (".", TokenKind::Dot),
    (";", TokenKind::Semicolon),
];

fn symbol(input: &mut Input<'_>) -> Result<TokenKind> {
    for (text, kind) in SYMBOLS {
        if opt(literal(text)).parse_next(input)?.is_some() {
            return Ok(kind);
        }
    }
    Err(winnow::error::EmptyError)
}

/// Whether a text is one name.
pub(crate) fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|&first| is_name_start(first.into()))
        && bytes.iter().all(|&part| is_name_part(part.into()))
        && !matches!(text, "true" | "false" | "not" | "and" | "or")
}

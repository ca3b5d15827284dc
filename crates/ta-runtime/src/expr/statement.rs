//! A text as statements: where each ends, and what stands before its expression.
//!
//! ```text
//! text      = [ statement ] { ( ";" | line end ) [ statement ] }
//! statement = [ "let" name "=" | name "=" | quoted text "=" ] expression
//! ```

use super::ast::{Head, Word};
use super::token::{Token, TokenKind};
use crate::error::{Error, Kind};

/// Cuts tokens into those of each statement; none is empty.
pub(super) fn split<'s, 't>(tokens: &'s [Token<'t>]) -> Vec<&'s [Token<'t>]> {
    let mut statements = Vec::new();
    let (mut start, mut brackets) = (0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Semicolon => {
                statements.push(&tokens[start..at]);
                (start, brackets) = (at + 1, 0);
                continue;
            }
            _ if token.first && brackets == 0 && at > start && ends(&tokens[at - 1]) && begins(token) => {
                statements.push(&tokens[start..at]);
                start = at;
            }
            _ => {}
        }
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => brackets += 1,
            TokenKind::RightParen | TokenKind::RightBracket => brackets = brackets.saturating_sub(1),
            _ => {}
        }
    }
    statements.push(&tokens[start..]);
    statements.retain(|statement| !statement.is_empty());
    statements
}

/// Whether a statement can end with this token.
fn ends(token: &Token<'_>) -> bool {
    !matches!(
        token.kind,
        TokenKind::Op(_) | TokenKind::Not | TokenKind::Assign | TokenKind::Comma | TokenKind::Dot
    )
}

/// Whether a token at the start of a line begins a statement when the one before can be over.
fn begins(token: &Token<'_>) -> bool {
    !matches!(
        token.kind,
        TokenKind::Op(_)
            | TokenKind::Assign
            | TokenKind::Dot
            | TokenKind::RightParen
            | TokenKind::RightBracket
    )
}

/// Takes what stands before the expression off the tokens of a statement.
pub(super) fn head<'t>(tokens: &mut &[Token<'t>]) -> Result<Head<'t>, Error> {
    let kinds = |at: usize| tokens.get(at).map(|token| token.kind);
    match (kinds(0), kinds(1), kinds(2)) {
        (Some(TokenKind::Name), Some(TokenKind::Name), assign) if tokens[0].text == "let" => {
            let name = tokens[1];
            if assign != Some(TokenKind::Assign) {
                let end = tokens.get(2).map_or(name.span.end..name.span.end, |token| token.span.into());
                let message = format!("expected `=` after `let {}`", name.text);
                return Err(Error::new(Kind::Syntax, message).at(end));
            }
            *tokens = &tokens[3..];
            Ok(Head::Binding(Word { text: name.text, quoted: false, span: name.span }))
        }
        (Some(TokenKind::Name), next, _)
            if tokens[0].text == "let"
                && !matches!(next, Some(TokenKind::Dot | TokenKind::Op(_) | TokenKind::LeftParen)) =>
        {
            let at = tokens.get(1).unwrap_or(&tokens[0]).span;
            Err(Error::new(Kind::Syntax, "expected a name after `let`")
                .at(at)
                .with_help("a value is named by `let fast = close`"))
        }
        (Some(TokenKind::Name | TokenKind::Text), Some(TokenKind::Assign), _) => {
            let name = tokens[0].word();
            *tokens = &tokens[2..];
            Ok(Head::Output(name))
        }
        _ => Ok(Head::Bare),
    }
}

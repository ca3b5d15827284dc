//! A mistake in an expression, as data.

use std::ops::Range;

use serde::Serialize;

use crate::Error;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of check failed; see [`Error::kind`].
    pub kind: &'static str,
    /// What went wrong.
    pub message: String,
    /// What would be accepted, when there is something to say.
    pub help: Option<String>,
    /// Which of the texts given this is about, counted from nought.
    pub expression: Option<usize>,
    /// The name of the output, when it has one.
    pub name: Option<String>,
    /// The part of that text to underline.
    pub span: Option<Place>,
}

/// A part of a text.
///
/// `start` and `end` count bytes from nought; lines and columns count lines and characters from one, and the end is the place after the
/// last character, all as editors have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Place {
    pub start: usize,
    pub end: usize,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl Place {
    /// The place of some bytes of a text; those beyond its end and inside a character count as before it.
    pub fn new(text: &str, bytes: Range<usize>) -> Self {
        let (line, column) = line_and_column(text, bytes.start);
        let (end_line, end_column) = line_and_column(text, bytes.end);
        Self { start: bytes.start, end: bytes.end, line, column, end_line, end_column }
    }
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            message: error.message().to_owned(),
            help: error.help().map(str::to_owned),
            expression: error.expression(),
            name: error.expression_name().map(str::to_owned),
            span: error.text().zip(error.span()).map(|(text, span)| Place::new(text, span)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let place = |text: &str, bytes: Range<usize>| {
            let Place { line, column, end_line, end_column, .. } = Place::new(text, bytes);
            ((line, column), (end_line, end_column))
        };
        assert_eq!(place("clos > 1", 0..4), ((1, 1), (1, 5)));
        assert_eq!(place("ö >\n  clos", 7..11), ((2, 3), (2, 7)));
        assert_eq!(place("a\nb", 0..3), ((1, 1), (2, 2)));
        assert_eq!(place("ö", 1..9), ((1, 1), (1, 2)));
        assert_eq!(place("", 0..0), ((1, 1), (1, 1)));
    }
}

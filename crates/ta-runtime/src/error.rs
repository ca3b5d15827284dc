//! What can be refused, and how it is said.
//!
//! There is one opaque [`Error`] for the crate. It answers the few questions a caller really asks (was it the text, a
//! name, a type, a limit, the data, a snapshot, the store?) and knows where in the text or in the data it happened.

use std::fmt;
use std::ops::Range;

use crate::dataset::Location;

/// Why something was refused: a message, often a hint, and the place in the text or in the data.
///
/// The message is lower case without a full stop; [`Display`](fmt::Display) adds the hint in parentheses, and in front the
/// name of the expression or the place in the data.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    message: String,
    help: Option<String>,
    place: Option<Range<usize>>,
    expression: Option<Expression>,
    location: Option<Location>,
}

/// The expression an error was found in.
#[derive(Clone)]
struct Expression {
    index: usize,
    name: Option<String>,
    text: String,
}

/// What kind of check failed. Private, so that kinds can be split and added freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The text is not an expression.
    Syntax,
    /// A field, kernel, output or argument name that does not exist.
    UnknownName,
    /// A call whose arguments do not fit its kernel.
    Argument,
    /// A bool where a number is needed, or the reverse; several values where one is needed.
    Type,
    /// A bound on size or depth.
    Limit,
    /// Something that exists, but not for the chosen scalar.
    Unsupported,
    /// Data that cannot be what they say they are.
    Data,
    /// A missing value where the plan refuses them.
    Missing,
    /// A bar at or before the one already taken in.
    Stale,
    /// Bytes that are no snapshot of this plan.
    Snapshot,
    /// A source that could not be read, or a place that could not be written to.
    Io,
    /// A dataset that there never was.
    UnknownDataset,
    /// A dataset that is there no more.
    DroppedDataset,
    /// An event that does not follow the one stored last.
    Gap,
    /// Stored bytes that are not the ones that were saved.
    Damaged,
    /// A store that another program has open.
    InUse,
    /// No room to store more.
    Full,
    /// Something else than a store, or one of another layout.
    Store,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: printable(message.into()),
            help: None,
            place: None,
            expression: None,
            location: None,
        }))
    }

    /// Adds what would be accepted.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(printable(help.into()));
        self
    }

    /// Adds what would be accepted, when there is anything to say.
    pub(crate) fn with_help_if(mut self, help: Option<String>) -> Self {
        self.0.help = help.map(printable).or(self.0.help);
        self
    }

    /// Puts what the error is about in front, for text the caller did not write: its place there means nothing to them.
    pub(crate) fn about(self, what: &str) -> Self {
        Self::new(self.0.kind, format!("{what}: {self}"))
    }

    /// Adds the bytes of the text this is about.
    pub(crate) fn at(mut self, span: impl Into<Range<usize>>) -> Self {
        self.0.place = Some(span.into());
        self
    }

    /// Adds which expression of several this is about.
    pub(crate) fn in_expression(mut self, index: usize, name: Option<&str>, text: &str) -> Self {
        self.0.expression = Some(Expression { index, name: name.map(str::to_owned), text: text.to_owned() });
        self
    }

    /// Adds where in the data this is about.
    pub(crate) fn in_data(mut self, location: Location) -> Self {
        self.0.location = Some(location);
        self
    }

    /// Whether the text could not be read as an expression.
    pub fn is_syntax(&self) -> bool {
        self.0.kind == Kind::Syntax
    }

    /// Whether a field, kernel, output or argument name does not exist.
    pub fn is_unknown_name(&self) -> bool {
        self.0.kind == Kind::UnknownName
    }

    /// Whether the arguments of a call do not fit its kernel.
    pub fn is_argument(&self) -> bool {
        self.0.kind == Kind::Argument
    }

    /// Whether a value has the wrong type: a bool for a number, several outputs for one value, and so on.
    pub fn is_type(&self) -> bool {
        self.0.kind == Kind::Type
    }

    /// Whether a bound on size or depth was passed.
    pub fn is_limit(&self) -> bool {
        self.0.kind == Kind::Limit
    }

    /// Whether something exists, but not for the scalar that was asked for.
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == Kind::Unsupported
    }

    /// Whether data were refused: columns that do not fit together, times that do not increase, a number that is none.
    pub fn is_data(&self) -> bool {
        self.0.kind == Kind::Data
    }

    /// Whether a missing value was refused, as the plan's policy asks.
    pub fn is_missing(&self) -> bool {
        self.0.kind == Kind::Missing
    }

    /// Whether a bar was at or before the one already taken in.
    pub fn is_stale(&self) -> bool {
        self.0.kind == Kind::Stale
    }

    /// Whether bytes were refused as a snapshot.
    pub fn is_snapshot(&self) -> bool {
        self.0.kind == Kind::Snapshot
    }

    /// Whether a source could not be read at all, or a place not be written to.
    pub fn is_io(&self) -> bool {
        self.0.kind == Kind::Io
    }

    /// Whether there never was a dataset of this number.
    pub fn is_unknown_dataset(&self) -> bool {
        self.0.kind == Kind::UnknownDataset
    }

    /// Whether a dataset was dropped before.
    pub fn is_dropped_dataset(&self) -> bool {
        self.0.kind == Kind::DroppedDataset
    }

    /// Whether an event was refused because one before it is not stored: send again from where the message says.
    pub fn is_gap(&self) -> bool {
        self.0.kind == Kind::Gap
    }

    /// Whether stored bytes are not the ones that were saved: a backup is needed, or the history once more.
    pub fn is_damaged(&self) -> bool {
        self.0.kind == Kind::Damaged
    }

    /// Whether another program has the store open: it may be free later.
    pub fn is_in_use(&self) -> bool {
        self.0.kind == Kind::InUse
    }

    /// Whether there was no room to store more. Nothing was changed; the same call can be repeated.
    pub fn is_full(&self) -> bool {
        self.0.kind == Kind::Full
    }

    /// Whether something was refused as a store: it is none, or one of another layout.
    pub fn is_store(&self) -> bool {
        self.0.kind == Kind::Store
    }

    /// What kind of check failed, in a word that stays the same: `syntax`, `unknown_name`, `argument`, `type`, `limit`, `unsupported`,
    /// `data`, `missing`, `stale`, `snapshot`, `io`, `unknown_dataset`, `dropped_dataset`, `gap`, `damaged`, `in_use`, `full` or `store`.
    pub fn kind(&self) -> &'static str {
        match self.0.kind {
            Kind::Syntax => "syntax",
            Kind::UnknownName => "unknown_name",
            Kind::Argument => "argument",
            Kind::Type => "type",
            Kind::Limit => "limit",
            Kind::Unsupported => "unsupported",
            Kind::Data => "data",
            Kind::Missing => "missing",
            Kind::Stale => "stale",
            Kind::Snapshot => "snapshot",
            Kind::Io => "io",
            Kind::UnknownDataset => "unknown_dataset",
            Kind::DroppedDataset => "dropped_dataset",
            Kind::Gap => "gap",
            Kind::Damaged => "damaged",
            Kind::InUse => "in_use",
            Kind::Full => "full",
            Kind::Store => "store",
        }
    }

    /// What went wrong, without the hint, the name of the expression and the place in the data.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What would be accepted, when there is something to say.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The bytes of the expression's text this is about.
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.place.clone()
    }

    /// Where in the data it happened.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// Which of the expressions given this is about, counted from nought.
    pub fn expression(&self) -> Option<usize> {
        self.0.expression.as_ref().map(|e| e.index)
    }

    /// The text of that expression, in which the [`span`](Self::span) lies.
    pub fn text(&self) -> Option<&str> {
        self.0.expression.as_ref().map(|e| e.text.as_str())
    }

    /// The name given to that expression, if it had one.
    pub fn expression_name(&self) -> Option<&str> {
        self.0.expression.as_ref()?.name.as_deref()
    }

    /// The line of the expression with the place underlined, to print below the message on a terminal.
    ///
    /// ```text
    /// sma(clos, 20)
    ///     ^^^^
    /// ```
    pub fn excerpt(&self) -> Option<String> {
        let text = &self.0.expression.as_ref()?.text;
        let span = self.0.place.as_ref()?;
        let start = text.floor_char_boundary(span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        let end = text.ceil_char_boundary(span.end).min(line_start + line.len());
        let indent = text[line_start..start].chars().count();
        let marks = text.get(start..end).map_or(1, |marked| marked.chars().count().max(1));
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(format!("{line}\n{:indent$}{:^<marks$}", "", ""))
    }
}

/// The text with its control characters written out: what is quoted from outside neither ends a line nor moves a cursor.
pub(crate) fn printable(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut printable = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() {
            printable.extend(c.escape_debug());
        } else {
            printable.push(c);
        }
    }
    printable
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.expression_name() {
            write!(f, "in `{}`: ", printable(name.to_owned()))?;
        }
        if let Some(location) = &self.0.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.0.message)?;
        match &self.0.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field("span", &self.0.place)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_from_outside_are_written_out() {
        let error = Error::new(Kind::Data, "no `a\x07\né`")
            .with_help("close: `a\x1b`")
            .in_data(Location::default().column("b\r"))
            .in_expression(0, Some("c\t"), "c");
        assert_eq!(error.to_string(), r"in `c\t`: column `b\r`: no `a\u{7}\né` (close: `a\u{1b}`)");
        assert_eq!((error.message(), error.help()), (r"no `a\u{7}\né`", Some(r"close: `a\u{1b}`")));
    }

    #[test]
    fn the_excerpt_underlines_the_place_in_its_line() {
        let excerpt = |text: &str, span: Range<usize>| {
            Error::new(Kind::Syntax, "x").at(span).in_expression(0, None, text).excerpt().unwrap()
        };
        assert_eq!(excerpt("sma(clos, 20)", 4..8), "sma(clos, 20)\n    ^^^^");
        assert_eq!(excerpt("a +\n\tößc d\n+ e", 11..12), " ößc d\n     ^");
        assert_eq!(excerpt("a +", 3..3), "a +\n   ^");
        assert_eq!(excerpt("(a +\nb", 0..7), "(a +\n^^^^");
        assert_eq!(excerpt("", 0..0), "\n^");
    }
}

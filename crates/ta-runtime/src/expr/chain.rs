//! Words joined by dots: the path they begin with, and what follows a value after a dot.
//!
//! A path names an exchange and a symbol, a timeframe and a source, in this order and each only where it differs from where the
//! path stands. After it come a field, an aggregate, a filter, the call of a kernel, or an expression in brackets.

use super::aggregate::Of;
use super::ast::{Argument, Ast, AstId, Subject, Word};
use super::check::{Checker, PlaceId, Value};
use super::op::{AggregateFn, BinaryOp};
use super::place::{Path, Source};
use super::scope;
use super::script::{ExprOp, NodeId, Reach};
use super::span::Span;
use super::words::{Shift, listed, timeframe};
use crate::dataset::{SourceRef, Timeframe};
use crate::error::{Error, Kind};

/// What stands before the dot of a call or a group that is being read.
#[derive(Debug)]
pub(super) struct Opened {
    what: Target,
    /// The place around it.
    outside: SourceRef,
}

/// What is made of the arguments.
#[derive(Debug, Clone)]
enum Target {
    /// A kernel, `if` or an expression in brackets, in the place of a path.
    Placed,
    /// The rows of a path, or of a filter before, to pick from.
    Filter(Of),
    Aggregate(AggregateFn, Of),
    /// `within` or `downsample` of a value.
    Method(NodeId, Option<PlaceId>, Span),
}

/// The words of a path.
struct Prefix {
    path: Path,
    /// How many words it has.
    length: usize,
    span: Span,
}

/// What follows words.
#[derive(Clone, Copy)]
enum After<'t> {
    /// Nothing, so that the last word is a value's.
    Nothing,
    Call(Word<'t>),
    /// An expression in brackets.
    Group,
}

/// What stands before the dot of a call or a group.
enum Start {
    /// A path and nothing else.
    Path(Rows),
    Value(NodeId, Option<PlaceId>),
    Filter(Of),
}

/// The rows a path leads to.
struct Rows {
    place: SourceRef,
    /// The timeframe before a source without bars.
    window: Option<Timeframe>,
    /// Whether the path names its source.
    named: bool,
    span: Span,
}

/// The names of the calls that follow a value.
pub(super) const METHODS: [&str; 2] = ["within", "downsample"];

impl<'t> Checker<'_, 't> {
    /// Words that no bracket follows.
    pub(super) fn words(&mut self, words: &[Word<'t>]) -> Result<Value<'t>, Error> {
        if let [word] = words {
            return Ok(if word.quoted { Value::Text(word.text) } else { Value::Word(word.text) });
        }
        let prefix = self.prefix(words, After::Nothing);
        if prefix.length == 0 {
            let id = self.named(words[0].text, words[0].span)?;
            let (id, leads) = self.members((id, None), words[0].span, &words[1..])?;
            return Ok(Value::Node(id, leads));
        }
        let (id, leads) = self.value_of(prefix, words)?;
        Ok(Value::Node(id, leads))
    }

    /// The value that words name, of which the first ones are a path.
    fn value_of(&mut self, prefix: Prefix, words: &[Word<'t>]) -> Result<(NodeId, Option<PlaceId>), Error> {
        let length = prefix.length;
        let rows = self.rows(prefix);
        let Some((word, rest)) = words[length..].split_first() else {
            let error = Error::new(Kind::Syntax, "path without a value").at(rows.span);
            return Err(error.with_help("after it comes a field, an aggregate or a call, as in `1h.close`"));
        };
        let span = words[0].span.to(word.span);
        if word.quoted || !self.scope.is_field(&rows.place, word.text) {
            if let (Some(function), true) = (AggregateFn::named(word.text), rows.named && !word.quoted) {
                let id = self.aggregate_without_arguments(function, rows.into(), *word, span)?;
                return self.members((id, None), span, rest);
            }
            return Err(self.no_value_of(&rows, *word));
        }
        Self::no_window(&rows)?;
        let id = self.field(rows.place.clone(), word.text, word.span)?;
        let leads = self.leading_to(rows.place);
        self.members((id, Some(leads)), span, rest)
    }

    /// The path that words begin with. When a call or a group follows, all of them may belong to it.
    fn prefix(&self, words: &[Word<'t>], after: After<'t>) -> Prefix {
        let is_field = |word: &Word<'_>| !word.quoted && self.scope.is_field(&self.place, word.text);
        let mut path = Path::default();
        let mut at = 0;
        let (open, callee) = match after {
            After::Nothing => (false, None),
            After::Call(callee) => (true, Some(callee)),
            After::Group => (true, None),
        };
        // Names, unless what follows can only follow a value.
        let mut names = Vec::new();
        while at + usize::from(!open) < words.len() && names.len() < 2 {
            let word = &words[at];
            if !word.quoted {
                let bound = at == 0 && self.bindings.contains_key(word.text);
                if bound || is_field(word) || self.source(word).is_some() || timeframe(word.text).is_some() {
                    break;
                }
                let next = words.get(at + 1).copied().or(callee);
                let method = at + 1 == words.len();
                if next.is_some_and(|next| !is_field(&next) && self.follows_values(next, method)) {
                    break;
                }
            }
            names.push(word.text);
            at += 1;
        }
        (path.exchange, path.symbol) = match names[..] {
            [exchange, symbol] => (Some(exchange.into()), Some(symbol.into())),
            [symbol] => (None, Some(symbol.into())),
            _ => (None, None),
        };
        let value = |at: usize| at == 0 && words.first().is_some_and(|word| self.is_value(word));
        if let Some(word) = words.get(at).filter(|word| !word.quoted && !value(at)) {
            path.timeframe = timeframe(word.text);
            at += usize::from(path.timeframe.is_some());
        }
        if let Some(word) =
            words.get(at).filter(|word| !value(at) && (open || at + 1 < words.len() || !is_field(word)))
        {
            path.source = self.source(word);
            at += usize::from(path.source.is_some());
        }
        let span = words[0].span.to(words[at.saturating_sub(1)].span);
        Prefix { path, length: at, span }
    }

    /// Whether a first word is a binding or a field.
    fn is_value(&self, word: &Word<'_>) -> bool {
        !word.quoted && self.is_named(word.text)
    }

    /// The source a word names.
    fn source(&self, word: &Word<'_>) -> Option<Source> {
        if word.quoted {
            None
        } else if word.text == self.scope.schema.name {
            Some(Source::Own)
        } else {
            scope::linked(word.text).map(Source::Other)
        }
    }

    /// Whether a word can follow nothing but a value.
    fn follows_values(&self, word: Word<'_>, method: bool) -> bool {
        let is_method = method && METHODS.contains(&word.text) && self.scope.registry.get(word.text).is_err();
        !word.quoted && (is_method || word.text == "fresh" || Shift::read(word.text).is_some())
    }

    /// Where a path leads.
    fn rows(&self, prefix: Prefix) -> Rows {
        let Prefix { mut path, span, .. } = prefix;
        let mut place = path.place(&self.place, self.scope.schema);
        let mut window = None;
        if !self.scope.schema_at(&place).bars {
            window = path.timeframe.take();
            place = path.place(&self.place, self.scope.schema);
        }
        Rows { place, window, named: path.source.is_some(), span }
    }

    /// Remembers where a value leads.
    pub(super) fn leading_to(&mut self, place: SourceRef) -> PlaceId {
        self.places.push(place);
        self.places.len() - 1
    }

    /// Refuses a timeframe before a source without bars, unless it is the window of an aggregate.
    fn no_window(rows: &Rows) -> Result<(), Error> {
        let Some(window) = rows.window else { return Ok(()) };
        let message = format!("timeframe `{window}` before a source without bars");
        let error = Error::new(Kind::Type, message).at(rows.span);
        Err(error.with_help(format!(
            "there it is the window of an aggregate, as in `{window}.trades.count`; bars are named `{window}.ohlcv`"
        )))
    }

    /// The error for a word after a path that is no field.
    fn no_value_of(&self, rows: &Rows, word: Word<'t>) -> Error {
        let late = timeframe(word.text).is_some() || self.source(&word).is_some();
        if word.quoted || late {
            let error = Error::new(Kind::Syntax, format!("`{}` comes too late in its path", word.text));
            return error
                .at(word.span)
                .with_help("a path is `exchange.symbol.timeframe.source`, in this order");
        }
        self.scope.unknown_field(&rows.place, word.text).at(word.span)
    }

    /// A value and the words after it.
    fn members(
        &mut self,
        (mut id, mut leads): (NodeId, Option<PlaceId>),
        mut span: Span,
        words: &[Word<'t>],
    ) -> Result<(NodeId, Option<PlaceId>), Error> {
        for word in words {
            let whole = span.to(word.span);
            (id, leads) = self.follow((id, leads), *word, (span, whole))?;
            span = whole;
        }
        Ok((id, leads))
    }

    /// A word after the dot of something that is not a word.
    pub(super) fn member(
        &mut self,
        ast: &Ast<'t>,
        base: AstId,
        word: Word<'t>,
        span: Span,
    ) -> Result<Value<'t>, Error> {
        if let Value::Filter(filter) = self.written(base) {
            let function = Self::aggregate_named(word)?;
            let of = self.filters[filter].of();
            return Ok(Value::Node(self.aggregate_without_arguments(function, of, word, span)?, None));
        }
        let id = self.series(ast, base)?;
        let leads = self.leads(base);
        let (id, leads) = self.follow((id, leads), word, (ast.nodes[base].span, span))?;
        Ok(Value::Node(id, leads))
    }

    /// A word after a value: one of its outputs, `fresh`, or a shift.
    fn follow(
        &mut self,
        (id, leads): (NodeId, Option<PlaceId>),
        word: Word<'t>,
        (base, span): (Span, Span),
    ) -> Result<(NodeId, Option<PlaceId>), Error> {
        let outputs = self.graph.def(id).map(|def| (def.spec.id, def.spec.outputs));
        if let Some(index) =
            outputs.and_then(|(_, outputs)| outputs.iter().position(|output| output.name == word.text))
        {
            return Ok((self.add(ExprOp::Output(id, index), &[base], span)?, leads));
        }
        if word.text == "fresh" {
            return Ok((self.add(ExprOp::Within(id, None), &[base], span)?, None));
        }
        if let Some((shift, reach)) = Shift::read(word.text) {
            return Ok((self.shift((id, leads), shift, reach, (base, span))?, leads));
        }
        if let Some((kernel, outputs)) = outputs {
            let message = format!("`{kernel}` has no output `{}`", word.text);
            let error = Error::new(Kind::UnknownName, message).at(word.span);
            return Err(error.with_help(format!("outputs: {}", listed(outputs.iter().map(|o| o.name)))));
        }
        let shift = word.text.ends_with("_ago")
            || word.text.starts_with("change")
            || word.text.starts_with("roc")
            || word.text.starts_with(|c: char| c.is_ascii_digit());
        let (message, help) = if shift {
            (
                format!("`.{}` is no shift", word.text),
                "shifts are `.5_ago`, `.24h_ago`, `.change_24h`, `.change_pct_24h`, `.roc_24`",
            )
        } else {
            (
                format!("`.{}` follows something that has no outputs", word.text),
                "only the call of a kernel has outputs",
            )
        };
        Err(Error::new(Kind::Type, message).at(word.span).with_help(help))
    }

    /// `x.24h_ago`, or what the words for changes stand for: `x - x.24h_ago` and `(x / x.24h_ago - 1) * 100`.
    fn shift(
        &mut self,
        (id, leads): (NodeId, Option<PlaceId>),
        shift: Shift,
        reach: Reach,
        (base, span): (Span, Span),
    ) -> Result<NodeId, Error> {
        let before = self.ago(id, reach, (leads, base), span)?;
        if shift == Shift::Ago {
            return Ok(before);
        }
        let place = self.place_of(leads);
        let mut add = |op| self.add_at(op, place.clone(), &[base, base], span);
        if shift == Shift::Change {
            return add(ExprOp::Binary(BinaryOp::Sub, id, before));
        }
        let ratio = add(ExprOp::Binary(BinaryOp::Div, id, before))?;
        let one = add(ExprOp::Literal("1".into()))?;
        let change = add(ExprOp::Binary(BinaryOp::Sub, ratio, one))?;
        let hundred = add(ExprOp::Literal("100".into()))?;
        add(ExprOp::Binary(BinaryOp::Mul, change, hundred))
    }

    /// Takes in what stands before the dot of a call or a group; what is in the brackets is read in its place.
    pub(super) fn open(
        &mut self,
        ast: &Ast<'t>,
        subject: &Subject<'t>,
        callee: Option<Word<'t>>,
        span: Span,
    ) -> Result<(), Error> {
        let outside = self.place.clone();
        let start = match subject {
            Subject::Words(words) => self.start(words, callee)?,
            Subject::Node(at) => match self.written(*at) {
                Value::Filter(filter) => Start::Filter(self.filters[filter].of()),
                _ => Start::Value(self.series(ast, *at)?, self.leads(*at)),
            },
        };
        let what = match (start, callee) {
            (Start::Filter(of), Some(callee)) if callee.text == "filter" => Target::Filter(of),
            (Start::Filter(of), Some(callee)) => Target::Aggregate(Self::aggregate_named(callee)?, of),
            (Start::Filter(_), None) => return Err(Self::bare_filter(span)),
            (Start::Value(id, leads), Some(callee)) => {
                if !METHODS.contains(&callee.text) {
                    let message = format!("`.{}(...)` does not follow a value", callee.text);
                    let error = Error::new(Kind::Type, message).at(callee.span);
                    return Err(error.with_help(
                        "`within` and `downsample` do; a kernel is called with its inputs in brackets",
                    ));
                }
                Target::Method(id, leads, span)
            }
            (Start::Value(..), None) => {
                let error = Error::new(Kind::Type, "brackets after the dot of a value").at(span);
                return Err(error.with_help("only a path such as `BTCUSDT.1h` has a place for `.(x)`"));
            }
            (Start::Path(rows), Some(callee)) if callee.text == "filter" => Target::Filter(rows.into()),
            (Start::Path(rows), callee) => {
                let aggregate = callee.and_then(|callee| AggregateFn::named(callee.text));
                if let (Some(function), true) = (aggregate, rows.named) {
                    Target::Aggregate(function, rows.into())
                } else {
                    Self::no_window(&rows)?;
                    self.place = rows.place;
                    Target::Placed
                }
            }
        };
        if let Target::Filter(of) | Target::Aggregate(_, of) = &what {
            self.place = of.source.clone();
        }
        self.opened.push(Opened { what, outside });
        Ok(())
    }

    /// What the words before the dot of a call or a group are.
    fn start(&mut self, words: &[Word<'t>], callee: Option<Word<'t>>) -> Result<Start, Error> {
        let prefix = self.prefix(words, callee.map_or(After::Group, After::Call));
        let length = prefix.length;
        if length == 0 {
            let id = self.named(words[0].text, words[0].span)?;
            let (id, leads) = self.members((id, None), words[0].span, &words[1..])?;
            return Ok(Start::Value(id, leads));
        }
        if length == words.len() {
            return Ok(Start::Path(self.rows(prefix)));
        }
        let (id, leads) = self.value_of(prefix, words)?;
        Ok(Start::Value(id, leads))
    }

    /// The expression in brackets after a path.
    pub(super) fn group(&mut self, ast: &Ast<'t>, inner: AstId) -> Result<Value<'t>, Error> {
        let id = self.series(ast, inner)?;
        Ok(Value::Node(id, self.close()))
    }

    /// Goes back to where the last open call or group stands. Gives where its value leads.
    fn close(&mut self) -> Option<PlaceId> {
        let Opened { what, outside } = self.opened.pop()?;
        let inside = std::mem::replace(&mut self.place, outside);
        matches!(what, Target::Placed).then(|| self.leading_to(inside))
    }

    /// A call of any kind. What is in its brackets was read in the place that is still open; its value stands outside of it.
    pub(super) fn any_call(
        &mut self,
        ast: &Ast<'t>,
        callee: Word<'t>,
        opened: bool,
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Result<Value<'t>, Error> {
        let target = self.opened.last().filter(|_| opened).map(|opened| opened.what.clone());
        match target {
            Some(Target::Filter(of)) => {
                let filter = self.filter(ast, of, arguments, span)?;
                self.close();
                Ok(filter)
            }
            Some(Target::Aggregate(function, of)) => {
                let parts = self.aggregate_arguments(ast, function, arguments, span)?;
                self.close();
                Ok(Value::Node(self.aggregate(function, of, parts, span)?, None))
            }
            Some(Target::Method(id, leads, base)) => {
                self.close();
                self.method(ast, ((id, leads), base), callee, arguments, span)
            }
            None if callee.text == "filter" => {
                let of = Of { source: self.place.clone(), condition: None, window: None };
                self.filter(ast, of, arguments, span)
            }
            None | Some(Target::Placed) => {
                let id = match callee.text {
                    "if" => self.choice(ast, arguments, span)?,
                    _ => self.call(ast, (callee.text, callee.span), arguments, span)?,
                };
                Ok(Value::Node(id, if opened { self.close() } else { None }))
            }
        }
    }
}

impl From<Rows> for Of {
    fn from(rows: Rows) -> Self {
        Self { source: rows.place, condition: None, window: rows.window }
    }
}

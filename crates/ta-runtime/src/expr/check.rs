//! Syntax tree to checked script: names are looked up, types must fit.

use std::collections::{HashMap, HashSet};

use super::ast::{Argument, Ast, AstId, AstNode, Form, Head, Statement, Word};
use super::chain::Opened;
use super::graph::{Graph, Site};
use super::parse::{Attempt, parse};
use super::scope::Scope;
use super::script::{ExprOp, NodeId, Reach, Script, ScriptOutput};
use super::span::Span;
use super::words::{RESERVED, reach_of};
use super::{aggregate::Filter, number};
use crate::dataset::SourceRef;
use crate::error::{Error, Kind};

/// More errors are not collected: each holds its text.
pub(crate) const MOST_ERRORS: usize = 100;

/// Checks texts, each one or more statements. Otherwise says something of every statement that is not valid; one that reads a name whose
/// own statement is not valid is not judged.
pub(super) fn script(texts: &[(Option<&str>, &str)], scope: Scope<'_>) -> Result<Script, Vec<Error>> {
    if texts.is_empty() {
        return Err(vec![Error::new(Kind::Argument, "a plan needs at least one expression")]);
    }
    let mut checker = Checker::new(scope);
    let mut outputs = Outputs { list: Vec::new(), columns: 0 };
    let mut errors = Vec::new();
    // Names that would be bound if their statements were valid.
    let mut lost: HashSet<&str> = HashSet::new();
    for (index, &(given, text)) in texts.iter().enumerate() {
        if errors.len() >= MOST_ERRORS {
            break;
        }
        let in_text = |err: Error, own: Option<&str>| err.in_expression(index, given.or(own), text);
        let statements = match parse(text, scope.limits) {
            Ok(statements) => statements,
            Err(err) => {
                errors.push(in_text(err, None));
                continue;
            }
        };
        checker.text = index;
        let (first, well) = (outputs.list.len(), errors.len());
        for Attempt { statement, binds } in statements {
            let (own, excused, checked) = match statement {
                Ok(statement) => {
                    let own = match statement.head {
                        Head::Output(name) => Some(name.text),
                        Head::Bare | Head::Binding(_) => None,
                    };
                    let checked = checker.statement(&statement, (given, text), &mut outputs);
                    (own, checked.is_err() && statement.ast.reads(|name| lost.contains(name)), checked)
                }
                Err(err) => (None, false, Err(err)),
            };
            if let Err(err) = checked {
                lost.extend(binds);
                if !excused && errors.len() < MOST_ERRORS {
                    errors.push(in_text(err, own));
                }
            }
        }
        if let (Some(name), true, true) = (given, first == outputs.list.len(), well == errors.len()) {
            let message = format!("there is no output to be called `{name}`, only bindings");
            errors.push(in_text(Error::new(Kind::Argument, message), None));
        }
    }
    if errors.is_empty() && outputs.list.is_empty() {
        let error = Error::new(Kind::Argument, "there are only bindings and no output");
        errors.push(error.with_help("an expression without `let` is an output"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let bindings = checker.bound.iter().map(|name| ((*name).into(), checker.bindings[name])).collect();
    Ok(Script::new(checker.graph.nodes, bindings, outputs.list, *scope.schema))
}

/// What is asked for so far.
struct Outputs {
    list: Vec<ScriptOutput>,
    columns: usize,
}

/// What a node of the syntax tree turned out to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'t> {
    /// A name, whose meaning depends on where it stands.
    Word(&'t str),
    /// A text in quotes.
    Text(&'t str),
    /// A value, by its node, and where it leads: what follows it after a dot or in brackets is carried out there.
    Node(NodeId, Option<PlaceId>),
    /// Rows picked by a condition.
    Filter(usize),
    /// Not a value: what stands before the dot of a call.
    Open,
}

/// The position of a place in the list of the checker.
pub(super) type PlaceId = usize;

/// A checked script in the making.
pub(super) struct Checker<'a, 't> {
    pub(super) scope: Scope<'a>,
    pub(super) graph: Graph<'a>,
    /// What `let` named.
    pub(super) bindings: HashMap<&'t str, NodeId>,
    /// The names in the order in which they were given.
    bound: Vec<&'t str>,
    /// Where what is being read stands.
    pub(super) place: SourceRef,
    /// The calls and groups around it that have a place of their own.
    pub(super) opened: Vec<Opened>,
    /// Where values of the statement lead.
    pub(super) places: Vec<SourceRef>,
    pub(super) filters: Vec<Filter>,
    /// For each node of the syntax tree so far what it is.
    values: Vec<Value<'t>>,
    /// Which of the given texts is being read.
    text: usize,
}

impl<'a, 't> Checker<'a, 't> {
    fn new(scope: Scope<'a>) -> Self {
        Self {
            scope,
            graph: Graph::new(scope.limits),
            bindings: HashMap::new(),
            bound: Vec::new(),
            place: SourceRef::default(),
            opened: Vec::new(),
            places: Vec::new(),
            filters: Vec::new(),
            values: Vec::new(),
            text: 0,
        }
    }

    fn statement(
        &mut self,
        statement: &Statement<'t>,
        (given, text): (Option<&str>, &str),
        outputs: &mut Outputs,
    ) -> Result<(), Error> {
        if let Head::Binding(name) = statement.head {
            self.may_bind(name)?;
            let root = self.expression(&statement.ast)?;
            self.bindings.insert(name.text, root);
            self.bound.push(name.text);
            return Ok(());
        }
        let span = statement.span;
        let own = match statement.head {
            Head::Output(name) => Some(name),
            Head::Bare | Head::Binding(_) => None,
        };
        if let Some(given) = given {
            let another = outputs.list.last().is_some_and(|last| last.index == self.text);
            if another {
                let message = format!("a second output in the text of the one called `{given}`");
                let error = Error::new(Kind::Argument, message).at(span);
                return Err(error.with_help("name each output where it is written, `name = expression`"));
            }
            if let Some(own) = own {
                let message = format!("output has two names, `{given}` and `{}`", own.text);
                return Err(Error::new(Kind::Argument, message).at(own.span));
            }
        }
        let root = self.expression(&statement.ast)?;
        outputs.columns += self.graph.def(root).map_or(1, |def| def.spec.outputs.len());
        let limit = self.scope.limits.outputs;
        if outputs.columns > limit {
            return Err(Error::new(Kind::Limit, format!("more than {limit} columns")).at(span));
        }
        let name = given.or(own.map(|own| own.text)).map(Into::into);
        // What follows it on its line may be a comment, which is not part of it.
        let text = text[span.start..span.end].into();
        outputs.list.push(ScriptOutput { name, root, text, index: self.text });
        Ok(())
    }

    /// Refuses names of bindings that mean something already.
    fn may_bind(&self, name: Word<'_>) -> Result<(), Error> {
        let taken = if self.scope.is_field(&self.place, name.text) {
            "is a field"
        } else if self.scope.registry.get(name.text).is_ok() {
            "is a kernel"
        } else if self.scope.source(name.text).is_some() {
            "is a source"
        } else if RESERVED.contains(&name.text) {
            "is a word of the language"
        } else if self.bindings.contains_key(name.text) {
            "is bound already"
        } else if name.text.contains("::") {
            "has a vendor"
        } else {
            return Ok(());
        };
        let error = Error::new(Kind::Argument, format!("`{}` {taken}", name.text)).at(name.span);
        Err(error.with_help("bind the value to another name"))
    }

    /// The node of an expression.
    fn expression(&mut self, ast: &Ast<'t>) -> Result<NodeId, Error> {
        self.place = SourceRef::default();
        self.opened.clear();
        self.places.clear();
        self.filters.clear();
        self.values.clear();
        for node in &ast.nodes {
            let value = self.visit(ast, node)?;
            self.values.push(value);
        }
        self.series(ast, ast.nodes.len() - 1)
    }

    fn visit(&mut self, ast: &Ast<'t>, node: &AstNode<'t>) -> Result<Value<'t>, Error> {
        let span = node.span;
        let id = match &node.form {
            Form::Words(words) => return self.words(words),
            Form::Number(written) => {
                let text = number::canonical(written).ok_or_else(|| {
                    let message = format!("number `{written}` is too large or too small");
                    Error::new(Kind::Limit, message)
                        .at(span)
                        .with_help("at most about 1.8e308, at least about 5e-324")
                })?;
                self.add(ExprOp::Literal(text.into()), &[], span)?
            }
            Form::Bool(truth) => self.add(ExprOp::Literal(truth.to_string().into()), &[], span)?,
            Form::Unary(op, x) => {
                let operand = self.series(ast, *x)?;
                self.add(ExprOp::Unary(*op, operand), &[ast.nodes[*x].span], span)?
            }
            Form::Binary(op, a, b) => {
                let operands = [self.series(ast, *a)?, self.series(ast, *b)?];
                let spans = [ast.nodes[*a].span, ast.nodes[*b].span];
                self.add(ExprOp::Binary(*op, operands[0], operands[1]), &spans, span)?
            }
            Form::Bracket(inner) => {
                return Ok(match self.values[*inner] {
                    // What follows the bracket is carried out where the bracket stands.
                    Value::Node(id, _) => Value::Node(id, None),
                    value => value,
                });
            }
            Form::History { base, rows } => return self.history(ast, *base, *rows, span),
            Form::Member { base, word } => return self.member(ast, *base, *word, span),
            Form::Open { subject, callee } => {
                self.open(ast, subject, *callee, span)?;
                return Ok(Value::Open);
            }
            Form::Group(inner) => return self.group(ast, *inner),
            Form::Call { callee, opened, arguments } => {
                return self.any_call(ast, *callee, *opened, arguments, span);
            }
        };
        Ok(Value::Node(id, None))
    }

    /// The node of an operation where it stands.
    pub(super) fn add(&mut self, op: ExprOp, operands: &[Span], span: Span) -> Result<NodeId, Error> {
        let place = self.place.clone();
        self.add_at(op, place, operands, span)
    }

    /// The node of an operation that is carried out at a place.
    pub(super) fn add_at(
        &mut self,
        op: ExprOp,
        place: SourceRef,
        operands: &[Span],
        span: Span,
    ) -> Result<NodeId, Error> {
        self.graph.add(op, Site { place, span, text: self.text }).map_err(|fault| fault.at(operands, span))
    }

    /// The place a value leads to, or the one where it stands.
    pub(super) fn place_of(&self, at: Option<PlaceId>) -> SourceRef {
        at.map_or_else(|| self.place.clone(), |id| self.places[id].clone())
    }

    fn history(&mut self, ast: &Ast<'t>, base: AstId, rows: AstId, span: Span) -> Result<Value<'t>, Error> {
        let base_id = self.series(ast, base)?;
        let leads = self.leads(base);
        let rows_span = ast.nodes[rows].span;
        let Some(count) = self.constant(rows) else {
            let error = Error::new(Kind::Type, "bars of history are not a constant number").at(rows_span);
            return Err(error.with_help("a whole number of bars back, as in `close[1]`"));
        };
        let limit = self.scope.limits.lookback;
        let Ok(bars) = count.parse::<i64>() else {
            let error = Error::new(Kind::Type, format!("`{count}` is not a number of bars")).at(rows_span);
            return Err(error.with_help(format!("a whole number from 1 to {limit}")));
        };
        if bars < 0 {
            let error = Error::new(Kind::Type, format!("history of `{bars}` bars looks into the future"));
            return Err(error.at(rows_span).with_help("`[1]` is the bar before"));
        }
        let reach = Reach::Rows(usize::try_from(bars).unwrap_or(usize::MAX));
        if bars > 0 {
            self.graph.bounded("history", reach).map_err(|err| err.at(rows_span))?;
        }
        let id = self.ago(base_id, reach, (leads, ast.nodes[base].span), span)?;
        Ok(Value::Node(id, leads))
    }

    /// The value so much earlier; for no rows the value itself.
    pub(super) fn ago(
        &mut self,
        base: NodeId,
        reach: Reach,
        (leads, base_span): (Option<PlaceId>, Span),
        span: Span,
    ) -> Result<NodeId, Error> {
        let place = self.place_of(leads);
        // Of no rows at all it is checked as that of one.
        let asked = if reach == Reach::Rows(0) { Reach::Rows(1) } else { reach };
        let id = self.add_at(ExprOp::Ago(base, asked), place, &[base_span], span)?;
        Ok(if asked == reach { id } else { base })
    }

    /// The node of a value; names are bindings or fields here.
    pub(super) fn series(&mut self, ast: &Ast<'t>, at: AstId) -> Result<NodeId, Error> {
        let span = ast.nodes[at].span;
        match self.values[at] {
            Value::Node(id, _) => Ok(id),
            Value::Word(name) => self.named(name, span),
            Value::Text(text) => {
                let error =
                    Error::new(Kind::Type, format!("text `{text}` stands where a value is needed")).at(span);
                Err(error.with_help("only parameters of calls are texts"))
            }
            Value::Filter(_) => Err(Self::bare_filter(span)),
            Value::Open => Err(Error::new(Kind::Syntax, "a value is needed").at(span)),
        }
    }

    /// The node of a lone name: a binding or a field.
    pub(super) fn named(&mut self, name: &str, span: Span) -> Result<NodeId, Error> {
        let field = self.scope.is_field(&self.place, name);
        match self.bindings.get(name) {
            Some(_) if field => {
                let source = self.scope.schema_at(&self.place).name;
                let message = format!("`{name}` is a binding and a field of `{source}`");
                let error = Error::new(Kind::Argument, message).at(span);
                Err(error.with_help("bind the value to another name"))
            }
            Some(&id) => Ok(id),
            None => {
                let place = self.place.clone();
                self.field(place, name, span)
            }
        }
    }

    /// The node that reads a field of a place.
    pub(super) fn field(&mut self, place: SourceRef, name: &str, span: Span) -> Result<NodeId, Error> {
        if !self.scope.is_field(&place, name) {
            return Err(self.scope.unknown_field(&place, name).at(span));
        }
        self.add_at(ExprOp::Field { source: place.clone(), name: name.into() }, place, &[], span)
    }

    /// Whether a lone name is a binding or a field.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.bindings.contains_key(name) || self.scope.is_field(&self.place, name)
    }

    /// What a node of the syntax tree turned out to be; a name that is bound is the value bound to it.
    pub(super) fn value(&self, at: AstId) -> Value<'t> {
        match self.values[at] {
            Value::Word(name) => {
                self.bindings.get(name).map_or(Value::Word(name), |&id| Value::Node(id, None))
            }
            value => value,
        }
    }

    /// The same, a name as it is written.
    pub(super) fn written(&self, at: AstId) -> Value<'t> {
        self.values[at]
    }

    /// Where a value leads.
    pub(super) fn leads(&self, at: AstId) -> Option<PlaceId> {
        match self.values[at] {
            Value::Node(_, leads) => leads,
            _ => None,
        }
    }

    /// What a value comes to when it is a constant with an answer.
    pub(super) fn constant(&self, at: AstId) -> Option<String> {
        match self.value(at) {
            Value::Node(id, _) => self.graph.constant_text(id),
            _ => None,
        }
    }

    /// An argument that is so many rows or so much time.
    pub(super) fn reach(&self, ast: &Ast<'t>, argument: &Argument<'t>, what: &str) -> Result<Reach, Error> {
        let span = ast.nodes[argument.value].span;
        let reach = match self.written(argument.value) {
            Value::Word(word) if reach_of(word).is_some() => reach_of(word),
            _ => self.constant(argument.value).as_deref().and_then(reach_of),
        };
        let reach = match reach {
            None | Some(Reach::Rows(0)) => {
                let error = Error::new(Kind::Type, format!("{what} is neither a number of rows nor a time"));
                return Err(error.at(span).with_help("a whole number such as `20`, or a time such as `1h`"));
            }
            Some(reach) => reach,
        };
        self.graph.bounded(what, reach).map_err(|err| err.at(span))?;
        Ok(reach)
    }
}

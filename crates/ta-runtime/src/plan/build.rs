//! Checked expressions to plan nodes, each made once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind, Timing};

use super::encode::Encoder;
use super::fold::fold;
use super::reach::History;
use super::{Age, Clock, Op, Plan, PlanNode, PlanOptions, PlanOutput, Requirement, Rows, Slot};
use crate::dataset::{Derived, Downsample, SourceRef, SourceSchema};
use crate::error::{Error, Kind};
use crate::exec::MOST_CLOCKS;
use crate::expr::{AggregateFn, ExprNode, ExprOp, MOST_ERRORS, Reach, Scope, Script, ValueKind};

/// Makes a plan of named expressions. Otherwise what is wrong with each of them, which is something at least.
pub(super) fn compile(
    registry: &Registry,
    expressions: &[(Option<&str>, &str)],
    options: &PlanOptions,
) -> Result<Plan, Vec<Error>> {
    if expressions.is_empty() {
        return Err(vec![Error::new(Kind::Argument, "a plan needs at least one expression")]);
    }
    let scope = Scope { registry, schema: options.schema, limits: &options.limits };
    let script = Script::parse_all(expressions, scope)?;
    build(&script, scope, options)
        .map_err(|wrong| wrong.into_iter().take(MOST_ERRORS).map(|wrong| wrong.said(expressions)).collect())
}

/// Makes a plan of a script that was made without texts.
pub(super) fn from_script(script: &Script, scope: Scope<'_>, options: &PlanOptions) -> Result<Plan, Error> {
    build(script, scope, options).map_err(|mut wrong| {
        let Wrong { error, text, name } = wrong.swap_remove(0);
        error.about(&name.map_or_else(|| format!("output {text}"), |name| format!("output `{name}`")))
    })
}

/// What is wrong with the plan of a script.
struct Wrong<'s> {
    error: Error,
    /// The text it is about.
    text: usize,
    /// The name of the output it is about.
    name: Option<&'s str>,
}

impl Wrong<'_> {
    fn said(self, expressions: &[(Option<&str>, &str)]) -> Error {
        self.error.in_expression(self.text, self.name, expressions[self.text].1)
    }
}

/// Makes a plan of a checked script.
fn build<'s>(script: &'s Script, scope: Scope<'_>, options: &PlanOptions) -> Result<Plan, Vec<Wrong<'s>>> {
    let mut builder = Builder::new(scope, options);
    let Lowered { values, refused } = builder.lower(script, &SourceRef::default());
    let mut wrong: Vec<Wrong<'s>> = Vec::new();
    let mut said = HashSet::new();
    for (error, node) in &refused {
        // A bound that is passed is passed by all that follows, too.
        if said.insert((error.message(), node.text)) {
            let output = script.outputs.iter().find(|output| output.index == node.text);
            let name = output.and_then(|output| output.name.as_deref());
            wrong.push(Wrong { error: error.clone().at(node.span), text: node.text, name });
        }
    }
    let mut outputs: Vec<PlanOutput> = Vec::new();
    let mut names = HashSet::new();
    for output in &script.outputs {
        let (text, own) = (output.index, output.name.as_deref());
        let mut refuse = |error| wrong.push(Wrong { error, text, name: own });
        let value = match values[output.root] {
            Ok(value) => value,
            Err(at) => {
                let (error, node) = &refused[at];
                if node.text != text {
                    refuse(error.clone());
                }
                continue;
            }
        };
        match builder.columns(own.unwrap_or(&output.text), &script.nodes[output.root], value) {
            Ok(columns) => outputs.extend(columns.into_iter().filter(|column| {
                let new = names.insert(column.name.clone());
                if !new {
                    let error =
                        Error::new(Kind::Argument, format!("column `{}` is there twice", column.name));
                    refuse(error.with_help("give one of them another name"));
                }
                new
            })),
            Err(error) => refuse(error),
        }
    }
    if wrong.is_empty() { Ok(builder.finish(script, outputs, options)) } else { Err(wrong) }
}

/// A value in the making: its first slot, and the rows it is computed on, unless it is the same in all rows.
#[derive(Debug, Clone, Copy)]
struct Value {
    slot: Slot,
    clock: Option<Clock>,
}

/// What became of the nodes of a script.
struct Lowered<'s> {
    /// The value of each; for one that is refused, and those that read it, the position of the refusal.
    values: Vec<Result<Value, usize>>,
    refused: Vec<(Error, &'s ExprNode)>,
}

/// A plan in the making.
struct Builder<'a> {
    scope: Scope<'a>,
    /// The source of the plan's own rows.
    schema: &'static SourceSchema,
    scalar: ScalarKind,
    nodes: Vec<PlanNode>,
    /// The node that fills each slot.
    filled_by: Vec<usize>,
    clocks: Vec<Rows>,
    /// The first slot of each node, by the bytes that say what it does.
    known: HashMap<Vec<u8>, Slot>,
    /// The values of the derived fields in use.
    derived: HashMap<(Clock, &'static str), Value>,
    /// Per slot how much history it stands for.
    reach: Vec<History>,
    /// Rows that all windows keep.
    memory: usize,
}

impl<'a> Builder<'a> {
    fn new(scope: Scope<'a>, options: &PlanOptions) -> Self {
        Self {
            scope,
            schema: options.schema,
            scalar: options.scalar,
            nodes: Vec::new(),
            filled_by: Vec::new(),
            clocks: vec![Rows::Source(SourceRef::default())],
            known: HashMap::new(),
            derived: HashMap::new(),
            reach: Vec::new(),
            memory: 0,
        }
    }

    /// The columns of one output on the plan's own rows: one, or one per output of a call that is not projected.
    fn columns(&mut self, name: &str, root: &ExprNode, value: Value) -> Result<Vec<PlanOutput>, Error> {
        let kinds: Vec<(String, ValueKind)> = match (&root.op, root.kind) {
            (ExprOp::Call { def, .. }, None) => {
                let outputs = def.spec.outputs.iter();
                outputs.map(|output| (format!("{name}.{}", output.name), output.kind.into())).collect()
            }
            (_, kind) => kind.map(|kind| (name.to_owned(), kind)).into_iter().collect(),
        };
        let column = |(at, (name, kind)): (usize, (String, ValueKind))| {
            let value = Value { slot: value.slot.plus(at), ..value };
            let slot = self.aligned(value, Clock::BASE, Age::Any)?;
            let History { lookback, stabilisation } = self.reach[slot.index()];
            Ok(PlanOutput { name, slot, kind, lookback, stabilisation })
        };
        kinds.into_iter().enumerate().map(column).collect()
    }

    /// Adds the nodes of a script, written for the rows of `base`.
    fn lower<'s>(&mut self, script: &'s Script, base: &SourceRef) -> Lowered<'s> {
        let mut lowered = Lowered { values: Vec::with_capacity(script.nodes.len()), refused: Vec::new() };
        for node in &script.nodes {
            let inputs = node.op.operands().map(|operand| lowered.values[operand]);
            let inputs: Result<Vec<Value>, usize> = inputs.collect();
            let value = inputs.and_then(|inputs| {
                self.place(node, &inputs, base).map_err(|err| {
                    lowered.refused.push((err, node));
                    lowered.refused.len() - 1
                })
            });
            lowered.values.push(value);
        }
        lowered
    }

    fn place(&mut self, node: &ExprNode, inputs: &[Value], base: &SourceRef) -> Result<Value, Error> {
        let kinds = node.kind.as_slice();
        let place = node.place.within(base);
        match &node.op {
            ExprOp::Field { source, name } => {
                let source = source.within(base);
                let schema = source.source.unwrap_or(self.schema);
                let clock = self.clock(Rows::Source(source.clone()))?;
                match schema.derived(name) {
                    Some(derived) if schema.field(name).is_none() => {
                        self.derived(schema, derived, clock, &source)
                    }
                    _ => self.intern(Op::Field { name: name.clone() }, &[], clock, kinds),
                }
            }
            ExprOp::Literal(text) => {
                if self.scalar == ScalarKind::Decimal
                    && node.kind == Some(ValueKind::Number)
                    && Decimal::parse(text).is_none()
                {
                    let error =
                        Error::new(Kind::Unsupported, format!("number `{text}` is beyond an exact decimal"));
                    return Err(error.with_help("up to 28 digits"));
                }
                self.literal(text.clone(), kinds)
            }
            ExprOp::Unary(op, _) => self.pointwise(Op::Unary(*op), inputs, &place, kinds),
            ExprOp::Binary(op, ..) => self.pointwise(Op::Binary(*op), inputs, &place, kinds),
            ExprOp::If(..) => self.pointwise(Op::If, inputs, &place, kinds),
            ExprOp::Ago(_, reach) => {
                let op = match *reach {
                    Reach::Rows(bars) => Op::History { bars },
                    Reach::Time(span) => Op::Ago { span },
                };
                self.pointwise(op, inputs, &place, kinds)
            }
            ExprOp::Within(_, age) => {
                let clock = self.clock(Rows::Source(place))?;
                let age = age.map_or(Age::Fresh, Age::Within);
                Ok(Value { slot: self.aligned(inputs[0], clock, age)?, clock: Some(clock) })
            }
            &ExprOp::Downsample(_, every, rule) => {
                let Some(of) = inputs[0].clock else { return Ok(inputs[0]) };
                let clock = self.clock(Rows::Every { of, every })?;
                self.intern(Op::Downsample { rule }, &[inputs[0].slot], clock, kinds)
            }
            ExprOp::Aggregate { function, condition, value, source, window } => {
                let of = self.clock(Rows::Source(source.within(base)))?;
                let clock = self.clock(Rows::Source(place))?;
                let mut slots = Vec::with_capacity(inputs.len());
                for &input in inputs {
                    slots.push(self.aligned(input, of, Age::Any)?);
                }
                let (condition, value) = (condition.is_some(), value.is_some());
                let op = Op::Aggregate { of, function: rule(*function), window: *window, condition, value };
                self.intern(op, &slots, clock, kinds)
            }
            ExprOp::Call { def, params, .. } => {
                let kinds: Vec<_> = def.spec.outputs.iter().map(|output| output.kind.into()).collect();
                self.pointwise(Op::Call { def, params: params.clone() }, inputs, &place, &kinds)
            }
            ExprOp::Output(_, index) => Ok(Value { slot: inputs[0].slot.plus(*index), ..inputs[0] }),
        }
    }

    /// An operation on values row by row: on the rows they share, or else on those of the place where it is written. What is the
    /// same in all rows is computed here.
    fn pointwise(
        &mut self,
        op: Op,
        inputs: &[Value],
        place: &SourceRef,
        kinds: &[ValueKind],
    ) -> Result<Value, Error> {
        let mut clocks = inputs.iter().filter_map(|input| input.clock);
        let first = clocks.next();
        let clock = match first {
            None if !matches!(op, Op::Call { .. }) => return self.constant(&op, inputs, kinds),
            Some(clock) if clocks.all(|other| other == clock) => clock,
            _ => self.clock(Rows::Source(place.clone()))?,
        };
        let mut slots = Vec::with_capacity(inputs.len());
        for &input in inputs {
            slots.push(self.aligned(input, clock, Age::Any)?);
        }
        self.intern(op, &slots, clock, kinds)
    }

    /// The slot of a value as it is seen on a clock.
    fn aligned(&mut self, value: Value, clock: Clock, age: Age) -> Result<Slot, Error> {
        match value.clock {
            Some(own) if own != clock => {
                let kind = self.kind(value.slot);
                Ok(self.intern(Op::Align { age }, &[value.slot], clock, &[kind])?.slot)
            }
            _ => Ok(value.slot),
        }
    }

    /// What an operation on constants gives, in the plan's scalar.
    fn constant(&mut self, op: &Op, inputs: &[Value], kinds: &[ValueKind]) -> Result<Value, Error> {
        let texts: Vec<&str> = inputs
            .iter()
            .map(|input| match self.nodes[self.filled_by[input.slot.index()]].op() {
                Op::Literal { text } => &**text,
                // Everything without a clock is a literal.
                _ => "missing",
            })
            .collect();
        let text = match self.scalar {
            ScalarKind::F64 => fold::<f64>(op, &texts, kinds),
            ScalarKind::Decimal => fold::<Decimal>(op, &texts, kinds),
        };
        self.literal(text.into(), kinds)
    }

    fn literal(&mut self, text: Box<str>, kinds: &[ValueKind]) -> Result<Value, Error> {
        Ok(Value { clock: None, ..self.intern(Op::Literal { text }, &[], Clock::BASE, kinds)? })
    }

    fn kind(&self, slot: Slot) -> ValueKind {
        let node = &self.nodes[self.filled_by[slot.index()]];
        node.kinds[slot.index() - node.first.index()]
    }

    /// The value of a derived field, whose definition reads stored fields only.
    fn derived(
        &mut self,
        schema: &'static SourceSchema,
        derived: &'static Derived,
        clock: Clock,
        source: &SourceRef,
    ) -> Result<Value, Error> {
        if let Some(&value) = self.derived.get(&(clock, derived.name)) {
            return Ok(value);
        }
        let stored = SourceSchema { derived: &[], ..*schema };
        let scope = Scope { schema: &stored, ..self.scope };
        let value = Script::parse(&[(None, derived.expression)], scope)
            .and_then(|script| match script.outputs[..] {
                [ref output] if script.nodes[output.root].kind == Some(ValueKind::Number) => {
                    let Lowered { values, mut refused } = self.lower(&script, source);
                    values[output.root].map_err(|at| refused.swap_remove(at).0)
                }
                _ => Err(Error::new(Kind::Type, "it is not a number")),
            })
            .map_err(|err| err.about(&format!("derived field `{}` of `{}`", derived.name, stored.name)))?;
        self.derived.insert((clock, derived.name), value);
        Ok(value)
    }

    /// The clock of these rows, made when there is none yet.
    fn clock(&mut self, mut rows: Rows) -> Result<Clock, Error> {
        if let Rows::Source(source) = &mut rows {
            source.source = source.source.filter(|schema| schema.name != self.scope.schema.name);
        }
        if let Some(at) = self.clocks.iter().position(|known| *known == rows) {
            return Ok(Clock::new(at));
        }
        if self.clocks.len() >= MOST_CLOCKS {
            let message = format!("plan reads more than {MOST_CLOCKS} kinds of rows");
            return Err(Error::new(Kind::Limit, message));
        }
        self.clocks.push(rows);
        Ok(Clock::new(self.clocks.len() - 1))
    }

    /// The value of the node that does this, made when there is none yet.
    fn intern(&mut self, op: Op, inputs: &[Slot], clock: Clock, kinds: &[ValueKind]) -> Result<Value, Error> {
        let key = Encoder::node(&op, inputs, clock);
        if let Some(&slot) = self.known.get(&key) {
            return Ok(Value { slot, clock: Some(clock) });
        }
        let limits = self.scope.limits;
        if self.nodes.len() >= limits.nodes {
            return Err(Error::new(Kind::Limit, format!("plan has more than {} nodes", limits.nodes)));
        }
        let Timing { lookback, stabilisation } = self.timing(&op)?;
        let window = lookback.iter().copied().max().unwrap_or(0);
        let kept = match op {
            Op::Aggregate { window: Some(Reach::Rows(rows)), .. } => rows,
            _ => window.saturating_mul(inputs.len()),
        };
        self.memory = self.memory.saturating_add(kept);
        if self.memory > limits.memory {
            let message = format!("windows of the plan keep more than {} bars together", limits.memory);
            return Err(Error::new(Kind::Limit, message));
        }
        let inherited = History::inherited(&op, inputs, &self.reach);
        if inherited.lookback.saturating_add(window) > limits.lookback {
            let message = format!("value looks back more than {} bars", limits.lookback);
            return Err(Error::new(Kind::Limit, message));
        }
        let first = Slot::new(self.reach.len());
        self.reach.extend(lookback.iter().map(|&own| inherited.plus(own, stabilisation)));
        self.filled_by.resize(self.reach.len(), self.nodes.len());
        self.known.insert(key, first);
        let (inputs, kinds, lookback) = (inputs.into(), kinds.into(), lookback.into());
        self.nodes.push(PlanNode { op, inputs, first, clock, kinds, lookback, stabilisation });
        Ok(Value { slot: first, clock: Some(clock) })
    }

    /// The lookback per output and the stabilisation of an operation; refused when a kernel does not compute with the scalar.
    fn timing(&self, op: &Op) -> Result<Timing, Error> {
        Ok(match op {
            Op::History { bars } => Timing { lookback: vec![*bars], stabilisation: *bars },
            Op::Call { def, params } => match self.scalar {
                ScalarKind::F64 => def.timing::<f64>(params),
                ScalarKind::Decimal => def.timing::<Decimal>(params),
            }
            .map_err(|err| Error::new(Kind::Unsupported, err.to_string()))?,
            _ => Timing { lookback: vec![0], stabilisation: 0 },
        })
    }

    fn finish(self, script: &Script, outputs: Vec<PlanOutput>, options: &PlanOptions) -> Plan {
        let requirements = Requirement::of(&self.nodes, &self.clocks, &outputs, self.reach.len());
        let (schema, scalar, missing) = (options.schema, options.scalar, options.missing);
        let mut plan = Plan {
            fingerprint: [0; 32],
            script: Arc::new(script.clone()),
            nodes: self.nodes,
            clocks: self.clocks,
            slots: self.reach.len(),
            outputs,
            requirements,
            schema,
            scalar,
            missing,
        };
        plan.fingerprint = Encoder::plan(&plan).hash();
        plan
    }
}

/// The statistic of an aggregate among those rows can be put together by.
fn rule(function: AggregateFn) -> Downsample {
    match function {
        AggregateFn::Count => Downsample::Count,
        AggregateFn::Sum => Downsample::Sum,
        AggregateFn::Avg => Downsample::Avg,
        AggregateFn::Max => Downsample::Max,
        AggregateFn::Min => Downsample::Min,
    }
}

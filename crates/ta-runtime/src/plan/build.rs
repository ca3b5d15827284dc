//! Checked expressions to plan nodes, each made once.

use std::collections::{HashMap, HashSet};

use ta_kernel_api::{Decimal, KernelDef, Params, Registry, Scalar, ScalarKind};

use super::encode::Encoder;
use super::{Op, Plan, PlanNode, PlanOptions, PlanOutput, Requirement, Slot};
use crate::dataset::{Derived, SourceSchema};
use crate::error::{Error, Kind};
use crate::expr::{Expr, ExprNode, ExprOp, Scope, Span, ValueKind};

/// Changed whenever an equal plan would be run with other results.
const PLAN_VERSION: usize = 1;

/// Makes a plan of named expressions.
pub(super) fn compile(
    registry: &Registry,
    expressions: &[(Option<&str>, &str)],
    options: &PlanOptions,
) -> Result<Plan, Error> {
    if expressions.is_empty() {
        return Err(Error::new(Kind::Argument, "a plan needs at least one expression"));
    }
    let scope = Scope { registry, schema: options.schema, limits: &options.limits };
    let mut builder = Builder::new(scope, options.scalar);
    let mut outputs = Vec::new();
    let mut names = HashSet::new();
    for (index, &(name, text)) in expressions.iter().enumerate() {
        let columns = builder.columns(name, text).and_then(|columns| {
            match columns.iter().find(|column| !names.insert(column.name.clone())) {
                Some(column) => {
                    Err(Error::new(Kind::Argument, format!("column `{}` is there twice", column.name))
                        .with_help("give one of them another name"))
                }
                None => Ok(columns),
            }
        });
        outputs.extend(columns.map_err(|err| err.in_expression(index, name, text))?);
    }
    Ok(builder.finish(outputs, options))
}

/// A plan in the making.
struct Builder<'a> {
    scope: Scope<'a>,
    scalar: ScalarKind,
    nodes: Vec<PlanNode>,
    /// The first slot of each node, by the bytes that say what it does.
    known: HashMap<Vec<u8>, Slot>,
    /// The slots of the derived fields in use.
    derived: HashMap<&'static str, Slot>,
    /// Per slot how much history it stands for.
    reach: Vec<Reach>,
    /// Bars that all windows keep.
    memory: usize,
}

/// How much history a value stands for.
#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    lookback: usize,
    stabilisation: usize,
}

impl<'a> Builder<'a> {
    fn new(scope: Scope<'a>, scalar: ScalarKind) -> Self {
        let (known, derived) = (HashMap::new(), HashMap::new());
        Self { scope, scalar, nodes: Vec::new(), known, derived, reach: Vec::new(), memory: 0 }
    }

    /// The columns of one expression: one, or one per output of a call that is not projected.
    fn columns(&mut self, name: Option<&str>, text: &str) -> Result<Vec<PlanOutput>, Error> {
        let expr = Expr::parse(text, self.scope)?;
        let first = self.lower(&expr, None)?;
        let name = name.unwrap_or(text.trim());
        let column = |name: String, slot: Slot, kind: ValueKind| {
            let Reach { lookback, stabilisation } = self.reach[slot.index()];
            PlanOutput { name, slot, kind, lookback, stabilisation }
        };
        Ok(match expr.root() {
            ExprNode { op: ExprOp::Call { def, .. }, kind: None, .. } => {
                let outputs = def.spec.outputs.iter().enumerate();
                outputs
                    .map(|(i, o)| column(format!("{name}.{}", o.name), first.plus(i), o.kind.into()))
                    .collect()
            }
            root => root.kind.map(|kind| column(name.to_owned(), first, kind)).into_iter().collect(),
        })
    }

    /// Adds the nodes of an expression and gives the first slot of its value. `place` stands in for the places of its parts when
    /// the expression is not what the caller wrote.
    fn lower(&mut self, expr: &Expr, place: Option<Span>) -> Result<Slot, Error> {
        let mut slots: Vec<Slot> = Vec::with_capacity(expr.nodes.len());
        for node in &expr.nodes {
            let inputs: Vec<Slot> = node.op.operands().map(|operand| slots[operand]).collect();
            let span = place.unwrap_or(node.span);
            slots.push(self.place(node, inputs, span).map_err(|err| err.at(span))?);
        }
        // The last node is the whole expression.
        Ok(slots[slots.len() - 1])
    }

    fn place(&mut self, node: &ExprNode, inputs: Vec<Slot>, span: Span) -> Result<Slot, Error> {
        let kinds = node.kind.as_slice();
        match &node.op {
            ExprOp::Field(name) => match self.scope.schema.derived(name) {
                Some(derived) if self.scope.schema.field(name).is_none() => self.derived(derived, span),
                _ => self.intern(Op::Field { name: name.clone() }, inputs, kinds),
            },
            ExprOp::Literal(text) => {
                if self.scalar == ScalarKind::Decimal
                    && node.kind == Some(ValueKind::Number)
                    && Decimal::parse(text).is_none()
                {
                    let error =
                        Error::new(Kind::Unsupported, format!("number `{text}` is beyond an exact decimal"));
                    return Err(error.with_help("up to 28 digits"));
                }
                self.intern(Op::Literal { text: text.clone() }, inputs, kinds)
            }
            ExprOp::Unary(op, _) => self.intern(Op::Unary(*op), inputs, kinds),
            ExprOp::Binary(op, ..) => self.intern(Op::Binary(*op), inputs, kinds),
            ExprOp::History(_, bars) => self.intern(Op::History { bars: *bars }, inputs, kinds),
            ExprOp::Call { def, params, .. } => {
                let kinds: Vec<_> = def.spec.outputs.iter().map(|output| output.kind.into()).collect();
                self.intern(Op::Call { def, params: params.clone() }, inputs, &kinds)
            }
            ExprOp::Output(_, index) => Ok(inputs[0].plus(*index)),
        }
    }

    /// The slot of a derived field, whose definition reads stored fields only.
    fn derived(&mut self, derived: &'static Derived, span: Span) -> Result<Slot, Error> {
        if let Some(&slot) = self.derived.get(derived.name) {
            return Ok(slot);
        }
        let stored = SourceSchema { derived: &[], ..*self.scope.schema };
        let slot = Expr::parse(derived.expression, Scope { schema: &stored, ..self.scope })
            .and_then(|expr| match expr.root().kind {
                Some(ValueKind::Number) => self.lower(&expr, Some(span)),
                _ => Err(Error::new(Kind::Type, "it is not a number")),
            })
            .map_err(|err| err.about(&format!("derived field `{}` of `{}`", derived.name, stored.name)))?;
        self.derived.insert(derived.name, slot);
        Ok(slot)
    }

    /// The first slot of the node that does this, made when there is none yet.
    fn intern(&mut self, op: Op, inputs: Vec<Slot>, kinds: &[ValueKind]) -> Result<Slot, Error> {
        let key = Encoder::node(&op, &inputs);
        if let Some(&first) = self.known.get(&key) {
            return Ok(first);
        }
        let limits = self.scope.limits;
        if self.nodes.len() >= limits.nodes {
            return Err(Error::new(Kind::Limit, format!("plan has more than {} nodes", limits.nodes)));
        }
        let (lookback, stabilisation) = match &op {
            Op::History { bars } => (vec![*bars], *bars),
            Op::Call { def, params } => match self.scalar {
                ScalarKind::F64 => timing::<f64>(def, params)?,
                ScalarKind::Decimal => timing::<Decimal>(def, params)?,
            },
            Op::Field { .. } | Op::Literal { .. } | Op::Unary(_) | Op::Binary(_) => (vec![0], 0),
        };
        let window = lookback.iter().copied().max().unwrap_or(0);
        self.memory = self.memory.saturating_add(window.saturating_mul(inputs.len()));
        if self.memory > limits.memory {
            let message = format!("windows of the plan keep more than {} bars together", limits.memory);
            return Err(Error::new(Kind::Limit, message));
        }
        let inherited =
            inputs.iter().map(|input| self.reach[input.index()]).fold(Reach::default(), Reach::max);
        if inherited.lookback.saturating_add(window) > limits.lookback {
            let message = format!("value looks back more than {} bars", limits.lookback);
            return Err(Error::new(Kind::Limit, message));
        }
        let first = Slot::new(self.reach.len());
        self.reach.extend(lookback.iter().map(|&own| Reach {
            lookback: inherited.lookback.saturating_add(own),
            stabilisation: inherited.stabilisation.saturating_add(stabilisation),
        }));
        self.known.insert(key, first);
        let (inputs, kinds, lookback) = (inputs.into(), kinds.into(), lookback.into());
        self.nodes.push(PlanNode { op, inputs, first, kinds, lookback, stabilisation });
        Ok(first)
    }

    fn finish(self, outputs: Vec<PlanOutput>, options: &PlanOptions) -> Plan {
        let requirements = Requirement::of(&self.nodes, &outputs, self.reach.len());
        let (schema, scalar, missing) = (options.schema, options.scalar, options.missing);
        let mut bytes = Encoder::default();
        bytes
            .text("plan")
            .count(PLAN_VERSION)
            .text(scalar.name())
            .text(missing.name())
            .count(self.nodes.len());
        for node in &self.nodes {
            bytes.bytes(&Encoder::node(&node.op, &node.inputs));
        }
        for output in &outputs {
            bytes.output(output);
        }
        let (slots, fingerprint) = (self.reach.len(), bytes.hash());
        Plan { nodes: self.nodes, slots, outputs, requirements, schema, scalar, missing, fingerprint }
    }
}

impl Reach {
    fn max(self, other: Self) -> Self {
        Self {
            lookback: self.lookback.max(other.lookback),
            stabilisation: self.stabilisation.max(other.stabilisation),
        }
    }
}

/// The lookback per output and the stabilisation of a kernel; refused when it does not compute with the scalar.
fn timing<S: Scalar>(def: &KernelDef, params: &Params) -> Result<(Vec<usize>, usize), Error> {
    let timing = def.timing::<S>(params).map_err(|err| Error::new(Kind::Unsupported, err.to_string()))?;
    Ok((timing.lookback, timing.stabilisation))
}

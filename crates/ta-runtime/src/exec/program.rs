//! A plan with its names and slots resolved, ready to run.

use ta_kernel_api::{Scalar, near_names};

use super::{Layout, route::Route};
use crate::dataset::{Location, Partition, list};
use crate::error::{Error, Kind};
use crate::expr::{BinaryOp, UnaryOp};
use crate::plan::{Op, Plan, PlanNode};

/// A plan with its names and slots resolved. Its steps are the plan's nodes, one to one.
#[derive(Debug)]
pub(crate) struct Program<S> {
    pub(crate) plan: Plan,
    pub(crate) layout: Layout,
    pub(crate) steps: Vec<Step<S>>,
    /// The same steps for a single row.
    pub(crate) route: Route,
    /// For each step the slots that nothing reads after it.
    pub(crate) spent: Vec<Vec<usize>>,
}

/// One step. Fields are positions in the layout, gates and rings those in [`Nodes`](super::Nodes), everything else is slots.
#[derive(Debug, Clone)]
pub(crate) enum Step<S> {
    Field { field: usize, out: usize },
    Clock { out: usize },
    Literal { value: S, out: usize },
    Unary { op: UnaryOp, x: usize, out: usize },
    Binary { op: BinaryOp, a: usize, b: usize, out: usize },
    History { ring: usize, bars: usize, x: usize, out: usize },
    Call { gate: usize, inputs: Box<[usize]>, first: usize, width: usize },
}

/// An input that the policy `error` does not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The row within the call.
    pub(crate) row: usize,
    pub(crate) lost: Lost,
}

/// What was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A field of the source.
    Field(usize),
    /// An input of a kernel, by step.
    Input { step: usize, input: usize },
}

impl<S: Scalar> Program<S> {
    pub(crate) fn new(plan: &Plan) -> Result<Self, Error> {
        if plan.scalar() != S::KIND {
            let message = format!("plan computes in {}, the data are in {}", plan.scalar(), S::KIND);
            return Err(Error::new(Kind::Unsupported, message).with_help("one scalar for both"));
        }
        let layout = Layout::of(plan);
        let (mut gates, mut rings) = (0, 0);
        let mut steps = Vec::with_capacity(plan.nodes().len());
        for node in plan.nodes() {
            let step = Step::new(node, &layout, gates, rings);
            gates += usize::from(matches!(step, Step::Call { .. }));
            rings += usize::from(matches!(step, Step::History { .. }));
            steps.push(step);
        }
        let route = Route::new(&steps, layout.names().len());
        Ok(Self { plan: plan.clone(), layout, steps, route, spent: spent(plan) })
    }

    /// The values before the first row: literals, and missing for all else.
    pub(crate) fn start(&self) -> Vec<S> {
        let mut values = vec![S::MISSING; self.plan.slots()];
        for step in &self.steps {
            if let Step::Literal { value, out } = *step {
                values[out] = value;
            }
        }
        values
    }

    /// The columns of the layout, in its order.
    pub(crate) fn columns<'a>(&self, rows: &'a Partition<S>) -> Result<Vec<&'a [S]>, Error> {
        let find = |name: &str| {
            rows.column(name).ok_or_else(|| {
                let close = near_names(name, rows.names().iter().map(String::as_str));
                let close =
                    if close.is_empty() { String::new() } else { format!("; close: {}", list(&close)) };
                Error::new(Kind::UnknownName, format!("data have no column `{name}`"))
                    .with_help(format!("the columns are {}{close}", list(rows.names())))
            })
        };
        self.layout.names().iter().map(|name| find(name)).collect()
    }

    /// What the policy refuses, in words.
    pub(crate) fn refuse(&self, lost: Lost, location: Location) -> Error {
        let what = match lost {
            Lost::Field(field) => format!("field `{}` is missing", self.layout.names()[field]),
            Lost::Input { step, input } => {
                let node = &self.plan.nodes()[step];
                let name = match node.op() {
                    Op::Call { def, .. } => def.spec.inputs.get(input).map_or("", |input| input.name),
                    _ => "",
                };
                format!("input `{name}` of `{}` is missing", label(node))
            }
        };
        Error::new(Kind::Missing, what)
            .with_help("the policy `error` refuses that; `skip`, `hold` and `restart` go on")
            .in_data(location)
    }
}

impl<S: Scalar> Step<S> {
    /// The step of a node, which takes the gate or the ring if it needs one.
    fn new(node: &PlanNode, layout: &Layout, gate: usize, ring: usize) -> Self {
        let out = node.first().index();
        let input = |at: usize| node.inputs()[at].index();
        match node.op() {
            Op::Field { name } => match layout.names().binary_search(name) {
                Ok(field) => Self::Field { field, out },
                // The one field that is not in a layout.
                Err(_) => Self::Clock { out },
            },
            Op::Literal { text } => Self::Literal { value: literal(text), out },
            &Op::Unary(op) => Self::Unary { op, x: input(0), out },
            &Op::Binary(op) => Self::Binary { op, a: input(0), b: input(1), out },
            &Op::History { bars } => Self::History { ring, bars, x: input(0), out },
            Op::Call { .. } => Self::Call {
                gate,
                inputs: node.inputs().iter().map(|slot| slot.index()).collect(),
                first: out,
                width: node.width(),
            },
        }
    }
}

fn literal<S: Scalar>(text: &str) -> S {
    match text {
        "true" => S::ONE,
        "false" => S::ZERO,
        number => S::parse(number).unwrap_or(S::MISSING),
    }
}

/// For each node the slots that no later node and no output reads.
fn spent(plan: &Plan) -> Vec<Vec<usize>> {
    let mut last = vec![None; plan.slots()];
    for (at, node) in plan.nodes().iter().enumerate() {
        for slot in node.slots().chain(node.inputs().iter().copied()) {
            last[slot.index()] = Some(at);
        }
    }
    for output in plan.outputs() {
        last[output.slot().index()] = None;
    }
    let mut spent = vec![Vec::new(); plan.nodes().len()];
    for (slot, at) in last.into_iter().enumerate() {
        if let Some(at) = at {
            spent[at].push(slot);
        }
    }
    spent
}

/// A node in a few words: `close`, `+`, `[1]`, `sma(period=20)`.
pub(crate) fn label(node: &PlanNode) -> String {
    match node.op() {
        Op::Field { name: text } | Op::Literal { text } => text.to_string(),
        Op::Unary(op) => op.to_string(),
        Op::Binary(op) => op.to_string(),
        Op::History { bars } => format!("[{bars}]"),
        Op::Call { def, params } => {
            let params: Vec<_> = def.named(params).map(|(name, value)| format!("{name}={value}")).collect();
            format!("{}({})", def.spec.id, params.join(", "))
        }
    }
}

/// How many nodes have a value that is read more than once.
pub(crate) fn shared(plan: &Plan) -> usize {
    let mut readers = vec![0_usize; plan.slots()];
    for node in plan.nodes() {
        for (at, slot) in node.inputs().iter().enumerate() {
            readers[slot.index()] += usize::from(!node.inputs()[..at].contains(slot));
        }
    }
    for output in plan.outputs() {
        readers[output.slot().index()] += 1;
    }
    plan.nodes().iter().filter(|node| node.slots().any(|slot| readers[slot.index()] > 1)).count()
}

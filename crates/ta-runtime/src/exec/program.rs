//! A plan with its names and slots resolved, ready to run.

use ta_kernel_api::{Scalar, near_names};

use super::binding::Binding;
use super::memory::{Memory, Wanted};
use super::route::Route;
use crate::dataset::{Downsample, Location, Partition, Timeframe, list};
use crate::error::{Error, Kind};
use crate::expr::{BinaryOp, UnaryOp};
use crate::plan::{Age, Op, Plan, PlanNode, Slot, literal};

/// A plan with its names and slots resolved. Its steps are the plan's nodes, one to one.
#[derive(Debug)]
pub(crate) struct Program<S> {
    pub(crate) plan: Plan,
    pub(crate) binding: Binding,
    pub(crate) steps: Vec<Step<S>>,
    /// The clock of each slot.
    pub(crate) clock_of: Vec<usize>,
    /// For each step the slots that nothing reads after it.
    pub(crate) spent: Vec<Vec<usize>>,
    /// For each feed where its fields go, and the steps a row of it may move.
    pub(crate) routes: Vec<Route>,
}

/// One step. Everything is slots but for the clocks, and positions in [`Memory`].
#[derive(Debug, Clone)]
pub(crate) struct Step<S> {
    pub(crate) clock: usize,
    /// The first slot it fills.
    pub(crate) out: usize,
    pub(crate) work: Work<S>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Work<S> {
    /// Filled from the feed.
    Field,
    Time,
    Literal(S),
    Unary {
        op: UnaryOp,
        x: usize,
    },
    Binary {
        op: BinaryOp,
        a: usize,
        b: usize,
    },
    If {
        condition: usize,
        yes: usize,
        no: usize,
    },
    History {
        ring: usize,
        bars: usize,
        x: usize,
    },
    Ago {
        ago: usize,
        span: Timeframe,
        x: usize,
    },
    Align {
        of: usize,
        age: Age,
        x: usize,
    },
    Downsample {
        of: usize,
        total: usize,
        rule: Downsample,
        x: usize,
    },
    Aggregate {
        of: usize,
        tally: usize,
        wanted: Wanted,
        condition: Option<usize>,
        value: Option<usize>,
    },
    Call {
        gate: usize,
        inputs: Box<[usize]>,
        width: usize,
    },
}

/// An input that the policy `error` does not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A field of a feed.
    Field { feed: usize, field: usize },
    /// An input of a kernel, by step.
    Input { step: usize, input: usize },
}

impl<S: Scalar> Program<S> {
    pub(crate) fn new(plan: &Plan, binding: Binding) -> Result<Self, Error> {
        plan.require::<S>()?;
        let mut making = Making {
            fields: vec![Vec::new(); binding.feeds.len()],
            clock_of: vec![0; plan.slots()],
            memory: [0; 5],
            binding: &binding,
        };
        let steps: Vec<Step<S>> = plan.nodes().iter().map(|node| making.step(node)).collect();
        let Making { fields, clock_of, .. } = making;
        let spent = spent(plan, clock_of.len());
        let route = |(feed, fields)| Route::new(&binding, feed, fields, &steps, plan.missing());
        let routes = fields.into_iter().enumerate().map(route).collect();
        Ok(Self { plan: plan.clone(), binding, steps, clock_of, spent, routes })
    }

    /// The values before the first row: literals, and missing for all else.
    pub(crate) fn start(&self) -> Vec<S> {
        let mut values = vec![S::MISSING; self.clock_of.len()];
        for step in &self.steps {
            if let Work::Literal(value) = step.work {
                values[step.out] = value;
            }
        }
        values
    }

    /// The memory before the first row.
    pub(crate) fn memory(&self) -> Result<Memory<S>, Error> {
        Memory::fresh(&self.plan, &self.steps)
    }

    /// The columns of a feed, in the order of its layout.
    pub(crate) fn columns<'a>(&self, feed: usize, rows: &'a Partition<S>) -> Result<Vec<&'a [S]>, Error> {
        let find = |name: &str| {
            rows.column(name).ok_or_else(|| {
                let close = near_names(name, rows.names().iter().map(String::as_str));
                let close =
                    if close.is_empty() { String::new() } else { format!("; close: {}", list(&close)) };
                Error::new(Kind::UnknownName, format!("data have no column `{name}`"))
                    .with_help(format!("the columns are {}{close}", list(rows.names())))
            })
        };
        self.binding.feeds[feed].names().iter().map(|name| find(name)).collect()
    }

    /// What the policy refuses, in words.
    pub(crate) fn refuse(&self, lost: Lost, location: Location) -> Error {
        let what = match lost {
            Lost::Field { feed, field } => {
                format!("field `{}` is missing", self.binding.feeds[feed].names()[field])
            }
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

    /// Whether rows of a feed move a step.
    pub(crate) fn moves(&self, feed: usize, step: &Step<S>) -> bool {
        let moved = |clock: usize| self.binding.root[clock] == feed;
        match step.work {
            Work::Downsample { of, .. } | Work::Aggregate { of, .. } => moved(of) || moved(step.clock),
            _ => moved(step.clock),
        }
    }

    /// For each step whether it depends on the rows of a feed.
    pub(crate) fn downstream(&self, feed: usize) -> Vec<bool> {
        let mut from_feed = vec![false; self.steps.len()];
        for (at, (step, node)) in self.steps.iter().zip(self.plan.nodes()).enumerate() {
            let reads = |slot: &Slot| from_feed[self.plan.node_of(*slot)];
            from_feed[at] = self.moves(feed, step) || node.inputs().iter().any(reads);
        }
        from_feed
    }

    /// These steps and all that they read.
    pub(crate) fn upstream(&self, mut steps: Vec<bool>) -> Vec<bool> {
        for (at, node) in self.plan.nodes().iter().enumerate().rev() {
            if steps[at] {
                node.inputs().iter().for_each(|slot| steps[self.plan.node_of(*slot)] = true);
            }
        }
        steps
    }

    /// Every step.
    pub(crate) fn all(&self) -> Vec<bool> {
        vec![true; self.steps.len()]
    }

    /// The feed whose rows move a step.
    pub(crate) fn feed_of(&self, step: usize) -> usize {
        self.binding.root[self.steps[step].clock]
    }
}

/// Steps in the making.
struct Making<'a> {
    /// For each feed where its fields go: the field and the slot.
    fields: Vec<Vec<(usize, usize)>>,
    clock_of: Vec<usize>,
    /// How many places of each kind of memory are taken.
    memory: [usize; 5],
    binding: &'a Binding,
}

impl Making<'_> {
    /// The step of a node, which takes its place in memory if it needs one.
    fn step<S: Scalar>(&mut self, node: &PlanNode) -> Step<S> {
        let (clock, out) = (node.clock().index(), node.first().index());
        let input = |at: usize| node.inputs()[at].index();
        node.slots().for_each(|slot| self.clock_of[slot.index()] = clock);
        let of = || node.inputs().first().map_or(clock, |input| self.clock_of[input.index()]);
        let work = match node.op() {
            Op::Field { name } if &**name == "ts" => Work::Time,
            Op::Field { name } => match self.binding.resampled[clock] {
                None => {
                    self.read(clock, name, out);
                    Work::Field
                }
                Some(of) => {
                    let x = self.clock_of.len();
                    self.clock_of.push(of);
                    self.read(of, name, x);
                    let rule = self.binding.rule(clock, name);
                    Work::Downsample { of, total: self.take(0), rule, x }
                }
            },
            Op::Literal { text } => Work::Literal(literal(text)),
            &Op::Unary(op) => Work::Unary { op, x: input(0) },
            &Op::Binary(op) => Work::Binary { op, a: input(0), b: input(1) },
            Op::If => Work::If { condition: input(0), yes: input(1), no: input(2) },
            &Op::History { bars } => Work::History { ring: self.take(1), bars, x: input(0) },
            &Op::Ago { span } => Work::Ago { ago: self.take(2), span, x: input(0) },
            &Op::Align { age } => Work::Align { of: of(), age, x: input(0) },
            &Op::Downsample { rule } => {
                let of = of();
                Work::Downsample { of, total: self.take(0), rule, x: input(0) }
            }
            &Op::Aggregate { of, function, window, condition, value } => Work::Aggregate {
                of: of.index(),
                tally: self.take(3),
                wanted: Wanted { function, window },
                condition: condition.then(|| input(0)),
                value: value.then(|| input(usize::from(condition))),
            },
            Op::Call { .. } => Work::Call {
                gate: self.take(4),
                inputs: node.inputs().iter().map(|slot| slot.index()).collect(),
                width: node.width(),
            },
        };
        Step { clock, out, work }
    }

    /// Notes that a field of the feed that drives a clock goes to a slot.
    fn read(&mut self, clock: usize, name: &str, slot: usize) {
        let feed = self.binding.root[clock];
        // The layout was made of all fields that are read.
        if let Ok(field) = self.binding.feeds[feed].names().binary_search_by(|held| (**held).cmp(name)) {
            self.fields[feed].push((field, slot));
        }
    }

    fn take(&mut self, kind: usize) -> usize {
        self.memory[kind] += 1;
        self.memory[kind] - 1
    }
}

/// For each node the slots that no later node and no output reads.
fn spent(plan: &Plan, slots: usize) -> Vec<Vec<usize>> {
    let mut last = vec![None; slots];
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
        Op::If => "if".to_owned(),
        Op::History { bars } => format!("[{bars}]"),
        Op::Ago { span } => format!("{span}_ago"),
        Op::Align { age: Age::Any } => "align".to_owned(),
        Op::Align { age: Age::Within(span) } => format!("within({span})"),
        Op::Align { age: Age::Fresh } => "fresh".to_owned(),
        Op::Downsample { rule } => format!("downsample({})", rule.name()),
        Op::Aggregate { function, window: None, .. } => function.name().to_owned(),
        Op::Aggregate { function, window: Some(window), .. } => format!("{}({window})", function.name()),
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

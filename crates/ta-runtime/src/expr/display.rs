//! The canonical text of a checked script.
//!
//! One line for each binding, then one for each output. A value is bound when `let` named it, when several others read it, and
//! when there is no path to its place from where it is read; so the text is about as long as the script is large.

use std::collections::HashSet;
use std::fmt;

use ta_kernel_api::ParamValue;

use super::op::{AggregateFn, UnaryOp};
use super::place::{AnyName, Path, Quoted};
use super::scope::{has_field, linked};
use super::script::{ExprOp, NodeId, Reach, Script};
use super::token::is_name;
use super::words::RESERVED;
use crate::dataset::{SourceRef, SourceSchema};

/// The text of a node.
struct Piece {
    text: String,
    /// How tightly its outermost operator binds.
    power: u8,
    /// Whether it is made of numbers alone.
    constant: bool,
    /// Whether it begins with a path, so that what follows it is carried out where the path leads.
    leads: bool,
}

/// More than any operator: names, numbers, calls.
const WHOLE: u8 = u8::MAX;

impl Piece {
    /// What stands for itself.
    fn whole(text: String) -> Self {
        Self { text, power: WHOLE, constant: false, leads: false }
    }

    /// The text, in brackets when its operator binds less tightly than what stands around it.
    fn within(self, power: u8) -> String {
        if self.power < power { format!("({})", self.text) } else { self.text }
    }

    /// The text before a dot or a bracket that is carried out where it stands.
    fn base(self) -> String {
        if self.leads { format!("({})", self.text) } else { self.within(WHOLE) }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = Layout::new(self);
        let mut writer = Writer { layout: &layout, pieces: Vec::new() };
        let mut lines = Vec::new();
        for id in 0..self.nodes.len() {
            let leaf = matches!(self.nodes[id].op, ExprOp::Field { .. } | ExprOp::Literal(_));
            let name = layout.names[id].as_ref();
            let piece = (!leaf || name.is_some()).then(|| writer.node(id));
            match (name, piece) {
                (Some(name), Some(piece)) => {
                    lines.push(format!("let {name} = {}", piece.text));
                    writer
                        .pieces
                        .push(Some(Piece { constant: piece.constant, ..Piece::whole(name.clone()) }));
                }
                (_, piece) => writer.pieces.push(piece),
            }
        }
        for output in &self.outputs {
            let text = writer.operand(output.root, &SourceRef::default()).text;
            lines.push(match output.name.as_deref() {
                Some("let") => format!("\"let\" = {text}"),
                Some(name) => format!("{} = {text}", AnyName(name)),
                // A minus would go on with the line before.
                None if text.starts_with('-') && !lines.is_empty() => format!("({text})"),
                None => text,
            });
        }
        f.write_str(&lines.join("\n"))
    }
}

/// Which nodes are bound to which names, and where the others are written.
struct Layout<'s> {
    script: &'s Script,
    /// The name of each node that has one.
    names: Vec<Option<String>>,
    /// All of them.
    taken: HashSet<String>,
    /// For each node the place in which it is written: that of its reader, the plan's own rows when it has a name.
    contexts: Vec<SourceRef>,
}

/// How deep a text nests before a part of it gets a name; each level may open three brackets and operators.
const DEPTH: usize = 32;

impl<'s> Layout<'s> {
    fn new(script: &'s Script) -> Self {
        let count = script.nodes.len();
        let base = SourceRef::default();
        let mut given = vec![false; count];
        script.bindings.iter().for_each(|&(_, id)| given[id] = true);
        let (names, taken, contexts) = (vec![None; count], HashSet::new(), vec![base.clone(); count]);
        let mut layout = Self { script, names, taken, contexts };
        let mut bound = layout.deep();
        let mut clash: Vec<Vec<&'static str>> = vec![Vec::new(); count];
        let (mut readers, mut unreachable) = (vec![0_usize; count], vec![false; count]);
        for output in &script.outputs {
            readers[output.root] += 1;
        }
        // Readers come before what they read.
        for id in (0..count).rev() {
            bound[id] |= match &script.nodes[id].op {
                ExprOp::Literal(_) => false,
                ExprOp::Field { .. } => given[id] || unreachable[id],
                _ => given[id] || unreachable[id] || readers[id] > 1,
            };
            if bound[id] {
                layout.contexts[id] = base.clone();
            }
            for operand in script.nodes[id].op.operands() {
                let context = layout.inside(id, operand).clone();
                readers[operand] += 1;
                unreachable[operand] |= layout.path(&context, operand).is_none();
                for place in [&context, &script.nodes[id].place] {
                    let source = script.schema_at(place).name;
                    if !clash[operand].contains(&source) {
                        clash[operand].push(source);
                    }
                }
                layout.contexts[operand] = context;
            }
        }
        layout.name(&bound, &clash);
        layout
    }

    /// The nodes below which the text would nest too deep.
    fn deep(&self) -> Vec<bool> {
        let nodes = &self.script.nodes;
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let below = node.op.operands().enumerate().map(|(position, operand)| {
                let flat = match (&node.op, &nodes[operand].op) {
                    (_, ExprOp::Field { .. } | ExprOp::Literal(_)) => true,
                    // A long chain of operators is not deep.
                    (ExprOp::Binary(op, ..), ExprOp::Binary(left, ..)) => {
                        position == 0 && left.power() >= op.left_power() && nodes[operand].place == node.place
                    }
                    _ => false,
                };
                depths[operand] % DEPTH + usize::from(!flat)
            });
            depths.push(below.max().unwrap_or(0));
        }
        depths.into_iter().map(|depth| depth == DEPTH).collect()
    }

    /// Gives names to the nodes that are bound: those that `let` gave them unless a field of a source that they are read in, listed
    /// in `clash`, has it too; or else numbers.
    fn name(&mut self, bound: &[bool], clash: &[Vec<&'static str>]) {
        let script = self.script;
        let schemas = script.schemas();
        let bindings: HashSet<&str> = script.bindings.iter().map(|(name, _)| &**name).collect();
        let mut given = vec![None; bound.len()];
        for (name, id) in &script.bindings {
            given[*id] = Some(&**name);
        }
        let mut number = 0;
        for id in (0..bound.len()).filter(|&id| bound[id]) {
            let clash = |schema: &&SourceSchema, name: &str| {
                clash[id].contains(&schema.name) && has_field(schema, name)
            };
            let free = |name: &&str| !schemas.iter().any(|schema| clash(schema, name));
            let name = given[id].filter(free).map(str::to_owned);
            let name = name.unwrap_or_else(|| {
                loop {
                    number += 1;
                    let name = format!("_{number}");
                    let known = schemas.iter().any(|schema| schema.name == name || has_field(schema, &name));
                    if !known && !bindings.contains(&*name) {
                        return name;
                    }
                }
            });
            self.taken.insert(name.clone());
            self.names[id] = Some(name);
        }
    }

    /// The place in which an operand of a node is written.
    fn inside(&self, id: NodeId, operand: NodeId) -> &SourceRef {
        let node = &self.script.nodes[id];
        match &node.op {
            ExprOp::Aggregate { source, .. } => source,
            // What follows a value that begins with a path is carried out where the path leads, so it needs no path of its own.
            ExprOp::Ago(..) | ExprOp::Downsample(..) | ExprOp::Output(..)
                if self.script.nodes[operand].place == node.place =>
            {
                &self.contexts[id]
            }
            _ => &node.place,
        }
    }

    /// The path from a place to that of a node; empty for numbers, which have none.
    fn path(&self, from: &SourceRef, id: NodeId) -> Option<Path> {
        match &self.script.nodes[id] {
            node if matches!(node.op, ExprOp::Literal(_)) => Some(Path::default()),
            node => Path::between(from, &node.place, &self.script.schema),
        }
    }
}

/// Texts in the making.
struct Writer<'l, 's> {
    layout: &'l Layout<'s>,
    /// The text of each node so far, until its reader takes it; what is bound and what is short can be read again and again.
    pieces: Vec<Option<Piece>>,
}

impl Writer<'_, '_> {
    /// The text of a node as it is written in a place.
    fn operand(&mut self, id: NodeId, place: &SourceRef) -> Piece {
        if let Some(name) = &self.layout.names[id] {
            let constant = self.pieces[id].as_ref().is_some_and(|piece| piece.constant);
            return Piece { constant, ..Piece::whole(name.clone()) };
        }
        match self.pieces[id].take() {
            Some(piece) => piece,
            None => self.leaf(id, place),
        }
    }

    /// The text of a number or a field.
    fn leaf(&self, id: NodeId, place: &SourceRef) -> Piece {
        match &self.layout.script.nodes[id].op {
            ExprOp::Literal(text) => {
                let power = if text.starts_with('-') { UnaryOp::Neg.power() } else { WHOLE };
                Piece { power, constant: true, ..Piece::whole(text.to_string()) }
            }
            ExprOp::Field { source, name } => {
                self.placed(place, source, Piece::whole(name.to_string()), true)
            }
            _ => Piece::whole(String::new()),
        }
    }

    /// A text that is read in the place `to` as it is written in another one: after a path, in brackets unless a path can stand
    /// right before it.
    fn placed(&self, from: &SourceRef, to: &SourceRef, piece: Piece, bare: bool) -> Piece {
        let path = Path::between(from, to, &self.layout.script.schema).unwrap_or_default();
        if path.is_empty() {
            return piece;
        }
        let path = self.path(&path, from, to);
        let text = if bare { format!("{path}.{}", piece.text) } else { format!("{path}.({})", piece.text) };
        Piece { text, power: WHOLE, constant: piece.constant, leads: true }
    }

    /// A path as it is written.
    fn path(&self, path: &Path, from: &SourceRef, to: &SourceRef) -> String {
        let script = self.layout.script;
        path.text(&script.schema, |name| {
            RESERVED.contains(&name)
                || name == script.schema.name
                || linked(name).is_some()
                || [from, to].iter().any(|place| has_field(script.schema_at(place), name))
                || self.layout.taken.contains(name)
        })
    }

    /// The text of a node where it is written, with those of what it reads.
    fn node(&mut self, id: NodeId) -> Piece {
        let layout = self.layout;
        let script = layout.script;
        let (node, context) = (&script.nodes[id], &layout.contexts[id]);
        let ids: Vec<NodeId> = node.op.operands().collect();
        let mut constant = !ids.is_empty();
        let mut pieces = Vec::with_capacity(ids.len());
        for &operand in &ids {
            let piece = self.operand(operand, layout.inside(id, operand));
            constant &= piece.constant;
            pieces.push(piece);
        }
        let mut pieces = pieces.into_iter();
        let mut operand = || pieces.next().unwrap_or_else(|| Piece::whole(String::new()));
        // Texts grow at their end instead of being copied, so that a long chain takes no more than its own length.
        let piece = match &node.op {
            ExprOp::Field { .. } | ExprOp::Literal(_) => return self.leaf(id, context),
            ExprOp::Unary(op, _) => {
                let space = if *op == UnaryOp::Not { " " } else { "" };
                let text = format!("{op}{space}{}", operand().within(op.power()));
                Piece { power: op.power(), ..Piece::whole(text) }
            }
            ExprOp::Binary(op, ..) => {
                let mut text = operand().within(op.left_power());
                for part in [" ", op.symbol(), " ", &operand().within(op.right_power())] {
                    text.push_str(part);
                }
                Piece { power: op.power(), ..Piece::whole(text) }
            }
            ExprOp::If(..) => {
                Piece::whole(format!("if({}, {}, {})", operand().text, operand().text, operand().text))
            }
            ExprOp::Within(_, age) => {
                let value = operand().within(WHOLE);
                Piece::whole(match age {
                    None => value + ".fresh",
                    Some(age) => format!("{value}.within({age})"),
                })
            }
            ExprOp::Ago(x, reach) => {
                let shift = match reach {
                    Reach::Rows(rows) => format!("[{rows}]"),
                    Reach::Time(length) => format!(".{length}_ago"),
                };
                let piece = self.followed(id, *x, operand(), &shift);
                return Piece { constant, ..piece };
            }
            ExprOp::Downsample(x, reach, rule) => {
                let method = format!(".downsample({reach}, {})", rule.name());
                let piece = self.followed(id, *x, operand(), &method);
                return Piece { constant, ..piece };
            }
            ExprOp::Output(call, index) => {
                let call_text = operand();
                let name = script.output_names(*call).nth(*index).unwrap_or_default();
                let leads = call_text.leads;
                return Piece { leads, ..Piece::whole(format!("{}.{name}", call_text.within(WHOLE))) };
            }
            ExprOp::Aggregate { function, condition, value, source, window } => {
                let path = Path::between(&node.place, source, &script.schema).unwrap_or_default();
                // An aggregate follows a source or a filter.
                let path = if condition.is_some() { path } else { path.with_source(source) };
                let mut text = self.path(&path, &node.place, source);
                if condition.is_some() {
                    let dot = if text.is_empty() { "" } else { "." };
                    text = format!("{text}{dot}filter({})", operand().text);
                }
                let mut arguments = Vec::new();
                if value.is_some() {
                    arguments.push(operand().text);
                }
                arguments.extend(window.map(|window| window.to_string()));
                Piece::whole(format!("{text}.{function}({})", arguments.join(", ")))
            }
            ExprOp::Call { def, params, .. } => {
                let mut arguments = Vec::new();
                let mut by_name = false;
                for input in def.spec.inputs {
                    let piece = operand();
                    // A number without a name could be taken for a parameter.
                    by_name |= piece.constant;
                    arguments.push(if by_name {
                        format!("{}={}", input.name, piece.text)
                    } else {
                        piece.text
                    });
                }
                arguments
                    .extend(def.named(params).map(|(name, value)| format!("{name}={}", Parameter(value))));
                let text = format!("{}({})", def.spec.id, arguments.join(", "));
                // After a source its name could be that of an aggregate.
                let path = Path::between(context, &node.place, &script.schema).unwrap_or_default();
                let bare = path.source.is_none() || AggregateFn::named(def.spec.id).is_none();
                return self.placed(context, &node.place, Piece::whole(text), bare);
            }
        };
        self.placed(context, &node.place, Piece { constant, ..piece }, false)
    }

    /// A value with what follows it and is carried out in the place of the node.
    fn followed(&self, id: NodeId, value: NodeId, piece: Piece, suffix: &str) -> Piece {
        let script = self.layout.script;
        let (place, context) = (&script.nodes[id].place, &self.layout.contexts[id]);
        if piece.leads && script.nodes[value].place == *place && place != context {
            return Piece { text: piece.text + suffix, ..piece };
        }
        let text = piece.base() + suffix;
        self.placed(context, place, Piece::whole(text), false)
    }
}

impl Script {
    /// The source whose fields are read at a place.
    fn schema_at(&self, place: &SourceRef) -> &SourceSchema {
        place.source.unwrap_or(&self.schema)
    }

    /// The sources in use.
    fn schemas(&self) -> Vec<&SourceSchema> {
        let mut schemas = vec![&self.schema];
        let places = self.nodes.iter().flat_map(|node| match &node.op {
            ExprOp::Aggregate { source, .. } => [Some(&node.place), Some(source)],
            _ => [Some(&node.place), None],
        });
        for schema in places.flatten().filter_map(|place| place.source) {
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        schemas
    }
}

/// A parameter as it is written in a call: quoted when it would not be read as one word.
struct Parameter<'p>(&'p ParamValue);

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ParamValue::Choice(word) if !is_name(word) => Quoted(word).fmt(f),
            value => write!(f, "{value}"),
        }
    }
}

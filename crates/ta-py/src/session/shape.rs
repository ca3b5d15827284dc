//! What a session reads: which rows, and which fields of each.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;
use ta_runtime::dataset::PartitionKey;
use ta_runtime::exec::{Bar, Layout};
use ta_runtime::plan::{Op, Plan};

use super::engine::Engine;
use crate::errors::{Class, Refusal, listed};
use crate::eval::{NAMELESS, SYMBOL};
use crate::own::is_own;

/// What a session reads. It does not change while the session lives.
pub(super) struct Shape {
    pub(super) plan: Plan,
    /// The column, key or attribute that says which symbol a row is of.
    pub(super) by: String,
    pub(super) by_name: Py<PyString>,
    /// The fields of a bar after its time, in the order of bars without names.
    pub(super) fields: Vec<&'static str>,
    /// The same with the time in front, as Python looks them up.
    pub(super) names: Vec<Py<PyString>>,
    /// First those that are answered, in their order.
    pub(super) feeds: Vec<Feed>,
    /// The feeds by symbol, and by their whole key.
    known: HashMap<String, usize>,
    /// Whether a kernel is written in Python: it may raise, and asks for the interpreter on any thread.
    pub(super) may_raise: bool,
}

/// Rows of one kind that a session takes in.
pub(super) struct Feed {
    pub(super) key: PartitionKey,
    /// Its symbol, or its whole key where several have that symbol.
    pub(super) name: String,
    /// What is read of it.
    pub(super) fields: Vec<&'static str>,
    /// The engine that answers its rows.
    pub(super) own: Option<usize>,
    pub(super) readers: Vec<Reader>,
}

/// An engine that reads a feed.
pub(super) struct Reader {
    pub(super) engine: usize,
    layout: Layout,
    /// For each of its fields the place among those of the session.
    picks: Vec<usize>,
}

impl Shape {
    pub(super) fn of(py: Python<'_>, plan: &Plan, engines: &[Engine], by: Option<&str>) -> Self {
        let mut keys: Vec<PartitionKey> = engines.iter().filter_map(|engine| engine.key().cloned()).collect();
        let mut layouts: Vec<(usize, &Layout)> = Vec::new();
        for (at, engine) in engines.iter().enumerate() {
            for layout in engine.binding().feeds() {
                if !keys.contains(layout.key()) {
                    keys.push(layout.key().clone());
                }
                layouts.push((at, layout));
            }
        }
        let read = |field: &str| layouts.iter().any(|(_, layout)| has(layout, field));
        let mut fields: Vec<&'static str> = Vec::new();
        for key in &keys {
            let more = key.source.fields.iter().map(|field| field.name);
            let more: Vec<_> = more.filter(|field| read(field) && !fields.contains(field)).collect();
            fields.extend(more);
        }
        let mut feeds: Vec<Feed> = Vec::with_capacity(keys.len());
        for (at, key) in keys.iter().enumerate() {
            let mine = layouts.iter().filter(|(_, layout)| layout.key() == key);
            let readers: Vec<Reader> = mine
                .map(|&(engine, layout)| {
                    let place = |name: &str| fields.iter().position(|field| *field == name);
                    let picks = layout.names().iter().filter_map(|name| place(name)).collect();
                    Reader { engine, layout: layout.clone(), picks }
                })
                .collect();
            let alone = keys.iter().filter(|other| other.symbol == key.symbol).count() == 1;
            let name = if alone { key.symbol.to_string() } else { key.to_string() };
            let used = |field: &&&str| readers.iter().any(|reader| has(&reader.layout, field));
            let fields = fields.iter().filter(used).copied().collect();
            let own = (at < engines.len()).then_some(at);
            feeds.push(Feed { key: key.clone(), name, fields, own, readers });
        }
        let mut known = HashMap::new();
        for (at, feed) in feeds.iter().enumerate() {
            known.insert(feed.name.clone(), at);
            known.insert(feed.key.to_string(), at);
        }
        let names = std::iter::once("ts").chain(fields.iter().copied());
        let names = names.map(|name| PyString::intern(py, name).unbind()).collect();
        let by = by.unwrap_or(SYMBOL).to_owned();
        let by_name = PyString::intern(py, &by).unbind();
        let may_raise =
            plan.nodes().iter().any(|node| matches!(node.op(), Op::Call { def, .. } if is_own(def)));
        Self { plan: plan.clone(), by, by_name, fields, names, feeds, known, may_raise }
    }

    /// Whether its only rows are those of a symbol without a name.
    pub(super) fn is_nameless(&self) -> bool {
        matches!(&self.feeds[..], [feed] if &*feed.key.symbol == NAMELESS)
    }

    /// Whether more than one symbol is answered.
    pub(super) fn is_many(&self) -> bool {
        self.feeds.iter().filter(|feed| feed.own.is_some()).count() > 1
    }

    /// The rows of this symbol, or of this key. Where there is one kind of rows they need not be named.
    pub(super) fn feed(&self, symbol: Option<&str>) -> Result<usize, Refusal> {
        let names = || self.feeds.iter().map(|feed| feed.name.clone()).collect::<Vec<_>>();
        match symbol {
            Some(symbol) if self.is_nameless() => {
                let message =
                    format!("a row is of `{symbol}`, and the session is of one symbol without a name");
                let help = "say which symbols it has: `plan.session(symbols=[...])`";
                Err(Refusal::new(Class::UnknownColumn, format!("{message} ({help})")).with("given", symbol))
            }
            Some(symbol) => {
                // Keys may be written in more than one way.
                let parsed = || {
                    let key: PartitionKey = symbol.parse().ok()?;
                    self.feeds.iter().position(|feed| feed.key == key)
                };
                self.known.get(symbol).copied().or_else(parsed).ok_or_else(|| {
                    let names = names();
                    let near = ta_kernel_api::near_names(symbol, names.iter().map(String::as_str));
                    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                    let close =
                        if near.is_empty() { String::new() } else { format!("close: {}; ", listed(&near)) };
                    let message = format!(
                        "the session has no symbol `{symbol}` ({close}it has {})",
                        listed(&names[..names.len().min(20)])
                    );
                    Refusal::new(Class::UnknownColumn, message)
                        .with("given", symbol)
                        .with("accepted", names)
                        .with("near", near)
                })
            }
            None if self.feeds.len() == 1 => Ok(0),
            None => {
                let names = names();
                let message = format!(
                    "it is not said which symbol a row is of (accepted: `{}` in the row, or `symbol=`)",
                    self.by
                );
                Err(Refusal::new(Class::Argument, message).with("accepted", names))
            }
        }
    }
}

impl Reader {
    /// An empty bar of what it reads, to be filled again and again.
    pub(super) fn bar(&self) -> Bar<f64> {
        let nothing = vec![f64::NAN; self.picks.len()];
        // Missing values break no rule, and there are as many as fields.
        self.layout.bar(0, &nothing).expect("a bar without values")
    }

    /// The values of its fields among those of the session.
    #[inline]
    pub(super) fn pick(&self, values: &[f64], picked: &mut Vec<f64>) {
        picked.clear();
        picked.extend(self.picks.iter().map(|&at| values[at]));
    }
}

/// Whether a field is read.
fn has(layout: &Layout, field: &str) -> bool {
    layout.names().iter().any(|name| &**name == field)
}

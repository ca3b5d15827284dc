//! A session that is fed line by line.

use std::collections::VecDeque;

use ta_kernel_api::Scalar;
use ta_runtime::dataset::read::Line;
use ta_runtime::dataset::{PartitionKey, time};
use ta_runtime::exec::{Bar, Layout, Row, Session};

use crate::json::Object;
use crate::{Failure, number, sources};

/// The symbol of rows that nobody gave a name.
pub(crate) const UNNAMED: &str = "_";
/// How many rows are remembered to tell a repeat from a row that comes too late.
const RECENT: usize = 4096;

/// A session, and what it needs to know of the lines before.
pub(crate) struct Follow<S: Scalar> {
    session: Session<S>,
    /// The last rows that were taken in.
    recent: VecDeque<Bar<S>>,
    /// Whether answers have numbers.
    numbered: bool,
}

/// What became of a line.
pub(crate) enum Taken {
    /// An empty one.
    Nothing,
    /// A bar that is still open, and its answer.
    Peeked(String),
    /// A row that was taken in, and its answer when it is one of the plan's own.
    Closed(Closed),
}

/// A row that was taken in.
pub(crate) struct Closed {
    pub(crate) answer: Option<String>,
    pub(crate) partition: String,
    pub(crate) ts: i64,
}

impl<S: Scalar> Follow<S> {
    pub(crate) fn new(session: Session<S>, numbered: bool) -> Self {
        Self { session, recent: VecDeque::new(), numbered }
    }

    pub(crate) fn session(&self) -> &Session<S> {
        &self.session
    }

    /// Takes in a line; `warn` hears of what is odd about it. A line that is refused changes nothing.
    pub(crate) fn take(&mut self, text: &str, warn: &mut dyn FnMut(String)) -> Result<Taken, String> {
        if text.trim().is_empty() {
            return Ok(Taken::Nothing);
        }
        let line = Line::read(text).map_err(|error| error.to_string())?;
        let layout = self.layout(line.partition.as_deref())?;
        if line.like_seconds {
            warn(format!(
                "`ts` was read as milliseconds and is {} (it looks like seconds)",
                time::iso(line.ts)
            ));
        }
        let fields = line.fields(layout.key().source);
        let bar =
            fields.and_then(|fields| layout.named(line.ts, &fields)).map_err(|error| error.to_string())?;
        let own = layout == *self.session.layout();
        if line.forming && !own {
            return Err(format!("`forming` is for bars of `{}`", self.session.layout().key()));
        }
        if line.forming {
            let row = self.session.peek(&bar).map_err(|error| error.to_string())?;
            return Ok(Taken::Peeked(self.answer(&row, true)));
        }
        let taken = if own { self.session.step(&bar).map(|_| ()) } else { self.session.observe(&bar) };
        taken.map_err(|error| self.refusal(&bar, &error))?;
        let answer = if own { self.session.last().map(|row| self.answer(&row, false)) } else { None };
        self.recent.truncate(RECENT - 1);
        self.recent.push_front(bar);
        Ok(Taken::Closed(Closed { answer, partition: layout.key().to_string(), ts: line.ts }))
    }

    /// The rows that a line is of.
    fn layout(&self, partition: Option<&str>) -> Result<Layout, String> {
        let own = self.session.layout();
        let feeds = self.session.binding().feeds();
        let unnamed = &*own.key().symbol == UNNAMED && feeds.len() == 1;
        let Some(said) = partition.filter(|_| !unnamed) else {
            return Ok(own.clone());
        };
        let keys: Vec<PartitionKey> = feeds.iter().map(|feed| feed.key().clone()).collect();
        let said: PartitionKey = said.parse().map_err(|error: ta_runtime::Error| error.to_string())?;
        let key = sources::meant(&said, &keys).map_err(|Failure(why)| why)?;
        Ok(feeds.iter().find(|feed| *feed.key() == key).unwrap_or(own).clone())
    }

    /// One line of output.
    fn answer(&self, row: &Row<'_, S>, forming: bool) -> String {
        let mut object = Object::default().time("ts", row.ts());
        if forming {
            object = object.raw("forming", "true");
        }
        if self.session.binding().feeds().len() > 1 {
            object = object.text("partition", &self.session.layout().key().to_string());
        }
        if self.numbered {
            object = object.raw("sequence", &row.sequence().to_string());
        }
        object.columns(row.iter().map(|(name, kind, value)| (name, number::text(value, kind)))).end()
    }

    /// Why a row was not taken in; one that was there before is told from one that comes too late.
    fn refusal(&self, bar: &Bar<S>, error: &ta_runtime::Error) -> String {
        let held = |held: &&Bar<S>| (held.layout(), held.ts()) == (bar.layout(), bar.ts());
        let Some(held) = self.recent.iter().find(held).filter(|_| error.is_stale()) else {
            return error.to_string();
        };
        let at = time::iso(bar.ts());
        let names = bar.layout().names().iter();
        let mut values = names.zip(held.values().iter().zip(bar.values()));
        match values.find(|(_, (then, now))| !then.same(**now)) {
            None => format!("{at} is there already, with the same values"),
            Some((name, (then, now))) => {
                format!("{at} is there already, with other values (`{name}` was {then}, and is {now} now)")
            }
        }
    }
}

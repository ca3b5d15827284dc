//! A session on disk: a folder that `ta stream --store` reads too.

use std::path::Path;

use serde_json::{Map, Value};
use ta_runtime::Error;
use ta_runtime::dataset::read::Line;
use ta_runtime::dataset::{Dataset, Partition, PartitionKey};
use ta_runtime::plan::Plan;
use ta_runtime::state::store::{LoggedEvent, Point, Replaced, Snapshot, SqliteStore, StateStore};

use super::shape::Shape;

/// A session of a store. Every row is stored as a line before it is answered, and the state now and then.
pub(super) struct Store {
    disk: SqliteStore,
    session: String,
    at: Point,
    /// Rows since the state was saved.
    pub(super) unsaved: u64,
}

/// What there is to go on from: a state, and the rows that came after it.
pub(super) struct Found {
    pub(super) state: Vec<u8>,
    events: Vec<LoggedEvent>,
}

impl Store {
    /// Opens a store, and what it has of the session.
    pub(super) fn open(folder: &Path, session: &str, plan: &Plan) -> Result<(Self, Option<Found>), Error> {
        let mut disk = SqliteStore::open(folder)?;
        let saved = disk.load(session, &plan.fingerprint())?;
        let mut at = Point { sequence: 0, ts: None };
        let mut unsaved = 0;
        let found = saved.map(|saved| {
            let last = saved.events.last().map_or(saved.at.ts, |event| Some(event.ts));
            at = Point { sequence: saved.sequence(), ts: last };
            unsaved = saved.events.len() as u64;
            Found { state: saved.state, events: saved.events }
        });
        Ok((Self { disk, session: session.to_owned(), at, unsaved }, found))
    }

    /// Stores rows. When it is refused, none of them is.
    pub(super) fn append(&mut self, shape: &Shape, data: &Dataset<f64>) -> Result<(), Error> {
        let mut events = Vec::new();
        for feed in &shape.feeds {
            let Ok(rows) = data.partition(&feed.key) else { continue };
            let partition = feed.key.to_string();
            let columns = rows.columns();
            for (row, &ts) in rows.ts().iter().enumerate() {
                let sequence = self.at.sequence + events.len() as u64 + 1;
                let bytes = line(ts, (!shape.is_nameless()).then_some(&partition), &columns, row);
                events.push(LoggedEvent { sequence, partition: partition.clone(), ts, bytes });
            }
        }
        let Some(last) = events.last() else { return Ok(()) };
        let at = Point { sequence: last.sequence, ts: Some(last.ts) };
        self.disk.append(&self.session, &events)?;
        (self.at, self.unsaved) = (at, self.unsaved + events.len() as u64);
        Ok(())
    }

    /// Stores the state after all rows that were stored.
    pub(super) fn save(&mut self, plan: &Plan, state: &[u8]) -> Result<(), Error> {
        let snapshot =
            Snapshot { plan: &plan.fingerprint(), at: self.at, state, replaced: Replaced::Dropped };
        self.disk.save(&self.session, &snapshot)?;
        self.unsaved = 0;
        Ok(())
    }
}

impl Found {
    /// The rows that came after the state.
    pub(super) fn rows(&self, shape: &Shape) -> Result<Dataset<f64>, Error> {
        let mut columns: Vec<(Vec<i64>, Vec<Vec<f64>>)> =
            shape.feeds.iter().map(|feed| (Vec::new(), vec![Vec::new(); feed.fields.len()])).collect();
        for event in &self.events {
            let key: Option<PartitionKey> = event.partition.parse().ok();
            let Some(at) = shape.feeds.iter().position(|feed| Some(&feed.key) == key.as_ref()) else {
                continue;
            };
            let (text, feed) = (String::from_utf8_lossy(&event.bytes), &shape.feeds[at]);
            let line = Line::read(&text)?;
            let fields = line.fields::<f64>(feed.key.source)?;
            columns[at].0.push(line.ts);
            for (column, name) in columns[at].1.iter_mut().zip(&feed.fields) {
                let value = fields.iter().find(|(field, _)| field == name);
                column.push(value.map_or(f64::NAN, |(_, value)| *value));
            }
        }
        let mut data = Dataset::new();
        for (feed, (ts, columns)) in shape.feeds.iter().zip(&columns).filter(|(_, (ts, _))| !ts.is_empty()) {
            let columns: Vec<(&str, &[f64])> =
                feed.fields.iter().zip(columns).map(|(name, column)| (*name, &column[..])).collect();
            data.insert(feed.key.clone(), Partition::from_columns(feed.key.source, ts, &columns)?)?;
        }
        Ok(data)
    }
}

/// A row as a line of a feed.
fn line(ts: i64, partition: Option<&String>, columns: &[(&str, &[f64])], row: usize) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("ts".to_owned(), ts.into());
    if let Some(partition) = partition {
        fields.insert("partition".to_owned(), partition.clone().into());
    }
    for (name, values) in columns {
        // What is missing is null.
        fields.insert(
            (*name).to_owned(),
            serde_json::Number::from_f64(values[row]).map_or(Value::Null, Value::Number),
        );
    }
    Value::Object(fields).to_string().into_bytes()
}

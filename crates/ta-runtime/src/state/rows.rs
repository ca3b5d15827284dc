//! The rows a plan has taken in, as bytes: a header, then for each partition its columns.

use rmp_serde::Serializer;
use serde::{Deserialize, Serialize};
use ta_kernel_api::Scalar;

use super::header::{Header, Holds, open};
use super::sealed::{misfit, seal, unread, unsaved};
use crate::dataset::{Dataset, Partition};
use crate::error::Error;
use crate::exec::{ExecutionBackend, Layout, Rerun};
use crate::plan::Plan;

/// The rows of one partition: times, and the fields the plan reads, in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
struct SavedRows<S: Scalar> {
    ts: Vec<i64>,
    fields: Vec<Vec<S>>,
}

pub(crate) fn save<S: Scalar>(rerun: &Rerun<S>) -> Result<Vec<u8>, Error> {
    let header = Header::new(Holds::Rows, &rerun.program().plan, rerun.binding());
    let feeds = 0..rerun.binding().feeds().len();
    let rows = feeds.map(|feed| {
        let tape = rerun.tapes().feed(feed);
        SavedRows { ts: tape.ts.clone(), fields: tape.fields.clone() }
    });
    let mut content = Vec::new();
    let mut writer = Serializer::new(&mut content).with_struct_map();
    header.serialize(&mut writer).map_err(|err| unsaved("header", &err))?;
    rows.collect::<Vec<_>>().serialize(&mut writer).map_err(|err| unsaved("rows", &err))?;
    Ok(seal(&content))
}

pub(crate) fn restore<S: Scalar>(plan: &Plan, bytes: &[u8]) -> Result<Rerun<S>, Error> {
    let (binding, mut reader) = open::<S>(Holds::Rows, plan, bytes)?;
    let mut rerun = Rerun::fresh(plan, binding)?;
    let saved = Vec::<SavedRows<S>>::deserialize(&mut reader).map_err(|err| unread("rows", &err))?;
    if !reader.get_ref().is_empty() {
        return Err(misfit("content after the rows"));
    }
    let feeds: Vec<Layout> = rerun.binding().feeds().to_vec();
    if saved.len() != feeds.len() {
        return Err(misfit("number of partitions"));
    }
    let mut dataset = Dataset::new();
    for (feed, SavedRows { ts, fields }) in feeds.iter().zip(saved) {
        if fields.len() != feed.names().len() {
            return Err(misfit("number of fields"));
        }
        let columns: Vec<(&str, &[S])> =
            feed.names().iter().zip(&fields).map(|(name, field)| (&**name, &field[..])).collect();
        let rows = Partition::from_columns(feed.key().source, &ts, &columns)
            .and_then(|rows| dataset.append(feed.key(), &rows));
        rows.map_err(|err| misfit(&format!("rows of `{}`: {err}", feed.key())))?;
    }
    rerun.replay(&dataset).map_err(|err| misfit(&err.to_string()))?;
    Ok(rerun)
}

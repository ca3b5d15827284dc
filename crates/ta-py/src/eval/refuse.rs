//! What the runtime refuses in data, as exceptions.

use ta_runtime::Error;
use ta_runtime::dataset::time;

use super::NAMELESS;
use super::tables::Part;
use crate::errors::{Class, Refusal};
use crate::plan::of_expression;

/// Why a plan could not be run over some rows. `several` says that there are other symbols.
pub(crate) fn of_data(error: &Error, part: &Part<'_>, several: bool) -> Refusal {
    // Said as everywhere else that columns are given.
    if let Some(refusal) = part.table.infinite() {
        return refusal;
    }
    let row = error.location().and_then(|location| location.row).map(|row| part.row(row));
    said(error, several.then_some(&*part.key.symbol), row, part.is_timed())
}

/// What is refused, without rows of the caller that it could be about.
pub(crate) fn of_runtime(error: &Error) -> Refusal {
    of_row(error, None, error.location().and_then(|location| location.row))
}

/// What is refused of a row: of which symbol where there are several, and which one of those that were given.
pub(crate) fn of_row(error: &Error, symbol: Option<&str>, row: Option<usize>) -> Refusal {
    said(error, symbol, row, true)
}

fn said(error: &Error, symbol: Option<&str>, row: Option<usize>, timed: bool) -> Refusal {
    let class = match error.kind() {
        "unknown_name" => Class::UnknownColumn,
        "data" | "missing" => Class::Data,
        "stale" => Class::Stale,
        "snapshot" => Class::Snapshot,
        "in_use" | "full" | "damaged" | "store" | "io" | "gap" => Class::Store,
        "unknown_dataset" | "dropped_dataset" => Class::UnknownDataset,
        _ => return of_expression(error),
    };
    let location = error.location().cloned().unwrap_or_default();
    let mut place: Vec<String> = symbol.map(|symbol| format!("`{symbol}`")).into_iter().collect();
    place.extend(row.map(|row| format!("row {row}")));
    place.extend(location.ts.filter(|_| timed).map(|ts| time::iso(ts).to_string()));
    place.extend(location.column.as_ref().map(|column| format!("column `{column}`")));
    let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
    let help = error.help().map(|help| format!(" ({help})")).unwrap_or_default();
    // Keys of data that name no symbol are said without the one that stands in for it.
    let message = format!("{place}{}{help}", error.message()).replace(&format!("`{NAMELESS}."), "`");
    let mut refusal = Refusal::new(class, message);
    if class == Class::Store {
        refusal = refusal.with("kind", error.kind());
    }
    if let Some(row) = row {
        refusal = refusal.with("row", row);
    }
    if let Some(column) = location.column {
        refusal = refusal.with("column", column);
    }
    refusal
}

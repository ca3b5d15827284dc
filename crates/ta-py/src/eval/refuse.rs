//! What the runtime refuses in data, as exceptions.

use ta_runtime::Error;
use ta_runtime::dataset::time;

use super::NAMELESS;
use super::tables::Part;
use crate::errors::{Class, Refusal};
use crate::plan::of_expression;

/// Why a plan could not be run over some rows. `several` says that there are other symbols.
pub(crate) fn of_data(error: &Error, part: &Part<'_>, several: bool) -> Refusal {
    let class = match error {
        _ if error.is_unknown_name() => Class::UnknownColumn,
        _ if error.is_data() || error.is_missing() => Class::Data,
        _ if error.is_stale() => Class::Stale,
        _ => return of_expression(error),
    };
    let mut place: Vec<String> = Vec::new();
    if several {
        place.push(format!("`{}`", part.key.symbol));
    }
    let location = error.location().cloned().unwrap_or_default();
    let row = location.row.map(|row| part.row(row));
    place.extend(row.map(|row| format!("row {row}")));
    place.extend(location.ts.filter(|_| part.is_timed()).map(|ts| time::iso(ts).to_string()));
    place.extend(location.column.as_ref().map(|column| format!("column `{column}`")));
    let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
    let help = error.help().map(|help| format!(" ({help})")).unwrap_or_default();
    // Keys of data that name no symbol are said without the one that stands in for it.
    let message = format!("{place}{}{help}", error.message()).replace(&format!("`{NAMELESS}."), "`");
    let mut refusal = Refusal::new(class, message);
    if let Some(row) = row {
        refusal = refusal.with("row", row);
    }
    if let Some(column) = location.column {
        refusal = refusal.with("column", column);
    }
    refusal
}

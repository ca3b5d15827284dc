//! A plan as notebooks show it.

use std::fmt::Write as _;

use ta_runtime::editor::{Column, tree};
use ta_runtime::plan::Plan;

/// The columns in a table, and the tree behind a fold.
pub(super) fn of(plan: &Plan) -> String {
    let mut html = "<table><thead><tr><th>output</th><th>kind</th><th>lookback</th><th>stabilisation</th></tr></thead><tbody>".to_owned();
    for output in plan.outputs() {
        let Column { name, kind, lookback, stabilisation } = Column::from(output);
        let stabilisation = stabilisation.map_or("never".to_owned(), |rows| rows.to_string());
        // Writing to a string does not fail.
        let _ = write!(
            html,
            "<tr><td><code>{}</code></td><td>{kind}</td><td>{lookback}</td><td>{stabilisation}</td></tr>",
            escaped(&name)
        );
    }
    let _ = write!(
        html,
        "</tbody></table><details><summary>plan</summary><pre>{}</pre></details>",
        escaped(&tree(plan))
    );
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

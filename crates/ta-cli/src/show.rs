//! What goes to the terminal: errors, warnings, tables, progress. Colours and bars appear on a terminal only.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// A word in green or red, for tables on a terminal.
pub(crate) fn verdict(good: bool, word: &str) -> String {
    if !io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some() {
        return word.to_owned();
    }
    let style = if good { AnsiColor::Green.on_default() } else { RED };
    format!("{style}{word}{style:#}")
}

/// Why the program ends.
pub(crate) fn error(message: &str) {
    anstream::eprintln!("{RED}error:{RED:#} {message}");
}

/// What the reader should know although the work goes on.
pub(crate) fn warning(message: &str) {
    anstream::eprintln!("{YELLOW}warning:{YELLOW:#} {message}");
}

/// A remark about the output.
pub(crate) fn note(message: &str) {
    anstream::eprintln!("{DIM}{message}{DIM:#}");
}

/// A table, which is also a table in Markdown.
pub(crate) fn table<T: Into<comfy_table::Row>>(header: T) -> Table {
    let mut table = Table::new();
    // As wide as the terminal, and as wide as it likes elsewhere.
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}

/// A bar over `length` units of work on stderr; hidden where stderr is no terminal.
pub(crate) fn progress(length: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), target()).with_message(what.to_owned());
    // The form is a constant; the default style stands in should it be mistyped.
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A sign on stderr that work of unknown length goes on; hidden where stderr is no terminal.
pub(crate) fn busy(what: &str) -> ProgressBar {
    let sign = ProgressBar::with_draw_target(None, target()).with_message(what.to_owned());
    sign.enable_steady_tick(Duration::from_millis(100));
    sign.with_style(ProgressStyle::default_spinner())
}

fn target() -> ProgressDrawTarget {
    if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

/// Writes to stdout as a whole. A reader that has gone away, such as `head`, is no error.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Rows as comma-separated values.
pub(crate) fn csv(out: &mut dyn Write, rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    for row in rows {
        writer.write_record(row).map_err(|error| match error.into_kind() {
            // As it is, so that a reader that has gone away is known as such.
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })?;
    }
    writer.flush()
}

//! What goes to the terminal: errors, warnings, tables, progress. Colours and bars appear on a terminal only.

use std::io::{self, IsTerminal, Write};

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
pub(crate) fn progress(length: u64, what: &str, bytes: bool) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let form = if bytes {
        "{msg} {wide_bar} {bytes}/{total_bytes} {eta}"
    } else {
        "{msg} {wide_bar} {pos}/{len} {eta}"
    };
    let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what.to_owned());
    // Both forms are constants above; the default style stands in should one of them be mistyped.
    bar.with_style(ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Writes to stdout as a whole. A reader that has gone away, such as `head`, is no error.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ta_kernel_api::{Missing, ScalarKind};
use ta_runtime::dataset::read::Zone;
use ta_runtime::dataset::time::{self, Epoch};
use ta_runtime::dataset::{PartitionKey, Timeframe};
use ta_runtime::exec::Mode;

/// Technical-analysis expressions over files of bars and over live feeds: the same numbers in both.
#[derive(Debug, Parser)]
#[command(name = "ta", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  ta eval 'sma(20)' 'rsi(14)' --data bars.csv
  ta eval 'close / SPY.close' --data 'data/*.csv' --per-symbol --tail 1
  feed | ta stream 'rsi(14)' --history bars.csv --store state
  ta describe macd

Exit codes:
  0    done
  1    `ta check` or `ta analyze` found an invalid expression, or `ta certify` a law that fails
  2    the arguments, an expression, the data or a saved state were refused, or a file could not be read or written
  130  stopped by SIGINT or SIGTERM (`ta stream` has saved its state by then)";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Eval(Eval),
    Stream(Stream),
    Revise(Revise),
    Check(Check),
    Analyze(Analyze),
    Explain(Explain),
    Preview(Preview),
    /// Print all there is to write expressions with, as JSON: sources, kernels, operators, forms, limits, examples.
    Manifest,
    Kernels(Kernels),
    Describe(Describe),
    Certify(Certify),
    Completions(Completions),
}

/// Compute expressions over a file of bars.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ta eval 'sma(20)' 'rsi(14)' --data bars.csv
  ta eval 'close / SPY.close' --data AAPL.csv --data SPY.csv
  ta eval 'rsi(14)' --data 'data/*.csv' --per-symbol --tail 1
  ta eval fast='ema(12)' slow='ema(26)' up='ema(12) > ema(26)' --data bars.csv --format csv
  ta eval 'macd(12, 26, 9)' --data bars.csv --mode incremental --numeric decimal --tail 5")]
pub(crate) struct Eval {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Compute the expressions for each symbol of the data that has rows like those of the base.
    #[arg(long)]
    pub(crate) per_symbol: bool,
    /// Compute whole columns (batch), step bar by bar (incremental), or do both and report where they differ (shadow). All print the
    /// same. What the environment says under `TA_EXECUTION_MODE` unless said, or else batch.
    #[arg(long)]
    pub(crate) mode: Option<Mode>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: RowFormat,
    /// Print only the last N rows, of each symbol where there are several; a table shows 20 unless told otherwise.
    #[arg(long, value_name = "N")]
    pub(crate) tail: Option<usize>,
}

/// Correct a span of history, and print which rows of the outputs are others now.
///
/// The rows of the span are replaced by those of the second file: corrected, inserted, or removed where it has none. What comes after
/// them is computed again from the nearest state that was kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ta revise 'rsi(14)' --data bars.csv --with corrected.csv
  ta revise 'sma(20)' --data bars.csv --with nothing.csv --from 2026-01-05 --until 2026-01-06 --format csv")]
pub(crate) struct Revise {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Rows to put in the place of those of the span: of the base, or of KEY.
    #[arg(long, value_name = "[KEY=]FILE")]
    pub(crate) with: PathBuf,
    /// Where the span begins: ISO-8601 or epoch milliseconds; the first of the new rows unless said.
    #[arg(long, value_name = "TIME", value_parser = time_arg)]
    pub(crate) from: Option<i64>,
    /// Before which time it ends; just after the last of the new rows unless said.
    #[arg(long, value_name = "TIME", value_parser = time_arg)]
    pub(crate) until: Option<i64>,
    /// How the changes are printed, one row for each output that changed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: RowFormat,
}

/// A time on the command line.
fn time_arg(text: &str) -> Result<i64, String> {
    time::parse(text, Epoch::Milliseconds).ok_or_else(|| format!("accepted: {}", time::ACCEPTED))
}

/// Which data are read.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// Rows to read; may be given many times. A file, KEY=FILE, a folder, or a pattern in quotes such as 'data/*.csv'.
    ///
    /// A file has a time column `ts` (ISO-8601 or epoch) and columns such as open, high, low, close, volume. Its rows are under a KEY
    /// such as AAPL, AAPL.1d, binance.BTCUSDT.1m or BTC.trades: the one given, or else the name of the file without its ending.
    #[arg(long, value_name = "[KEY=]FILE", required = true)]
    pub(crate) data: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
}

/// What files hold that do not say it.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Which rows the outputs are on; those of the first file unless said.
    #[arg(long, value_name = "KEY")]
    pub(crate) base: Option<PartitionKey>,
    /// How long the bars last of files whose key does not say it, such as 1m or 1d.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeframe: Option<Timeframe>,
    #[command(flatten)]
    pub(crate) times: TimeArgs,
}

/// Answer each bar of a live feed: JSON lines on stdin, JSON lines on stdout.
///
/// A line is an object such as {"ts": "2026-01-05T14:30:00Z", "open": 1, "high": 2, "low": 1, "close": 2, "volume": 10}; ts is
/// ISO-8601 or epoch milliseconds. With "forming": true the bar is still open: it is answered, and nothing is remembered. Where the
/// expressions read several partitions, "partition": "SPY" says which one a line is of; those of the base are answered, with the
/// others in mind that came before. A line that cannot be used is explained on stderr with its number and skipped.
///
/// With --store, a bar is on disk before it is answered, and answers are numbered by "sequence". Started again, the program goes on
/// after the last bar it has stored. Whether the last answers arrived it cannot know: --again gives those since the last snapshot once
/// more, and the reader drops the numbers it has.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  feed | ta stream 'rsi(14)' --history bars.csv
  feed | ta stream up='crossup(ema(12), ema(26))' --snapshot up.snapshot --every 10
  feed | ta stream 'rsi(14)' --history BTC.1m=bars.csv --store state --session rsi --again")]
pub(crate) struct Stream {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Rows to warm up with, as --data of `ta eval`; not read when there is a saved state.
    #[arg(long, value_name = "[KEY=]FILE")]
    pub(crate) history: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// File to resume from if it is there, and to write the state to after bars were answered.
    #[arg(long, value_name = "FILE", group = "saved")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Folder to resume from if it is there; each bar is stored in it before it is answered.
    #[arg(long, value_name = "FOLDER", group = "saved")]
    pub(crate) store: Option<PathBuf>,
    /// Which of the sessions in the store this is.
    #[arg(long, value_name = "NAME", default_value = "main", requires = "store")]
    pub(crate) session: String,
    /// Answer the bars since the last snapshot once more before the feed goes on.
    #[arg(long, requires = "store")]
    pub(crate) again: bool,
    /// Write the state after every N closed bars, and at the end; 1 for a snapshot and 1000 for a store unless said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), requires = "saved")]
    pub(crate) every: Option<u64>,
}

/// Say whether expressions are valid, and what they need.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ta check 'sma(20) > sma(50) and rsi(14) < 70'
  ta check 'macd(12, 26, 9).signl' --format json")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) texts: TextArgs,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextFormat,
}

/// Say all that is known of expressions without data, or all that is wrong with them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ta analyze 'sma(20) > sma(50) and rsi(14) < 70' --format json")]
pub(crate) struct Analyze {
    #[command(flatten)]
    pub(crate) texts: TextArgs,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextFormat,
}

/// Draw what is computed for expressions, and what it reads.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ta explain 'macd(12, 26, 9).histogram > 0' --format mermaid")]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// How it is drawn.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Drawing,
}

/// Compute expressions over files of rows, with the indicators inside them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ta preview 'sma(20) > sma(50)' --data bars.csv --tail 100 --format json")]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Show only the last N rows; a table shows 20 unless told otherwise.
    #[arg(long, value_name = "N")]
    pub(crate) tail: Option<usize>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}

/// List the linked kernels.
#[derive(Debug, Args)]
pub(crate) struct Kernels {
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}

/// Show all that is declared about one kernel.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ta describe macd")]
pub(crate) struct Describe {
    /// Its id or alias.
    pub(crate) id: String,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextFormat,
}

/// Put kernels through the conformance laws: a table of kernels by laws.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ta certify\n  ta certify rsi macd --format json")]
pub(crate) struct Certify {
    /// Ids or aliases; all linked kernels when none is given.
    pub(crate) ids: Vec<String>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}

/// Print the completions script of a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ta completions bash > ~/.local/share/bash-completion/completions/ta")]
pub(crate) struct Completions {
    /// Which shell.
    pub(crate) shell: Shell,
}

/// How times in files are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct TimeArgs {
    /// What an integer in the time column of a file counts since the epoch: s, ms, us or ns.
    #[arg(long, default_value_t, value_name = "UNIT")]
    pub(crate) epoch: Epoch,
    /// Where times are that say no zone: UTC, an offset such as -05:00, or a name such as `America/New_York`.
    #[arg(long, default_value_t, value_name = "ZONE")]
    pub(crate) zone: Zone,
}

/// What a plan is made of.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Expressions, each with a column name or without, such as 'sma(20)' or fast='ema(12)'.
    #[arg(required_unless_present = "file", value_name = "[NAME=]EXPR")]
    pub(crate) expressions: Vec<String>,
    /// A plan as JSON in place of expressions, as `ta explain --format json` prints it.
    #[arg(id = "file", long = "plan", value_name = "FILE", conflicts_with_all = ["expressions", "numeric", "missing"])]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) choices: Choices,
}

/// Expressions to be looked at.
#[derive(Debug, Args)]
pub(crate) struct TextArgs {
    /// Expressions, each with a column name or without, such as 'sma(20)' or fast='ema(12)'.
    #[arg(required = true, value_name = "[NAME=]EXPR")]
    pub(crate) expressions: Vec<String>,
    #[command(flatten)]
    pub(crate) choices: Choices,
}

/// The choices that belong to a plan as a whole.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Choices {
    /// The numbers to compute with.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) numeric: Numeric,
    /// What happens at a bar with a missing input: skip, hold, restart or error.
    #[arg(long, default_value_t, value_name = "POLICY")]
    pub(crate) missing: Missing,
}

/// The numbers to compute with.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Numeric {
    /// Double precision.
    #[default]
    F64,
    /// Exact decimals.
    Decimal,
}

impl From<Numeric> for ScalarKind {
    fn from(numeric: Numeric) -> Self {
        match numeric {
            Numeric::F64 => Self::F64,
            Numeric::Decimal => Self::Decimal,
        }
    }
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum RowFormat {
    /// Aligned columns for reading.
    #[default]
    Table,
    /// A header and one line per bar; an empty cell is missing.
    Csv,
    /// One JSON object per bar; null is missing.
    Jsonl,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum TableFormat {
    /// Aligned columns for reading.
    #[default]
    Table,
    /// JSON for programs.
    Json,
}

/// How a plan is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum Drawing {
    /// A tree for reading.
    #[default]
    Tree,
    /// A flowchart in Mermaid.
    Mermaid,
    /// The plan as JSON, for `--plan` and for programs.
    Json,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum TextFormat {
    /// Text for reading.
    #[default]
    Text,
    /// JSON for programs.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

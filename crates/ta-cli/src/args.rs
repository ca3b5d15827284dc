//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ta_kernel_api::{Missing, ScalarKind};
use ta_runtime::dataset::time::Epoch;
use ta_runtime::exec::Mode;
use ta_runtime::expr;

/// Technical-analysis expressions over files of bars and over live feeds: the same numbers in both.
#[derive(Debug, Parser)]
#[command(name = "ta", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    `ta check` found an invalid expression, or `ta certify` a law that fails
  2    the arguments, an expression, the data or a snapshot were refused, or a file could not be read or written
  130  stopped by SIGINT or SIGTERM (`ta stream` has written its snapshot by then)";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Eval(Eval),
    Stream(Stream),
    Check(Check),
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
  ta eval fast='ema(12)' slow='ema(26)' up='ema(12) > ema(26)' --data bars.csv --format csv
  ta eval 'macd(12, 26, 9)' --data bars.csv --mode incremental --numeric decimal --tail 5")]
pub(crate) struct Eval {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// CSV file of bars: a time column `ts` (ISO-8601 or epoch) and columns such as open, high, low, close, volume.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) epoch: EpochArgs,
    /// Compute whole columns, or step bar by bar; both print the same.
    #[arg(long, default_value = "batch")]
    pub(crate) mode: Mode,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: RowFormat,
    /// Print only the last N rows; a table shows 20 unless told otherwise.
    #[arg(long, value_name = "N")]
    pub(crate) tail: Option<usize>,
}

/// Answer each bar of a live feed: JSON lines on stdin, JSON lines on stdout.
///
/// A line is an object such as {"ts": "2026-01-05T14:30:00Z", "open": 1, "high": 2, "low": 1, "close": 2, "volume": 10}; ts is
/// ISO-8601 or epoch milliseconds. With "forming": true the bar is still open: it is answered, and nothing is remembered. A line that
/// cannot be used is explained on stderr with its number and skipped.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  feed | ta stream 'rsi(14)' --history bars.csv
  feed | ta stream up='crossup(ema(12), ema(26))' --snapshot up.snapshot --every 10")]
pub(crate) struct Stream {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// CSV file of bars to warm up with; not read when the snapshot is there.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) epoch: EpochArgs,
    /// File to resume from if it is there, and to write the state to.
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Write the snapshot after every N closed bars, and at the end.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), requires = "snapshot")]
    pub(crate) every: u64,
}

/// Say whether expressions are valid, and what they need.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ta check 'sma(20) > sma(50) and rsi(14) < 70'
  ta check 'macd(12, 26, 9).signl' --format json")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextFormat,
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
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct EpochArgs {
    /// What an integer in the time column of a file counts since the epoch: s, ms, us or ns.
    #[arg(long, default_value_t, value_name = "UNIT")]
    pub(crate) epoch: Epoch,
}

/// What a plan is made of.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Expressions, each with a column name or without, such as 'sma(20)' or fast='ema(12)'.
    #[arg(required = true, value_name = "[NAME=]EXPR")]
    pub(crate) expressions: Vec<String>,
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

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum TextFormat {
    /// Text for reading.
    #[default]
    Text,
    /// JSON for programs.
    Json,
}

impl PlanArgs {
    /// Name and text of each expression: `fast=ema(12)` has a name, `a == b` and `sma(period=3)` have none.
    pub(crate) fn named(&self) -> Vec<(Option<&str>, &str)> {
        self.expressions.iter().map(|text| expr::split_name(text)).collect()
    }
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

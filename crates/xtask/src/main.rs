//! The tasks of this repository, all of them: `cargo xtask --help`.

mod bench;
mod generate;
mod new_kernel;
mod python;
mod run;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every task answers; the text is all that is shown.
type Outcome = Result<(), String>;

/// Tests, benchmarks, generated pages and new kernels of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run everything that must hold: formatting, lints, docs, all tests, a scaffolded kernel, the Python wheel.
    Test,
    /// Measure every kernel, with TA-Lib in the same run, and print the table of ratios.
    Bench {
        /// Measure only benchmarks whose name contains this.
        filter: Option<String>,
    },
    /// Measure the Python wheel, with other libraries in the same run, and write the page of ratios.
    BenchPy,
    /// Write the pages that are made from the registry.
    Generate {
        /// Write nothing; fail when a page is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Write a standard kernel that compiles and passes, ready to be changed into yours.
    NewKernel {
        /// Its id, such as `typical_gap`.
        id: String,
        /// The family folder it goes into, such as `momentum`.
        #[arg(long, default_value = "momentum")]
        family: String,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Test => test::run_all(),
        Task::Bench { filter } => bench::run_all(filter.as_deref()),
        Task::BenchPy => python::bench(&root()),
        Task::Generate { check } => generate::run(check),
        Task::NewKernel { id, family } => new_kernel::run(&root(), &id, &family),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The top of the repository.
fn root() -> PathBuf {
    // This crate lies two folders below it.
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

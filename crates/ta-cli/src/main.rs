//! The program `ta`.

mod analyze;
mod args;
mod certify;
mod check;
mod data;
mod describe;
mod eval;
mod explain;
mod follow;
mod json;
mod keep;
mod manifest;
mod number;
mod plan;
mod preview;
mod revise;
mod show;
mod sources;
mod steps;
mod stream;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use ta_kernel_api::Registry;
// A dependency that no code names registers nothing.
use ta_kernels_std as _;

use crate::args::{Cli, Command};

/// What a command answers: how the program ends, or what to say before it ends with 2.
type Outcome = Result<ExitCode, Failure>;

/// Why a command could not be done.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(Failure(message)) => {
            show::error(&message);
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Outcome {
    let registry = Registry::linked()?;
    match command {
        Command::Eval(args) => eval::run(&registry, &args),
        Command::Stream(args) => stream::run(&registry, &args),
        Command::Revise(args) => revise::run(&registry, &args),
        Command::Check(args) => check::run(&registry, &args),
        Command::Analyze(args) => analyze::run(&registry, &args),
        Command::Explain(args) => explain::run(&registry, &args),
        Command::Preview(args) => preview::run(&registry, &args),
        Command::Manifest => manifest::run(&registry),
        Command::Kernels(args) => describe::list(&registry, &args),
        Command::Describe(args) => describe::one(&registry, &args),
        Command::Certify(args) => certify::run(&registry, &args),
        Command::Completions(args) => {
            clap_complete::generate(args.shell, &mut Cli::command(), "ta", &mut io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

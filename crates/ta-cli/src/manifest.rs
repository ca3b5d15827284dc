//! `ta manifest`.

use std::process::ExitCode;

use ta_kernel_api::Registry;
use ta_runtime::editor::Manifest;

use crate::{Outcome, show};

pub(crate) fn run(registry: &Registry) -> Outcome {
    let manifest = serde_json::to_string_pretty(&Manifest::new(registry))?;
    show::print(|out| writeln!(out, "{manifest}"))?;
    Ok(ExitCode::SUCCESS)
}

//! `ta explain`.

use std::process::ExitCode;

use ta_kernel_api::Registry;
use ta_runtime::dataset::OHLCV;
use ta_runtime::editor::{mermaid, tree};

use crate::args::{Drawing, Explain};
use crate::{Outcome, show};

pub(crate) fn run(registry: &Registry, args: &Explain) -> Outcome {
    let plan = args.plan.plan(registry, &OHLCV, &[])?;
    let drawing = match args.format {
        Drawing::Tree => tree(&plan),
        Drawing::Mermaid => mermaid(&plan),
        Drawing::Json => serde_json::to_string_pretty(&plan.to_json())? + "\n",
    };
    show::print(|out| write!(out, "{drawing}"))?;
    Ok(ExitCode::SUCCESS)
}

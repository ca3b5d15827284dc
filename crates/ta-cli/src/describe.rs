//! `ta kernels` and `ta describe`.

use std::process::ExitCode;

use ta_kernel_api::Registry;
use ta_runtime::catalog;

use crate::args::{Describe, Kernels, TableFormat, TextFormat};
use crate::{Outcome, show};

pub(crate) fn list(registry: &Registry, args: &Kernels) -> Outcome {
    match args.format {
        TableFormat::Table => {
            let mut table = show::table(["kernel", "also", "family", "meaning"]);
            for def in registry.iter() {
                let (kernel, also) = (catalog::signature(&def.spec), def.spec.aliases.join(", "));
                table.add_row([&kernel, &also, def.spec.family, def.spec.summary()]);
            }
            show::print(|out| writeln!(out, "{table}"))?;
        }
        TableFormat::Json => {
            let kernels = serde_json::to_string_pretty(&catalog::entries(registry))?;
            show::print(|out| writeln!(out, "{kernels}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn one(registry: &Registry, args: &Describe) -> Outcome {
    let def = registry.get(&args.id)?;
    match args.format {
        TextFormat::Text => show::print(|out| write!(out, "{}", catalog::page(def)))?,
        TextFormat::Json => {
            let entry = serde_json::to_string_pretty(&catalog::Entry::from(def))?;
            show::print(|out| writeln!(out, "{entry}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! Own kernels in one plan with the standard ones, on real bars: over the whole history, and bar by bar with a break in between.
//!
//! `cargo run -p custom-kernel --example plan`

use std::error::Error;
use std::path::Path;

// A dependency that no code names registers nothing.
use custom_kernel as _;
use ta_kernels_std as _;

use ta_kernel_api::{Registry, Scalar};
use ta_runtime::dataset::{read, time};
use ta_runtime::exec::{Session, evaluate};
use ta_runtime::plan::{Plan, PlanOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let registry = Registry::linked()?;
    let expressions = [
        (Some("volatility"), "acme::realized_volatility(20)"),
        (Some("pressure"), "ema(acme::up_volume_share(14), 5)"),
        (
            Some("calm_and_bought"),
            "acme::realized_volatility(20) < 0.2 and ema(acme::up_volume_share(14), 5) > 0.6",
        ),
    ];
    let plan = Plan::compile(&registry, &expressions, &PlanOptions::default())?;

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/AAPL.csv");
    let bars = read::file::<f64>(path, &read::Options::default())?.partition;

    let history = evaluate(&plan, &bars)?;
    let days = history
        .output("calm_and_bought")
        .map_or(0, |days| days.values.iter().filter(|day| **day == 1.0).count());
    println!("{} bars, calm and bought on {days} of them", bars.len());

    // The same, live: warmed up on all but five bars, saved, restored, and stepped through the rest.
    let (before, last) = (bars.slice(0..bars.len() - 5), bars.len() - 5..bars.len());
    let saved = Session::initialize(&plan, Some(&before))?.0.snapshot()?;
    let mut session = Session::<f64>::restore(&plan, &saved)?;
    println!("{:<22} {:>12} {:>10} {:>16}", "bar", "volatility", "pressure", "calm_and_bought");
    for row in last {
        let fields: Vec<(&str, f64)> =
            bars.names().iter().filter_map(|name| Some((name.as_str(), bars.column(name)?[row]))).collect();
        let bar = session.layout().named(bars.ts()[row], &fields)?;
        let answer = session.step(&bar)?;
        let values: Vec<f64> = (0..3).filter_map(|at| answer.get(at)).collect();
        for (live, column) in values.iter().zip(&history.outputs) {
            assert!(live.same(column.values[row]), "live and history agree bit for bit");
        }
        println!(
            "{:<22} {:>12.4} {:>10.4} {:>16}",
            time::iso(bars.ts()[row]).to_string(),
            values[0],
            values[1],
            values[2] == 1.0
        );
    }
    Ok(())
}

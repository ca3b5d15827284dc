//! Every standard kernel agrees with the reference outputs there are for it.
//!
//! `golden/README.md` says where they come from and when a value agrees. Deliberate deviations are in `docs/deviations.md`; none of them shows on
//! these bars, so nothing is left out here.

mod agree;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use agree::agree;
use flate2::read::GzDecoder;
use serde_json::Value;
use ta_kernel_api::{ParamValue, Registry};
use ta_kernels_std as _;
use ta_runtime::dataset::{Partition, read};

/// Names of parameters, there and here.
type Names = &'static [(&'static str, &'static str)];

/// A function of a reference, the kernel that answers for it, and how its parameters are called here.
const FUNCTIONS: &[(&str, &str, Names)] = &[
    ("ATR", "atr", &[("timeperiod", "period")]),
    (
        "BBANDS",
        "bbands",
        &[("timeperiod", "period"), ("nbdevup", "up"), ("nbdevdn", "down"), ("matype", "ma")],
    ),
    ("CUMSUM", "cumulative_sum", &[]),
    ("EMA", "ema", &[("timeperiod", "period"), ("period", "period")]),
    ("MACD", "macd", &[("fastperiod", "fast"), ("slowperiod", "slow"), ("signalperiod", "signal")]),
    ("MAX", "max", &[("timeperiod", "period")]),
    ("MAXINDEX", "argmax", &[("timeperiod", "period")]),
    ("MEDIAN", "median", &[("period", "period"), ("optInTimePeriod", "period")]),
    ("MIN", "min", &[("timeperiod", "period")]),
    ("MININDEX", "argmin", &[("timeperiod", "period")]),
    ("MOM", "mom", &[("timeperiod", "period")]),
    ("OBV", "obv", &[]),
    ("RMA", "rma", &[("timeperiod", "period")]),
    ("ROC", "roc", &[("timeperiod", "period")]),
    ("RSI", "rsi", &[("timeperiod", "period")]),
    ("SMA", "sma", &[("timeperiod", "period")]),
    ("STDDEV", "stddev", &[("timeperiod", "period"), ("period", "period")]),
    (
        "STOCH",
        "stoch",
        &[
            ("fastk_period", "fast_k"),
            ("slowk_period", "slow_k"),
            ("slowk_matype", "k_ma"),
            ("slowd_period", "slow_d"),
            ("slowd_matype", "d_ma"),
        ],
    ),
    ("SUM", "sum", &[("timeperiod", "period")]),
    ("TRANGE", "trange", &[]),
    ("VAR", "var", &[("timeperiod", "period")]),
    ("VWAP", "vwap", &[]),
    ("VWAP_ANCHORED", "vwap", &[("anchor", "anchor")]),
    ("WMA", "wma", &[("timeperiod", "period")]),
];

/// The functions whose references are exact to six digits only.
const VARIANCE: [&str; 3] = ["STDDEV", "VAR", "BBANDS"];

#[test]
fn talib_at_default_parameters() {
    check("talib_default");
}

#[test]
fn talib_at_other_parameters() {
    check("talib_alt");
}

#[test]
fn talib_over_all_of_a_history() {
    check("talib_full");
}

#[test]
fn talib_with_other_moving_averages() {
    check("talib_matypes");
}

#[test]
fn other_libraries() {
    check("extra");
}

fn check(file: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let registry = Registry::linked().unwrap();
    let mut bars = BTreeMap::new();
    let mut failures = Vec::new();
    let records = File::open(root.join("golden").join(format!("{file}.jsonl.gz"))).unwrap();
    for line in BufReader::new(GzDecoder::new(records)).lines() {
        let record = Record(serde_json::from_str(&line.unwrap()).unwrap());
        let bars = bars.entry(record.text("data").to_owned()).or_insert_with_key(|name| read(root, name));
        if let Err(failure) = record.check(&registry, bars) {
            failures.push(format!("{}: {failure}", record.text("id")));
        }
    }
    assert!(!bars.is_empty(), "no records");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn read(root: &Path, name: &str) -> Partition<f64> {
    let places = ["data", "../examples/data"].map(|folder| root.join(folder).join(format!("{name}.csv")));
    let path = places.into_iter().find(|path| path.exists()).unwrap_or_else(|| PathBuf::from(name));
    read::file(path, &read::Options::default()).unwrap().partition
}

/// One line of a file.
struct Record(Value);

impl Record {
    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    fn check(&self, registry: &Registry, bars: &Partition<f64>) -> Result<(), String> {
        let func = self.text("func");
        let (_, kernel, names) = FUNCTIONS.iter().find(|(name, ..)| *name == func).ok_or("no kernel")?;
        let def = registry.get(kernel).map_err(|err| err.to_string())?;
        let params = def.params(self.params(names)).map_err(|err| err.to_string())?;
        let node = def.bind::<f64>(&params).map_err(|err| err.to_string())?;
        let lookback = node.lookback()[0];
        if self.0["lookback"].as_u64().is_some_and(|theirs| theirs != lookback as u64) {
            return Err(format!("lookback {} there, {lookback} here", self.0["lookback"]));
        }

        let rows = self.0["rows"].as_u64().unwrap() as usize;
        let clock = bars.clock();
        let with_clock = def.spec.inputs.iter().any(|input| input.field == Some("ts"));
        let fields = self.0["inputs"].as_array().unwrap().iter().map(|field| field.as_str().unwrap());
        let columns = with_clock.then_some(clock.as_slice()).into_iter();
        let columns = columns.chain(fields.map(|field| bars.column(field).unwrap()));
        let inputs: Vec<&[f64]> = columns.map(|column| &column[..rows]).collect();
        let mut outputs = vec![vec![0.0; rows]; def.spec.outputs.len()];
        node.batch(&inputs, &mut outputs.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());

        let rtol = if VARIANCE.contains(&func) { 1e-6 } else { 1e-9 };
        for ((name, reference), mut ours) in self.0["outputs"].as_object().unwrap().iter().zip(outputs) {
            let mut reference: Vec<f64> = reference
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_f64().unwrap_or(f64::NAN))
                .collect();
            if self.0["types"][name] == "i32" {
                // Rows counted from the first one, of which several may hold the same value.
                let source = inputs[0];
                reference[..lookback].fill(f64::NAN);
                for row in lookback..rows {
                    reference[row] = source[reference[row] as usize];
                    ours[row] = source[row - ours[row] as usize];
                }
            }
            if let Some(factor) = self.0["params"]["nbdev"].as_f64().filter(|_| func == "STDDEV") {
                for value in &mut ours {
                    *value *= factor;
                }
            }
            agree(&reference, &ours, rtol).map_err(|failure| format!("`{name}` {failure}"))?;
        }
        Ok(())
    }

    /// The parameters in our words.
    fn params<'a>(&self, names: &[(&str, &'a str)]) -> Vec<(&'a str, ParamValue)> {
        let mut params = Vec::new();
        for (theirs, ours) in names {
            params.extend(match &self.0["params"][theirs] {
                Value::Null => None,
                Value::String(period) => Some((*ours, anchor(period).into())),
                number if theirs.ends_with("matype") => Some((*ours, average(number).into())),
                number => Some((*ours, number.as_f64().unwrap().into())),
            });
        }
        match self.text("source") {
            "pandas_ddof1" => params.push(("ddof", 1.into())),
            "tulipy" => params.push(("seed", "first".into())),
            _ => {}
        }
        params
    }
}

fn anchor(period: &str) -> &'static str {
    match period {
        "D" => "day",
        "W" => "week",
        _ => "month",
    }
}

/// TA-Lib's numbers for kinds of moving averages; 11 is the default of the function, the plain mean for those here.
fn average(number: &Value) -> &'static str {
    match number.as_u64() {
        Some(0 | 11) => "sma",
        Some(1) => "ema",
        Some(2) => "wma",
        Some(13) => "rma",
        _ => "not here",
    }
}

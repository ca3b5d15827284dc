//! Which data a command is about: files, and the key of each.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use ta_kernel_api::Scalar;
use ta_runtime::dataset::{Dataset, OHLCV, PartitionKey, Timeframe};
use ta_runtime::exec::{Binding, Layout};
use ta_runtime::plan::Plan;

use crate::args::{DataArgs, KeyArgs, TimeArgs};
use crate::{Failure, data, show};

/// How the names of data files end, in folders; what is packed ends in `.gz` beyond that.
const ENDINGS: [&str; 8] = ["csv", "json", "jsonl", "ndjson", "parquet", "arrow", "feather", "ipc"];

/// The files of a command, each under its key. Which of them are read, a plan decides.
#[derive(Debug)]
pub(crate) struct Sources {
    files: Vec<(PartitionKey, PathBuf)>,
    /// The rows the outputs are on.
    base: PartitionKey,
    times: TimeArgs,
}

impl Sources {
    /// The files that are named, in the order in which they are; those of a folder and of a pattern by name.
    pub(crate) fn find(args: &DataArgs) -> Result<Self, Failure> {
        Self::of(&args.data, &args.keys)
    }

    /// These files, or none: then there is the base alone, without a name unless it is given.
    pub(crate) fn of(given: &[PathBuf], args: &KeyArgs) -> Result<Self, Failure> {
        let mut files: Vec<(PartitionKey, PathBuf)> = Vec::new();
        for given in given {
            for (key, path) in named(given, args.timeframe)? {
                if let Some((_, other)) = files.iter().find(|(held, _)| *held == key) {
                    return Err(Failure(format!(
                        "{} and {} are both `{key}` (say what one of them is: KEY=FILE)",
                        other.display(),
                        path.display()
                    )));
                }
                files.push((key, path));
            }
        }
        let keys: Vec<PartitionKey> = files.iter().map(|(key, _)| key.clone()).collect();
        let base = match (&args.base, keys.first()) {
            (Some(base), Some(_)) => meant(base, &keys)?,
            (None, Some(first)) => first.clone(),
            (base, None) => lasting(base.clone().unwrap_or_else(|| symbol("_")), args.timeframe),
        };
        Ok(Self { files, base, times: args.times.clone() })
    }

    /// The rows the outputs are on.
    pub(crate) fn base(&self) -> &PartitionKey {
        &self.base
    }

    /// The keys of all files.
    pub(crate) fn keys(&self) -> Vec<PartitionKey> {
        self.files.iter().map(|(key, _)| key.clone()).collect()
    }

    /// For each symbol its rows that are like those of the base.
    pub(crate) fn symbols(&self) -> Vec<PartitionKey> {
        let like =
            |key: &PartitionKey| (key.timeframe, key.source) == (self.base.timeframe, self.base.source);
        self.keys().into_iter().filter(like).collect()
    }

    /// All that a plan reads when it runs over each of these in turn.
    pub(crate) fn feeds(
        &self,
        plan: &Plan,
        bases: &[PartitionKey],
    ) -> Result<HashSet<PartitionKey>, Failure> {
        let loaded = self.keys();
        let mut feeds = HashSet::new();
        for base in bases {
            feeds.extend(Binding::new(plan, base, &loaded)?.feeds().iter().map(Layout::key).cloned());
        }
        Ok(feeds)
    }

    /// Reads the files of these keys.
    pub(crate) fn read<S: Scalar>(&self, wanted: &HashSet<PartitionKey>) -> Result<Dataset<S>, Failure> {
        let mut dataset = Dataset::new();
        let files: Vec<_> = self.files.iter().filter(|(key, _)| wanted.contains(key)).collect();
        let bar = show::progress(files.len() as u64, "reading");
        for (key, path) in files {
            let rows = data::read::<S>(path, key.source, &self.times)?;
            dataset.append(key, &rows)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(dataset)
    }
}

/// The one of these keys that is meant by what is said of it: `AAPL` means `AAPL.1d` where there is no other of that symbol.
pub(crate) fn meant(said: &PartitionKey, keys: &[PartitionKey]) -> Result<PartitionKey, Failure> {
    if keys.contains(said) {
        return Ok(said.clone());
    }
    let fits = |key: &&PartitionKey| {
        (&key.symbol, key.source) == (&said.symbol, said.source)
            && (said.exchange.is_none() || said.exchange == key.exchange)
            && (said.timeframe.is_none() || said.timeframe == key.timeframe)
    };
    let list = |keys: &mut dyn Iterator<Item = &PartitionKey>| {
        keys.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
    };
    let found: Vec<_> = keys.iter().filter(fits).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => {
            let there = list(&mut keys.iter().take(20));
            Err(Failure(format!("there are no data of `{said}` (there are {there})")))
        }
        _ => Err(Failure(format!("`{said}` may be any of {} (say which)", list(&mut found.into_iter())))),
    }
}

/// The key of `KEY=FILE`, when it has one, and the file. A file that is there is one, whatever its name.
pub(crate) fn split(given: &Path) -> Result<(Option<PartitionKey>, PathBuf), Failure> {
    match given.to_str().and_then(|text| text.split_once('=')) {
        Some((key, file)) if !given.exists() => {
            let key = key
                .parse()
                .map_err(|error| Failure(format!("`{key}` in --data {}: {error}", given.display())))?;
            Ok((Some(key), file.into()))
        }
        _ => Ok((None, given.to_owned())),
    }
}

/// The files that one argument names.
fn named(given: &Path, timeframe: Option<Timeframe>) -> Result<Vec<(PartitionKey, PathBuf)>, Failure> {
    let (key, path) = split(given)?;
    if let Some(key) = key {
        return Ok(vec![(lasting(key, timeframe), path)]);
    }
    let files = if path.is_dir() {
        let in_folder = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
        let entries = fs::read_dir(&path).map_err(in_folder)?;
        let entries: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(in_folder)?;
        some(entries.into_iter().filter(|file| file.is_file() && is_data(file)).collect(), || {
            let endings = ENDINGS.map(|ending| format!(".{ending}")).join(", ");
            format!(
                "{}: there are no data in this folder (accepted: {endings}, also packed as .gz)",
                path.display()
            )
        })?
    } else if let Some(pattern) =
        path.to_str().filter(|text| !path.exists() && text.contains(['*', '?', '[']))
    {
        let paths = glob::glob(pattern).map_err(|error| Failure(format!("pattern `{pattern}`: {error}")))?;
        some(paths.filter_map(Result::ok).filter(|file| file.is_file()).collect(), || {
            format!("no file is like `{pattern}`")
        })?
    } else {
        vec![path]
    };
    Ok(files.into_iter().map(|file| (lasting(key_of(&file), timeframe), file)).collect())
}

/// The key with the length of its bars, where it does not say another.
fn lasting(key: PartitionKey, timeframe: Option<Timeframe>) -> PartitionKey {
    PartitionKey { timeframe: key.timeframe.or(timeframe.filter(|_| key.source.bars)), ..key }
}

/// Bars of a symbol.
fn symbol(name: &str) -> PartitionKey {
    PartitionKey { exchange: None, symbol: name.into(), timeframe: None, source: &OHLCV }
}

/// Files in the order of their names; there must be some.
fn some(mut files: Vec<PathBuf>, otherwise: impl Fn() -> String) -> Result<Vec<PathBuf>, Failure> {
    files.sort();
    if files.is_empty() { Err(Failure(otherwise())) } else { Ok(files) }
}

fn is_data(file: &Path) -> bool {
    let unpacked = stem_and_ending(file);
    ENDINGS.iter().any(|ending| unpacked.1.eq_ignore_ascii_case(ending))
}

/// The name of a file without its ending, and the ending, both without that of packing.
fn stem_and_ending(file: &Path) -> (String, String) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let (stem, ending) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""));
    (stem.to_owned(), ending.to_owned())
}

/// What a file is by its name: `AAPL.1d.csv` is `AAPL.1d`; a name that is no key is a symbol as a whole.
fn key_of(file: &Path) -> PartitionKey {
    let (stem, _) = stem_and_ending(file);
    stem.parse().unwrap_or_else(|_| {
        // What no key can hold.
        let name: String = stem.chars().map(|c| if c.is_control() || c == '"' { '_' } else { c }).collect();
        symbol(if name.is_empty() { "_" } else { &name })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_says_what_is_in_it() {
        for (file, key) in [
            ("AAPL.csv", "AAPL.ohlcv"),
            ("data/AAPL.csv.gz", "AAPL.ohlcv"),
            ("binance.BTCUSDT.1m.parquet", "binance.BTCUSDT.1m.ohlcv"),
            ("BTC.trades.jsonl", "BTC.trades"),
            ("2020 bars.csv", "\"2020 bars\".ohlcv"),
            ("a.b.c.d.csv", "\"a.b.c.d\".ohlcv"),
            ("a\"b.csv", "a_b.ohlcv"),
            ("-", "\"-\".ohlcv"),
        ] {
            assert_eq!(key_of(Path::new(file)).to_string(), key);
        }
    }
}

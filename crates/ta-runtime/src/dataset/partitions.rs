//! Many partitions, each under its key.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use ta_kernel_api::{Scalar, near_names};

use super::{OHLCV, Partition, PartitionKey, list, time};
use crate::error::{Error, Kind};

/// Many partitions, each under its key: columns per symbol, timeframe and source.
///
/// What is refused leaves everything as it was. A clone is cheap and keeps what it had: partitions are shared until one side changes
/// one, which is then copied.
///
/// ```
/// use ta_runtime::dataset::{Bars, Dataset, PartitionKey};
///
/// let mut data = Dataset::new();
/// let key: PartitionKey = "AAPL.1h".parse()?;
/// let hour = Bars { ts: &[0], open: &[2.0], high: &[4.0], low: &[1.0], close: &[3.0], volume: None };
/// data.append_ohlcv(&key, &hour)?;
/// assert_eq!(data.partition(&key)?.column("close"), Some(&[3.0][..]));
///
/// let err = data.partition(&"APPL.1h".parse()?).unwrap_err();
/// assert!(err.is_unknown_name());
/// assert_eq!(err.to_string(), "unknown partition `APPL.1h.ohlcv` (close: `AAPL.1h.ohlcv`)");
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset<S> {
    partitions: HashMap<PartitionKey, Arc<Partition<S>>>,
}

/// Bars as columns.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Bars<'a, S> {
    /// When each begins.
    pub ts: &'a [i64],
    pub open: &'a [S],
    pub high: &'a [S],
    pub low: &'a [S],
    pub close: &'a [S],
    /// For all rows of a partition or for none.
    pub volume: Option<&'a [S]>,
}

/// What a partition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionInfo {
    /// Its key.
    pub key: PartitionKey,
    /// How many rows there are.
    pub rows: usize,
    /// The times of the first and the last row.
    pub times: Option<(i64, i64)>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The size of times and columns in memory.
    pub bytes: usize,
}

impl<S> Default for Dataset<S> {
    fn default() -> Self {
        Self { partitions: HashMap::new() }
    }
}

impl<S: Scalar> Dataset<S> {
    /// A dataset without partitions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bars to a partition, which begins with them if there is none.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_ohlcv(&mut self, key: &PartitionKey, bars: &Bars<'_, S>) -> Result<(), Error> {
        let mut columns =
            vec![("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close)];
        columns.extend(bars.volume.map(|volume| ("volume", volume)));
        if key.source != &OHLCV {
            return Err(another_source(key, OHLCV.name));
        }
        self.write(key, &columns, |rows| rows.append(bars.ts, &columns))
    }

    /// Adds a named series.
    ///
    /// Where there is no partition, one begins with this column. A column that is new to a partition has one value for each of its
    /// rows, at the same times. The only column of a partition gets further rows. So a series with times of its own needs a key of
    /// its own.
    ///
    /// # Errors
    /// Times that are not those of the partition, more rows for one column of several, and what [`append`](Self::append) refuses.
    pub fn append_series(
        &mut self,
        key: &PartitionKey,
        name: &str,
        ts: &[i64],
        values: &[S],
    ) -> Result<(), Error> {
        let refuse = |message: String, help: &str| {
            Err(Error::new(Kind::Data, message).with_help(help).about(&format!("`{key}`")))
        };
        self.write(key, &[(name, values)], |rows| {
            if rows.column(name).is_none() {
                if rows.ts() != ts {
                    return refuse(
                        unlike(name, rows.ts(), ts),
                        "a series with times of its own has a key of its own",
                    );
                }
                return rows.add_column(name, values);
            }
            if rows.names().len() > 1 {
                let message = format!("column `{name}` is there already, beside others");
                return refuse(message, "rows are added to all columns at once");
            }
            rows.append(ts, &[(name, values)])
        })
    }

    /// Adds rows to a partition, which begins with them if there is none.
    ///
    /// # Errors
    /// In this order: a key that does not read back from its text, rows of another source than the key says, and what
    /// [`Partition::append`] refuses.
    pub fn append(&mut self, key: &PartitionKey, rows: &Partition<S>) -> Result<(), Error> {
        if key.source != rows.schema() {
            return Err(another_source(key, rows.schema().name));
        }
        self.write(key, &rows.columns(), |held| held.extend(rows))
    }

    /// Takes rows in as a partition of their own, without copying them.
    ///
    /// # Errors
    /// In this order: a key that does not read back from its text, rows of another source than the key says, a key that is there
    /// already.
    pub fn insert(&mut self, key: PartitionKey, rows: Partition<S>) -> Result<(), Error> {
        check(&key)?;
        if key.source != rows.schema() {
            return Err(another_source(&key, rows.schema().name));
        }
        if self.contains(&key) {
            return Err(Error::new(Kind::Data, format!("partition `{key}` is there already")));
        }
        self.partitions.insert(key, Arc::new(rows));
        Ok(())
    }

    /// Puts other rows in place of those with `times.start <= ts < times.end`, see [`Partition::replace`].
    ///
    /// # Errors
    /// A key that is not there, and what [`Partition::replace`] refuses.
    pub fn replace(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<S>,
    ) -> Result<Range<usize>, Error> {
        match self.partitions.get_mut(key) {
            Some(held) => Arc::make_mut(held).replace(times, rows),
            None => Err(self.unknown(key)),
        }
    }

    /// Takes a partition out.
    ///
    /// # Errors
    /// A key that is not there.
    pub fn remove(&mut self, key: &PartitionKey) -> Result<Arc<Partition<S>>, Error> {
        self.partitions.remove(key).ok_or_else(|| self.unknown(key))
    }

    /// The partition of this key. A clone of it stays as it is while the dataset goes on.
    ///
    /// # Errors
    /// A key that is not there, with those that are near.
    pub fn partition(&self, key: &PartitionKey) -> Result<&Arc<Partition<S>>, Error> {
        self.partitions.get(key).ok_or_else(|| self.unknown(key))
    }

    /// Whether there is a partition of this key.
    pub fn contains(&self, key: &PartitionKey) -> bool {
        self.partitions.contains_key(key)
    }

    /// The keys in order: by exchange and symbol, then by source, short bars first.
    pub fn keys(&self) -> Vec<&PartitionKey> {
        let mut keys: Vec<_> = self.partitions.keys().collect();
        keys.sort_by_cached_key(|key| {
            let length = key.timeframe.map(|timeframe| (timeframe.approximate(), timeframe.to_string()));
            (key.exchange.clone(), key.symbol.clone(), key.source.name, length)
        });
        keys
    }

    /// What each partition holds, in the order of the keys.
    pub fn info(&self) -> Vec<PartitionInfo> {
        let info = |key: &PartitionKey| {
            let rows = &self.partitions[key];
            PartitionInfo {
                key: key.clone(),
                rows: rows.len(),
                times: rows.ts().first().copied().zip(rows.last_ts()),
                columns: rows.names().to_vec(),
                bytes: rows.len() * (size_of::<i64>() + rows.names().len() * size_of::<S>()),
            }
        };
        self.keys().into_iter().map(info).collect()
    }

    /// Changes a partition, a new one with these columns if there is none.
    fn write(
        &mut self,
        key: &PartitionKey,
        columns: &[(&str, &[S])],
        change: impl FnOnce(&mut Partition<S>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(held) = self.partitions.get_mut(key) {
            return change(Arc::make_mut(held));
        }
        check(key)?;
        let mut begun = Partition::new(key.source, columns.iter().map(|(name, _)| *name))?;
        change(&mut begun)?;
        self.partitions.insert(key.clone(), Arc::new(begun));
        Ok(())
    }

    fn unknown(&self, key: &PartitionKey) -> Error {
        let error = Error::new(Kind::UnknownName, format!("unknown partition `{key}`"));
        let keys: Vec<_> = self.keys().into_iter().map(ToString::to_string).collect();
        // Nearness is in lower case.
        let lower: HashMap<_, _> = keys.iter().map(|key| (key.to_lowercase(), key)).collect();
        let near = near_names(&key.to_string(), lower.keys().map(String::as_str));
        let near: Vec<_> = near.into_iter().map(|key| lower[key]).collect();
        match (near.is_empty(), keys.len()) {
            (_, 0) => error.with_help("the dataset is empty"),
            (false, _) => error.with_help(format!("close: {}", list(&near))),
            (true, 1..=8) => error.with_help(format!("the partitions are {}", list(&keys))),
            (true, count) => error.with_help(format!("none of {count} partitions is near")),
        }
    }
}

/// Whether a key is one that text can name.
fn check(key: &PartitionKey) -> Result<(), Error> {
    let text = key.to_string();
    if text.parse::<PartitionKey>().is_ok_and(|read| read == *key) {
        return Ok(());
    }
    let text = text.replace(char::is_control, "?");
    let help = "a name has no control characters and one kind of quotes at most, only bars have a timeframe, and the source is linked";
    Err(Error::new(Kind::Data, format!("key `{text}` does not read back from its text")).with_help(help))
}

fn another_source(key: &PartitionKey, given: &str) -> Error {
    Error::new(Kind::Data, format!("rows of `{given}` given for `{key}`"))
}

/// How the times given for a column differ from those of the rows.
fn unlike(name: &str, rows: &[i64], given: &[i64]) -> String {
    let same = rows.iter().zip(given).take_while(|(a, b)| a == b).count();
    let at = |times: &[i64]| match times.get(same) {
        Some(&ts) => time::iso(ts).to_string(),
        None => "no more".to_owned(),
    };
    format!(
        "the times of column `{name}` are not those of the rows: at row {same} {}, the rows have {}",
        at(given),
        at(rows)
    )
}

#[cfg(test)]
mod tests {
    use super::super::TRADES;
    use super::*;

    fn key(text: &str) -> PartitionKey {
        text.parse().unwrap()
    }

    fn rows(ts: &[i64], columns: &[(&str, &[f64])]) -> Partition<f64> {
        Partition::from_columns(&OHLCV, ts, columns).unwrap()
    }

    fn data() -> Dataset<f64> {
        let mut data = Dataset::new();
        data.append(&key("x.A.1h"), &rows(&[10, 20], &[("close", &[1.0, 2.0]), ("low", &[0.5, 0.5])]))
            .unwrap();
        data.append_series(&key("A.1d"), "mood", &[10], &[7.0]).unwrap();
        data
    }

    #[test]
    fn a_series_becomes_a_partition_a_column_or_more_rows() {
        let mut data = data();
        data.append_series(&key("A.1d"), "mood", &[20, 30], &[8.0, 9.0]).unwrap();
        data.append_series(&key("A.1d"), "wind", &[10, 20, 30], &[1.0, 2.0, 3.0]).unwrap();
        let held = data.partition(&key("A.1d")).unwrap();
        assert_eq!(held.columns(), [("mood", &[7.0, 8.0, 9.0][..]), ("wind", &[1.0, 2.0, 3.0])]);
    }

    #[test]
    fn what_is_refused_leaves_everything_as_it_was() {
        type Attempt = fn(&mut Dataset<f64>) -> Result<(), Error>;
        let attempts: [(&str, Attempt); 11] = [
            (
                "`x.A.1h.ohlcv`: the times of column `mood` are not those of the rows: at row 1 1970-01-01T00:00:00.030Z, \
                 the rows have 1970-01-01T00:00:00.020Z (a series with times of its own has a key of its own)",
                |data| data.append_series(&key("x.A.1h"), "mood", &[10, 30], &[1.0, 1.0]),
            ),
            (
                "`x.A.1h.ohlcv`: the times of column `mood` are not those of the rows: at row 1 no more, \
                 the rows have 1970-01-01T00:00:00.020Z (a series with times of its own has a key of its own)",
                |data| data.append_series(&key("x.A.1h"), "mood", &[10], &[1.0]),
            ),
            (
                "`x.A.1h.ohlcv`: column `close` is there already, beside others (rows are added to all columns at once)",
                |data| data.append_series(&key("x.A.1h"), "close", &[30], &[1.0]),
            ),
            ("rows of `ohlcv` given for `A.trades`", |data| {
                data.append(&key("A.trades"), &rows(&[1], &[("close", &[1.0])]))
            }),
            ("rows of `ohlcv` given for `A.trades`", |data| {
                data.insert(key("A.trades"), rows(&[1], &[("close", &[1.0])]))
            }),
            ("partition `x.A.1h.ohlcv` is there already", |data| {
                data.insert(key("x.A.1h"), rows(&[30], &[("close", &[1.0])]))
            }),
            ("there is no column `open` (the columns are `close`, `low`)", |data| {
                let one = &[1.0][..];
                let bars = Bars { ts: &[30], open: one, high: one, low: one, close: one, volume: None };
                data.append_ohlcv(&key("x.A.1h"), &bars)
            }),
            ("column `low`: 2 values for 1 times (one value for each time)", |data| {
                let one = &[1.0][..];
                let bars =
                    Bars { ts: &[30], open: one, high: one, low: &[1.0, 1.0], close: one, volume: None };
                data.append_ohlcv(&key("new"), &bars)
            }),
            (
                "column `hl2` has the name of a derived field, `(high + low) / 2` (each column has a name of its own)",
                |data| data.append_series(&key("new"), "hl2", &[1], &[1.0]),
            ),
            ("key `\"a?b\".ohlcv` does not read back from its text", |data| {
                let odd = PartitionKey { symbol: "a\nb".into(), ..key("a") };
                data.append(&odd, &rows(&[1], &[("close", &[1.0])]))
            }),
            ("key `A.1h.trades` does not read back from its text", |data| {
                let odd = PartitionKey { source: &TRADES, ..key("A.1h") };
                data.append(&odd, &Partition::new(&TRADES, ["price"])?)
            }),
        ];
        for (message, attempt) in attempts {
            let mut data = data();
            let before = data.info();
            let err = attempt(&mut data).unwrap_err();
            assert!(err.to_string().starts_with(message), "{err}");
            assert!(err.is_data(), "{err:?}");
            assert_eq!(data.info(), before, "{message}");
        }
    }

    #[test]
    fn partitions_are_listed_in_order_with_what_they_hold() {
        let mut data = data();
        for text in ["A.5m", "A.trades", "B", "A.1w"] {
            data.append_series(&key(text), "price", &[], &[]).unwrap();
        }
        let keys: Vec<_> = data.keys().into_iter().map(ToString::to_string).collect();
        assert_eq!(keys, ["A.5m.ohlcv", "A.1d.ohlcv", "A.1w.ohlcv", "A.trades", "B.ohlcv", "x.A.1h.ohlcv"]);
        let last = data.info().pop().unwrap();
        let columns = vec!["close".to_owned(), "low".to_owned()];
        let expected =
            PartitionInfo { key: key("x.A.1h"), rows: 2, times: Some((10, 20)), columns, bytes: 48 };
        assert_eq!(last, expected);
        assert_eq!(data.info()[0].times, None);
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let mut data = data();
        let none = rows(&[], &[]);
        let err = data.replace(&key("y.A.1h"), 0..1, &none).unwrap_err();
        assert_eq!(err.to_string(), "unknown partition `y.A.1h.ohlcv` (close: `x.A.1h.ohlcv`)");
        assert!(err.is_unknown_name());
        data.remove(&key("x.A.1h")).unwrap();
        data.remove(&key("A.1d")).unwrap();
        let err = data.remove(&key("A.1d")).unwrap_err();
        assert_eq!(err.to_string(), "unknown partition `A.1d.ohlcv` (the dataset is empty)");
    }

    #[test]
    fn a_clone_keeps_what_it_had() {
        let mut data = data();
        let kept = data.clone();
        let shared = Arc::clone(data.partition(&key("A.1d")).unwrap());
        data.replace(&key("A.1d"), 0..100, &rows(&[50], &[("mood", &[1.0])])).unwrap();
        assert_eq!(kept.partition(&key("A.1d")).unwrap().ts(), [10]);
        assert_eq!(shared.ts(), [10]);
        assert_eq!(data.partition(&key("A.1d")).unwrap().ts(), [50]);
    }
}

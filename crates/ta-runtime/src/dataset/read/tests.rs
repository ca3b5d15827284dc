//! The laws of all formats: a table means the same in whichever it is written, and damage is refused.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::slice;
use std::sync::Arc;

use arrow_array::types::{Float16Type, Int8Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal32Array, Decimal64Array, Decimal128Array,
    Decimal256Array, DictionaryArray, Float16Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::i256;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use ta_kernel_api::{Decimal, Scalar};

use super::{Options, Reading, Zone, file, reader};
use crate::Error;
use crate::dataset::time::{Epoch, iso};
use crate::dataset::{OHLCV, Partition, TRADES};

/// A packing that `ArrowWriter` knows.
type Codec = (&'static str, Compression);

fn codecs() -> [Codec; 6] {
    [
        ("plain", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("zstd", Compression::ZSTD(ZstdLevel::default())),
        ("gzip", Compression::GZIP(GzipLevel::default())),
        ("lz4", Compression::LZ4),
        ("lz4 raw", Compression::LZ4_RAW),
    ]
}

fn parquet(batches: &[RecordBatch], codec: Compression, version: WriterVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_max_row_group_row_count(Some(7))
        .set_data_page_row_count_limit(3)
        .set_write_batch_size(2);
    let mut writer = ArrowWriter::try_new(&mut bytes, batches[0].schema(), Some(properties.build())).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn ipc(batches: &[RecordBatch], is_file: bool, packed: Option<CompressionType>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = IpcWriteOptions::default().try_with_compression(packed).unwrap();
    let schema = batches[0].schema();
    if is_file {
        let mut writer = FileWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.finish().unwrap();
    } else {
        let mut writer = StreamWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.finish().unwrap();
    }
    bytes
}

fn gzip(text: &str) -> Vec<u8> {
    // Two members in a row are one text, as when packed files are joined.
    let (head, tail) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let mut bytes = Vec::new();
    for part in [head, tail] {
        let mut encoder = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::fast());
        encoder.write_all(part.as_bytes()).unwrap();
        encoder.finish().unwrap();
    }
    bytes
}

/// The batches in every typed format.
fn typed(batches: &[RecordBatch]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (name, codec) in codecs() {
        files.push((format!("Parquet, {name}"), parquet(batches, codec, WriterVersion::PARQUET_1_0)));
    }
    files.push(("Parquet 2".into(), parquet(batches, Compression::SNAPPY, WriterVersion::PARQUET_2_0)));
    for is_file in [true, false] {
        for packed in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
            files.push((format!("Arrow IPC, file {is_file}, {packed:?}"), ipc(batches, is_file, packed)));
        }
    }
    files
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true)))
        .unwrap()
}

fn read<S: Scalar>(bytes: &[u8], options: &Options) -> Result<Reading<S>, Error> {
    reader(bytes, options)
}

#[track_caller]
fn assert_same<S: Scalar>(name: &str, given: &Partition<S>, wanted: &Partition<S>) {
    assert_eq!(given.ts(), wanted.ts(), "{name}");
    assert_eq!(given.names(), wanted.names(), "{name}");
    for column in wanted.names() {
        let (a, b) = (given.column(column).unwrap(), wanted.column(column).unwrap());
        let differs = a.iter().zip(b).position(|(a, b)| !a.same(*b));
        assert_eq!(differs, None, "{name}, {column}: {a:?} {b:?}");
    }
}

/// A row: the time, the close, a number of trades and a column of the file's own.
type Row = (i64, Option<f64>, Option<i64>, Option<f64>);

/// The same rows in every format there is, floats as floats and as text.
fn written(rows: &[Row]) -> Vec<(String, Vec<u8>)> {
    let (mut csv, mut json) = (String::from("ts,close,volume,vwap\n"), String::new());
    let cell = |value: Option<String>| value.unwrap_or_default();
    for (ts, close, volume, vwap) in rows {
        let (close, volume, vwap) =
            (close.map(|x| x.to_string()), volume.map(|x| x.to_string()), vwap.map(|x| x.to_string()));
        let null = |value: &Option<String>| value.clone().unwrap_or("null".into());
        let time = iso(*ts);
        writeln!(
            json,
            "{{\"ts\":\"{time}\",\"close\":{},\"volume\":\"{}\",\"vwap\":{}}}",
            null(&close),
            null(&volume),
            null(&vwap)
        )
        .unwrap();
        writeln!(csv, "{time},{},{},{}", cell(close), cell(volume), cell(vwap)).unwrap();
    }
    let times = || rows.iter().map(|row| row.0);
    let floats =
        |of: fn(&Row) -> Option<f64>| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<Float64Array>()) };
    let texts = |of: fn(&Row) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row).map(|x| x.to_string())).collect::<StringArray>())
    };
    let volume: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>());
    let numbers = batch(&[
        ("ts", Arc::new(TimestampMillisecondArray::from_iter_values(times()).with_timezone("+02:00"))),
        ("close", floats(|row| row.1)),
        ("volume", volume.clone()),
        ("vwap", floats(|row| row.3)),
    ]);
    let words: DictionaryArray<Int32Type> = rows
        .iter()
        .map(|row| row.3.map(|x| x.to_string()))
        .collect::<Vec<_>>()
        .iter()
        .map(Option::as_deref)
        .collect();
    let text = batch(&[
        ("ts", Arc::new(times().map(|ts| Some(iso(ts).to_string())).collect::<LargeStringArray>())),
        ("close", texts(|row| row.1)),
        ("volume", volume),
        ("vwap", Arc::new(words)),
    ]);
    let mut files = vec![("gzip".into(), gzip(&csv)), ("gzip JSON".into(), gzip(&json))];
    for batch in [numbers, text] {
        let half = rows.len() / 2;
        files.extend(typed(&[batch.slice(0, half), batch.slice(half, rows.len() - half)]));
    }
    files.extend([("CSV".into(), csv.into_bytes()), ("JSON lines".into(), json.into_bytes())]);
    files
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let price = || proptest::option::of(prop_oneof![-1e6..1e6, Just(0.0), Just(0.1 + 0.2), Just(1e-12)]);
    let volume = proptest::option::of(prop_oneof![Just(0i64), any::<i64>()]);
    let row = (1i64..100_000_000, price(), volume, price());
    proptest::collection::vec(row, 1..40).prop_map(|mut rows| {
        rows.iter_mut().fold(951_868_800_000, |ts, row| {
            row.0 += ts;
            row.0
        });
        rows
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_table_means_the_same_in_every_format(rows in rows()) {
        let options = Options::default();
        let ts: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let close: Vec<f64> = rows.iter().map(|row| row.1.unwrap_or(f64::NAN)).collect();
        let volume: Vec<f64> = rows.iter().map(|row| row.2.map_or(f64::NAN, |x| x as f64)).collect();
        let vwap: Vec<f64> = rows.iter().map(|row| row.3.unwrap_or(f64::NAN)).collect();
        let columns = [("close", close.as_slice()), ("volume", &volume), ("vwap", &vwap)];
        let floats = Partition::from_columns(&OHLCV, &ts, &columns).unwrap();
        let exact = |of: fn(&Row) -> Option<String>| -> Vec<Decimal> {
            rows.iter().map(|row| of(row).map_or(Decimal::MISSING, |x| x.parse().unwrap())).collect()
        };
        let close = exact(|row| row.1.map(|x| x.to_string()));
        let volume = exact(|row| row.2.map(|x| x.to_string()));
        let vwap = exact(|row| row.3.map(|x| x.to_string()));
        let columns = [("close", close.as_slice()), ("volume", &volume), ("vwap", &vwap)];
        let decimals = Partition::from_columns(&OHLCV, &ts, &columns).unwrap();
        for (name, bytes) in written(&rows) {
            assert_same(&name, &read::<f64>(&bytes, &options).unwrap().partition, &floats);
            assert_same(&name, &read::<Decimal>(&bytes, &options).unwrap().partition, &decimals);
        }
    }
}

#[test]
fn the_examples_are_the_same_in_every_format() {
    for name in ["AAPL", "ES_1MIN"] {
        let path = format!("{}/../../examples/data/{name}.csv", env!("CARGO_MANIFEST_DIR"));
        let bars = file::<f64>(&path, &Options::default()).unwrap().partition;
        let mut columns: Vec<(&str, ArrayRef)> = vec![(
            "ts",
            Arc::new(TimestampNanosecondArray::from_iter_values(bars.ts().iter().map(|ts| ts * 1_000_000))),
        )];
        for name in bars.names() {
            columns.push((name, Arc::new(Float64Array::from(bars.column(name).unwrap().to_vec()))));
        }
        let batch = batch(&columns);
        let exact = file::<Decimal>(&path, &Options::default()).unwrap().partition;
        let folder = std::env::temp_dir();
        for (at, (format, bytes)) in typed(&[batch]).into_iter().enumerate() {
            let path = folder.join(format!("ta-read-{}-{name}-{at}", std::process::id()));
            std::fs::write(&path, bytes).unwrap();
            assert_same(&format, &file::<f64>(&path, &Options::default()).unwrap().partition, &bars);
            assert_same(&format, &file::<Decimal>(&path, &Options::default()).unwrap().partition, &exact);
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn files_of_other_programs_are_read() {
    let root = env!("CARGO_MANIFEST_DIR");
    let bars = file::<f64>(format!("{root}/../../examples/data/ES_1MIN.csv"), &Options::default()).unwrap();
    for name in ["pandas.parquet", "polars.arrow"] {
        let path = format!("{root}/tests/data/{name}");
        for read in [
            file::<f64>(&path, &Options::default()).unwrap(),
            reader::<f64>(File::open(&path).unwrap(), &Options::default()).unwrap(),
        ] {
            assert_same(name, &read.partition, &bars.partition.slice(0..20));
            let notices: Vec<_> = read.notices.iter().map(ToString::to_string).collect();
            assert_eq!(
                notices,
                ["row 0, 2013-09-01T22:00:00Z: column `symbol` is left out, as `ES` is no number"]
            );
        }
    }
}

/// 2024-03-01T14:30:00Z and the minute after it.
const TIMES: [i64; 2] = [1_709_303_400_000, 1_709_303_460_000];

#[track_caller]
fn assert_times(time: ArrayRef, options: &Options, wanted: &[i64]) {
    let kind = time.data_type().clone();
    let prices: ArrayRef = Arc::new(Float64Array::from(vec![1.0; time.len()]));
    for (name, bytes) in typed(&[batch(&[("when", time), ("close", prices)])]) {
        let options = Options { columns: vec![("when".into(), "ts".into())], ..options.clone() };
        let read = read::<f64>(&bytes, &options).unwrap();
        assert_eq!(read.partition.ts(), wanted, "{kind} in {name}");
    }
}

#[test]
fn times_of_every_unit_and_zone_are_read() {
    let zones = [None, Some("UTC"), Some("+05:30"), Some("America/New_York")];
    let default = Options::default();
    let berlin = Options { zone: "Europe/Berlin".parse().unwrap(), ..Options::default() };
    for zone in zones {
        let zone = zone.map(Arc::<str>::from);
        let times = |per: i64| TIMES.iter().map(move |ts| ts * 1000 / per).collect::<Vec<_>>();
        let arrays: [ArrayRef; 4] = [
            Arc::new(TimestampSecondArray::from(times(1_000_000)).with_timezone_opt(zone.clone())),
            Arc::new(TimestampMillisecondArray::from(times(1000)).with_timezone_opt(zone.clone())),
            Arc::new(TimestampMicrosecondArray::from(times(1)).with_timezone_opt(zone.clone())),
            Arc::new(
                TimestampNanosecondArray::from_iter_values(times(1).into_iter().map(|us| us * 1000))
                    .with_timezone_opt(zone.clone()),
            ),
        ];
        for array in arrays {
            assert_times(array.clone(), &default, &TIMES);
            // An instant is one everywhere; a time without zone is an hour earlier if it is Berlin's.
            let wanted = if zone.is_some() { TIMES } else { TIMES.map(|ts| ts - 3_600_000) };
            assert_times(array, &berlin, &wanted);
        }
    }
}

#[test]
fn dates_counts_and_text_are_times_too() {
    const DAY: i64 = 86_400_000;
    let default = Options::default();
    let new_york = Options { zone: "America/New_York".parse().unwrap(), ..Options::default() };
    // The clocks go forward between these midnights.
    let days = [19_792, 19_793];
    let dates: ArrayRef = Arc::new(Date32Array::from_iter_values(days));
    let millis: ArrayRef = Arc::new(Date64Array::from_iter_values(days.map(|day| i64::from(day) * DAY)));
    let text: ArrayRef = Arc::new(StringViewArray::from_iter_values(["2024-03-10", "2024-03-11"]));
    let words: DictionaryArray<Int8Type> = ["2024-03-10", "2024-03-11"].into_iter().collect();
    for array in [dates, millis, text, Arc::new(words)] {
        let days = days.map(|day| i64::from(day) * DAY);
        assert_times(array.clone(), &default, &days);
        assert_times(array, &new_york, &[days[0] + 5 * DAY / 24, days[1] + 4 * DAY / 24]);
    }
    for (unit, per) in [(Epoch::Seconds, 1000), (Epoch::Milliseconds, 1)] {
        let options = Options { epoch: unit, ..Options::default() };
        let counts = TIMES.map(|ts| ts / per);
        assert_times(Arc::new(Int64Array::from(counts.to_vec())), &options, &TIMES);
        assert_times(
            Arc::new(UInt64Array::from_iter_values(counts.map(|count| count as u64))),
            &options,
            &TIMES,
        );
        assert_times(
            Arc::new(StringArray::from_iter_values(counts.map(|count| count.to_string()))),
            &options,
            &TIMES,
        );
    }
    let seconds = Options { epoch: Epoch::Seconds, ..Options::default() };
    assert_times(
        Arc::new(Int32Array::from_iter_values(TIMES.map(|ts| (ts / 1000) as i32))),
        &seconds,
        &TIMES,
    );
}

#[test]
fn the_only_column_of_a_time_type_is_the_time_when_no_name_says() {
    let index: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_000_000, 2_000_000]));
    let close: ArrayRef = Arc::new(Float32Array::from(vec![1.5, 2.5]));
    let mut columns = vec![("close", close), ("__index_level_0__", index.clone())];
    let bytes = parquet(&[batch(&columns)], Compression::SNAPPY, WriterVersion::PARQUET_1_0);
    assert_eq!(read::<f64>(&bytes, &Options::default()).unwrap().partition.ts(), [1, 2]);
    columns.push(("settled", index));
    let bytes = ipc(&[batch(&columns)], true, None);
    let said = read::<f64>(&bytes, &Options::default()).unwrap_err().to_string();
    assert!(
        said.starts_with("more than one time column among `close`, `__index_level_0__`, `settled` ("),
        "{said}"
    );
}

#[test]
fn numbers_of_every_width_are_read() {
    let words: DictionaryArray<Int8Type> = [Some("2"), None, Some("2")].into_iter().collect();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(Int16Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(Int32Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(Int64Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(UInt8Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(UInt16Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(UInt32Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(UInt64Array::from(vec![Some(2), None, Some(2)])),
        Arc::new(
            [Some(2.0), None, Some(2.0)]
                .map(|x| x.map(<Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_f64))
                .into_iter()
                .collect::<Float16Array>(),
        ),
        Arc::new(Float32Array::from(vec![Some(2.0), None, Some(2.0)])),
        Arc::new(Float64Array::from(vec![Some(2.0), Some(f64::NAN), Some(2.0)])),
        Arc::new(
            Decimal32Array::from(vec![Some(200), None, Some(200)]).with_precision_and_scale(5, 2).unwrap(),
        ),
        Arc::new(
            Decimal64Array::from(vec![Some(200), None, Some(200)]).with_precision_and_scale(12, 2).unwrap(),
        ),
        Arc::new(
            Decimal128Array::from(vec![Some(200), None, Some(200)]).with_precision_and_scale(12, 2).unwrap(),
        ),
        Arc::new(
            Decimal256Array::from(vec![Some(i256::from_i128(200)), None, Some(i256::from_i128(200))])
                .with_precision_and_scale(40, 2)
                .unwrap(),
        ),
        Arc::new(StringArray::from(vec![Some("2"), Some("null"), Some(" 2.0")])),
        Arc::new(LargeStringArray::from(vec![Some("2"), Some(""), Some("2e0")])),
        Arc::new(StringViewArray::from(vec![Some("2"), Some("NaN"), Some("+2")])),
        Arc::new(words),
    ];
    for array in arrays {
        let kind = array.data_type().clone();
        let time: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        for (name, bytes) in typed(&[batch(&[("ts", time), ("close", array)])]) {
            let text = |values: Vec<String>| assert_eq!(values, ["2", "missing", "2"], "{kind} in {name}");
            let floats = read::<f64>(&bytes, &Options::default()).unwrap().partition;
            text(
                floats
                    .column("close")
                    .unwrap()
                    .iter()
                    .map(|x| x.to_string().replace("NaN", "missing"))
                    .collect(),
            );
            let exact = read::<Decimal>(&bytes, &Options::default()).unwrap().partition;
            text(exact.column("close").unwrap().iter().map(Decimal::to_string).collect());
        }
    }
}

fn decimals(values: &[i128], scale: i8) -> Result<Vec<String>, String> {
    let close = Decimal128Array::from(values.to_vec()).with_precision_and_scale(38, scale).unwrap();
    let time: ArrayRef = Arc::new(Int64Array::from_iter_values(0..values.len() as i64));
    let bytes = ipc(&[batch(&[("ts", time), ("close", Arc::new(close))])], true, None);
    let read = read::<Decimal>(&bytes, &Options::default()).map_err(|err| err.to_string())?;
    Ok(read.partition.column("close").unwrap().iter().map(Decimal::to_string).collect())
}

#[test]
fn decimals_are_exact_or_refused() {
    let max = 79_228_162_514_264_337_593_543_950_335;
    assert_eq!(
        decimals(&[1_001, -1, 0, max], 3).unwrap(),
        ["1.001", "-0.001", "0", "79228162514264337593543950.335"]
    );
    assert_eq!(decimals(&[12, -3], -2).unwrap(), ["1200", "-300"]);
    assert_eq!(decimals(&[10_i128.pow(31)], 31).unwrap(), ["1"]);
    for (digits, scale, shown) in
        [(max + 1, 0, "79228162514264337593543950336"), (1, 29, "0.00000000000000000000000000001")]
    {
        let said = decimals(&[0, digits], scale).unwrap_err();
        let wanted = format!("row 1, 1970-01-01T00:00:00.001Z, column `close`: `{shown}` is not a number");
        assert!(said.starts_with(&wanted), "{said}");
    }
}

#[test]
fn a_float_in_decimals_is_the_shortest_number_that_reads_back() {
    let time: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let columns: [(&str, ArrayRef); 3] = [
        ("ts", time),
        ("open", Arc::new(Float32Array::from(vec![118.56]))),
        ("close", Arc::new(Float64Array::from(vec![0.1 + 0.2]))),
    ];
    let bars = read::<Decimal>(&ipc(&[batch(&columns)], true, None), &Options::default()).unwrap().partition;
    assert_eq!(bars.column("open").unwrap()[0].to_string(), "118.56");
    assert_eq!(bars.column("close").unwrap()[0].to_string(), "0.30000000000000004");
}

/// What is said about these columns, the same in every typed format.
#[track_caller]
fn refused(columns: &[(&str, ArrayRef)]) -> String {
    let mut said: Vec<String> = typed(&[batch(columns)])
        .iter()
        .map(|(_, bytes)| read::<f64>(bytes, &Options::default()).unwrap_err())
        .inspect(|err| assert!(err.is_data()))
        .map(|err| err.to_string())
        .collect();
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    said.remove(0)
}

#[test]
fn what_cannot_be_read_is_refused_with_row_and_column() {
    let ints = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    let floats = |values: &[f64]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
    let number = "is not a number (accepted: a finite number such as `12.5` or `1e-3`; nothing, `nan` or `null` where it is missing)";
    for (columns, wanted) in [
        (
            vec![("ts", ints(&[1, 2])), ("close", floats(&[1.0, f64::INFINITY]))],
            format!("row 1, 1970-01-01T00:00:00.002Z, column `close`: `inf` {number}"),
        ),
        // Of several faults the one in the first row is reported.
        (
            vec![("ts", ints(&[1, 2, 2, 3])), ("close", floats(&[1.0, 1.0, 1.0, f64::INFINITY]))],
            "row 2, 1970-01-01T00:00:00.002Z: time is not after the 1970-01-01T00:00:00.002Z before it".into(),
        ),
        (
            vec![("ts", ints(&[1, 2])), ("low", floats(&[1.0, 3.0])), ("high", floats(&[1.0, 2.0]))],
            "row 1, 1970-01-01T00:00:00.002Z, column `high`: `low` 3 is above `high` 2".into(),
        ),
        (
            vec![("Date", floats(&[1.0])), ("close", floats(&[1.0]))],
            "column `Date`: it holds `Float64`, not times (accepted: timestamps, dates, integers, or text)".into(),
        ),
        (
            vec![("ts", ints(&[1])), ("Close", Arc::new(BooleanArray::from(vec![true])))],
            "column `Close`: it holds `Boolean`, not numbers (accepted: integers, floats, decimals, or text)".into(),
        ),
        (
            vec![("close", floats(&[1.0]))],
            "no time column among `close` (one of `ts`, `timestamp`, `time`, `date`, `datetime`, `open_time`, or one mapped to `ts`)".into(),
        ),
        (
            vec![("ts", ints(&[1])), ("close", floats(&[1.0])), ("Close", floats(&[1.0]))],
            "column `close` is given twice (each column has a name of its own)".into(),
        ),
    ] {
        assert_eq!(refused(&columns), wanted);
    }
    let micros: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1000, 2001]));
    let said = refused(&[("ts", micros), ("close", floats(&[1.0, 1.0]))]);
    assert!(said.starts_with("row 1, column `ts`: `2001 us` is not a time (accepted: "), "{said}");
    let gap: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let said = refused(&[("ts", gap), ("close", floats(&[1.0, 1.0]))]);
    assert!(said.starts_with("row 1, column `ts`: `null` is not a time (accepted: "), "{said}");
}

#[test]
fn columns_of_their_own_that_are_no_numbers_are_left_out() {
    let columns: [(&str, ArrayRef); 6] = [
        ("ts", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("symbol", Arc::new(StringArray::from(vec!["7", "ACME", "8"]))),
        ("final", Arc::new(BooleanArray::from(vec![true, true, false]))),
        ("vwap", Arc::new(Float64Array::from(vec![1.0, 2.0, f64::NEG_INFINITY]))),
        ("empty", Arc::new(NullArray::new(3))),
        ("n", Arc::new(UInt64Array::from(vec![1, 2, u64::MAX]))),
    ];
    let read = read::<f64>(&ipc(&[batch(&columns)], false, None), &Options::default()).unwrap();
    assert_eq!(read.partition.names(), ["empty", "n"]);
    assert!(read.partition.column("empty").unwrap().iter().all(|x| x.is_nan()));
    let notices: Vec<_> = read.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "column `final` is left out, as `Boolean` is no number",
            "row 1, 1970-01-01T00:00:00.002Z: column `symbol` is left out, as `ACME` is no number",
            "row 2, 1970-01-01T00:00:00.003Z: column `vwap` is left out, as `-inf` is no number",
        ]
    );
}

#[test]
fn local_times_that_are_not_exactly_one_are_refused() {
    let options = Options { zone: "America/New_York".parse::<Zone>().unwrap(), ..Options::default() };
    for time in ["2024-03-10T02:30", "2024-11-03 01:30:00"] {
        let said = read::<f64>(format!("ts,close\n{time},1\n").as_bytes(), &options).unwrap_err().to_string();
        assert_eq!(
            said,
            format!(
                "line 2, column `ts`: `{time}` is not a time (accepted: an ISO-8601 date or time, in America/New_York unless it says otherwise, or an integer since the epoch; nothing finer than a millisecond; a local time that clocks skip or show twice says its offset)"
            )
        );
    }
    let read = read::<f64>("ts,close\n2024-11-03 01:30:00-05:00,1\n".as_bytes(), &options).unwrap();
    assert_eq!(read.partition.ts(), [1_730_615_400_000]);
}

#[test]
fn there_can_be_a_limit_to_rows() {
    let rows = [(1, Some(1.0), None, None), (2, Some(1.0), None, None)];
    for (name, bytes) in written(&rows) {
        let limited = |limit| read::<f64>(&bytes, &Options { limit: Some(limit), ..Options::default() });
        assert_eq!(limited(2).unwrap().partition.len(), 2, "{name}");
        let err = limited(1).unwrap_err();
        assert!(err.is_limit() && err.to_string().ends_with("there are more than 1 rows"), "{name}: {err}");
    }
}

#[test]
fn other_schemas_are_read_too() {
    let options = Options { schema: &TRADES, ..Options::default() };
    let trades = read::<f64>(b"Time,Price,AMOUNT\n1,2,3\n", &options).unwrap().partition;
    assert_eq!(trades.names(), ["price", "amount"]);
}

#[test]
fn what_is_packed_but_not_read_is_named() {
    let said = |bytes: &[u8]| read::<f64>(bytes, &Options::default()).unwrap_err().to_string();
    assert!(said(b"FEA1....").starts_with("this is Feather version 1, which is not read ("));
    let rows = [(1, Some(1.0), None, None)];
    for (name, bytes) in written(&rows).into_iter().filter(|(name, _)| !name.contains(['C', 'J'])) {
        let mut packed = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap();
        assert!(said(&packed).starts_with("in gzip: this is "), "{name}");
    }
}

fn some_files() -> Vec<(String, Vec<u8>)> {
    let rows: Vec<Row> = (0..30)
        .map(|at| (at * 60_000, Some(at as f64 / 3.0), Some(at), (at % 3 > 0).then_some(0.5)))
        .collect();
    written(&rows)
}

#[test]
fn files_that_are_cut_off_are_refused() {
    for (name, bytes) in some_files() {
        for length in (0..bytes.len()).step_by(100) {
            let read = read::<f64>(&bytes[..length], &Options::default());
            // Text and streams may end anywhere; what is there then is the beginning.
            if !(name.contains("CSV") || name.contains("JSON") || name.contains("file false")) {
                assert!(read.is_err(), "{name} cut off after {length}");
            }
        }
    }
}

#[test]
fn a_packed_column_that_claims_a_terabyte_is_refused_before_memory_is_taken() {
    let (time, close) = (Int64Array::from_iter_values(0..1000), Float64Array::from(vec![1.0; 1000]));
    let batch = batch(&[("ts", Arc::new(time)), ("close", Arc::new(close))]);
    for is_file in [true, false] {
        for packed in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
            let mut bytes = ipc(slice::from_ref(&batch), is_file, Some(packed));
            assert!(read::<f64>(&bytes, &Options::default()).is_ok());
            let claim = 8000_i64.to_le_bytes();
            let places: Vec<usize> =
                (0..bytes.len() - 8).filter(|&at| bytes[at..].starts_with(&claim)).collect();
            for &at in &places {
                bytes[at..at + 8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
            }
            assert!(!places.is_empty());
            let said = read::<f64>(&bytes, &Options::default()).unwrap_err().to_string();
            assert_eq!(said, "damaged Arrow IPC: a column is not as large as it claims to be");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_do_not_panic(at in any::<prop::sample::Index>(), flips in 1usize..4, bit in 0u8..8, to in any::<Option<u8>>()) {
        for (_, mut bytes) in some_files() {
            let at = at.index(bytes.len());
            for flip in 0..flips {
                let at = (at + flip * 7) % bytes.len();
                bytes[at] = to.unwrap_or(bytes[at] ^ (1 << bit));
            }
            let _ = read::<f64>(&bytes, &Options { limit: Some(1 << 20), ..Options::default() });
        }
    }

    #[test]
    fn no_bytes_panic(magic in prop_oneof![Just("PAR1"), Just("ARROW1\0\0"), Just("\u{1f}\u{8b}"), Just("")], bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [magic.as_bytes(), &bytes, if magic == "PAR1" { b"PAR1" } else { b"" }].concat();
        let _ = read::<Decimal>(&bytes, &Options::default());
    }
}

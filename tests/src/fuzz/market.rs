//! Some rows of everything, and the ways to run a plan over them.

use ta_kernel_api::{Decimal, Scalar, ScalarKind};
use ta_runtime::dataset::{Dataset, Partition, PartitionKey, SourceSchema};
use ta_runtime::exec::{Bar, Binding, Session, evaluate_in};
use ta_runtime::plan::Plan;

const MINUTE: i64 = 60_000;
/// The end of February in a leap year, so that months, weeks and days begin on the way.
const START: i64 = 1_582_934_400_000 - 20 * MINUTE;

/// Runs a plan over whole columns and row by row: both refuse, or both answer the same bits.
pub(super) fn agree(plan: &Plan) {
    match plan.scalar() {
        ScalarKind::F64 => agree_in::<f64>(plan),
        ScalarKind::Decimal => agree_in::<Decimal>(plan),
    }
}

fn agree_in<S: Scalar>(plan: &Plan) {
    let (data, base) = market::<S>(plan.schema());
    let loaded: Vec<PartitionKey> = data.keys().into_iter().cloned().collect();
    let Ok(binding) = Binding::new(plan, &base, &loaded) else {
        assert!(evaluate_in(plan, &data, &base).is_err());
        return;
    };
    let batch = evaluate_in(plan, &data, &base);
    let mut session = Session::fresh(plan, binding).expect("the plan has this scalar");
    let mut at = 0;
    for bar in bars(session.binding(), &data) {
        if bar.layout() != session.layout() {
            if let Err(error) = session.observe(&bar) {
                assert!(batch.is_err(), "row by row {error}");
                return;
            }
            continue;
        }
        match (session.step(&bar), &batch) {
            (Ok(row), Ok(batch)) => {
                for (output, (name, _, value)) in batch.outputs.iter().zip(row.iter()) {
                    let expected = output.values[at];
                    assert!(value.same(expected), "`{name}` in row {at}: batch {expected}, step {value}");
                }
                at += 1;
            }
            (Ok(_), Err(_)) => {}
            (Err(_), Err(_)) => return,
            (Err(error), Ok(_)) => panic!("row {at}: step alone says {error}"),
        }
    }
    match batch {
        Ok(batch) => assert_eq!(batch.ts.len(), at),
        Err(error) => panic!("batch alone says {error}"),
    }
}

/// The rows of all partitions that feed a plan, in the order in which they are known.
pub(super) fn bars<S: Scalar>(binding: &Binding, data: &Dataset<S>) -> Vec<Bar<S>> {
    let mut bars = Vec::new();
    for layout in binding.feeds() {
        // A snapshot may say that it was fed by others.
        let Ok(rows) = data.partition(layout.key()) else { continue };
        let columns = layout.names().iter().map(|name| rows.column(name).expect("the rows have all fields"));
        let columns: Vec<&[S]> = columns.collect();
        for (row, &ts) in rows.ts().iter().enumerate() {
            let values: Vec<S> = columns.iter().map(|column| column[row]).collect();
            bars.push(layout.bar(ts, &values).expect("the partition was checked"));
        }
    }
    bars.sort_by_key(|bar| bar.layout().key().known(bar.ts()));
    bars
}

/// About forty bars and some rows of other sources, and which of them a plan over this source runs on.
pub(super) fn market<S: Scalar>(source: &SourceSchema) -> (Dataset<S>, PartitionKey) {
    let key = |text: &str| text.parse::<PartitionKey>().expect("a key");
    let mut data = Dataset::new();
    for (name, minutes, rows) in
        [("A.1m", 1, 40), ("B.1m", 1, 20), ("B.5m", 5, 6), ("A.trades", 2, 20), ("A.orderbook", 3, 12)]
    {
        let key = key(name);
        data.append(&key, &rows_of(&key, minutes, rows)).expect("the rows are in order");
    }
    let base = match source.name {
        "trades" => "A.trades",
        "orderbook" => "A.orderbook",
        _ => "A.1m",
    };
    (data, key(base))
}

/// Rows with gaps in time, ties, and missing values.
fn rows_of<S: Scalar>(key: &PartitionKey, minutes: i64, rows: i64) -> Partition<S> {
    let ts: Vec<i64> = (0..rows).map(|row| START + (row + row / 7) * minutes * MINUTE).collect();
    let fields = key.source.fields;
    let columns: Vec<Vec<S>> = (0..fields.len() as i64)
        .map(|field| {
            let value = |row: i64| {
                let wave =
                    40 + row * 7 % 11 - row / 3 + i64::from(field == 1) * 12 - i64::from(field == 2) * 12;
                match (row * 5 + field) % 23 {
                    22 => S::MISSING,
                    _ if key.source.name == "trades" && field == 2 => S::from_i64(1 - row % 3 % 2 * 2),
                    _ => S::from_i64(wave) / S::from_i64(4),
                }
            };
            (0..rows).map(value).collect()
        })
        .collect();
    let columns: Vec<(&str, &[S])> =
        fields.iter().map(|field| field.name).zip(columns.iter().map(Vec::as_slice)).collect();
    Partition::from_columns(key.source, &ts, &columns).expect("low stays below high")
}

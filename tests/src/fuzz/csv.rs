//! Files of rows as text.

use ta_kernel_api::{Decimal, Scalar};
use ta_runtime::dataset::SourceSchema;
use ta_runtime::dataset::read::{Options, Reading, Zone, reader};
use ta_runtime::dataset::time::Epoch;

use super::printable;

/// Two bytes that choose how the rest is to be understood, which is CSV or JSON lines.
pub fn csv(bytes: &[u8]) {
    let [choice, columns, text @ ..] = bytes else { return };
    let schemas = SourceSchema::linked();
    let options = Options {
        schema: schemas[usize::from(choice & 3) % schemas.len()],
        columns: mapped(*columns),
        epoch: Epoch::ALL[usize::from(choice >> 2 & 3)],
        zone: ["UTC", "-05:00", "+14:00", "-09:30"][usize::from(choice >> 4 & 3)]
            .parse()
            .unwrap_or(Zone::UTC),
        limit: [None, Some(3)][usize::from(choice >> 6 & 1)],
    };
    if choice >> 7 == 0 {
        read::<f64>(text, &options);
    } else {
        read::<Decimal>(text, &options);
    }
}

/// Some of a few mappings.
fn mapped(chosen: u8) -> Vec<(String, String)> {
    let all = [("t", "ts"), ("c", "close"), ("Adj Close", "close"), ("p", "price"), ("x", "ts"), ("a", "b")];
    let taken = all.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
    taken.map(|(_, (from, to))| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn read<S: Scalar>(text: &[u8], options: &Options) {
    let lines = text.split(|&byte| byte == b'\n').count() as u64;
    match reader::<S>(text, options) {
        Ok(Reading { partition, notices }) => {
            assert!(partition.ts().is_sorted_by(|a, b| a < b));
            assert!(options.limit.is_none_or(|limit| partition.len() <= limit));
            for name in partition.names() {
                let column = partition.column(name).expect("it has this name");
                assert_eq!(column.len(), partition.len());
                assert!(column.iter().all(|value| value.is_missing() || value.is_finite()), "{name}");
            }
            for notice in notices {
                let said = notice.to_string();
                assert!(!said.contains(char::is_control), "{said:?}");
                assert!(notice.location.line.is_none_or(|line| (1..=lines).contains(&line)), "{said}");
            }
        }
        Err(error) => {
            printable(&error);
            if let Some(location) = error.location() {
                let line = location.line.expect("a text has lines");
                assert!((1..=lines).contains(&line), "{error}");
            } else {
                // Nothing at all, a column that no line has, or another format.
                assert!(error.is_data() || error.is_unknown_name() || error.is_unsupported(), "{error:?}");
            }
        }
    }
}

//! Snapshots: sessions, and the rows that were taken in, as bytes.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use rmpv::Value;
use ta_kernel_api::{Decimal, Scalar, ScalarKind};
use ta_runtime::Error;
use ta_runtime::dataset::{Dataset, OHLCV};
use ta_runtime::exec::{self, Backend, Mode, Session, Settings};
use ta_runtime::plan::{Plan, PlanOptions};

use super::market::{bars, market};
use super::{options, printable, registry};

/// Bytes that were never sealed, or a snapshot with other values in it, under a checksum that fits.
#[derive(Debug, Arbitrary)]
enum Forgery {
    Whole(Vec<u8>),
    Content(Vec<u8>),
    Changed(Vec<Change>),
}

/// Another value for one of those in the content.
#[derive(Debug, Arbitrary)]
struct Change {
    at: At,
    to: Other,
}

#[derive(Debug, Arbitrary)]
enum At {
    /// Counted over all of them.
    Nth(u16),
    /// Where names of members and places in lists lead to: `1.tallies.0.newest.count`.
    Path(String),
}

#[derive(Debug, Arbitrary)]
enum Other {
    Nil,
    Flag(bool),
    Int(i64),
    Count(u64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// So much more.
    Add(i8),
    /// A value from elsewhere in the content.
    Copy(u16),
    /// One element less, in a list.
    Shorter,
    /// The last element once more, so often, in a list.
    Longer(u8),
    /// The elements from the end to the beginning, in a list.
    Reversed,
    /// Another name for a member.
    Renamed(u8, String),
}

/// Restores what the bytes say, and goes on.
pub fn snapshot(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let plans = plans();
    let Ok(which) = input.choose(plans) else { return };
    let Ok(forgery) = Forgery::arbitrary_take_rest(input) else { return };
    go_on(which, forgery);
}

fn go_on(which: &Saved, forgery: Forgery) {
    match which.plan.scalar() {
        ScalarKind::F64 => restore::<f64>(which, forgery),
        ScalarKind::Decimal => restore::<Decimal>(which, forgery),
    }
}

fn restore<S: Scalar>(which: &Saved, forgery: Forgery) {
    let bytes = match forgery {
        Forgery::Whole(bytes) => bytes,
        Forgery::Content(content) => which.seal(&content),
        Forgery::Changed(changes) => {
            let mut values = which.values.clone();
            for change in changes {
                change.carry_out(&mut values);
            }
            which.forged(&values)
        }
    };
    let restored = match which.mode {
        Mode::Batch => rows::<S>(&which.plan, &bytes),
        _ => state::<S>(&which.plan, &bytes),
    };
    if let Err(error) = restored {
        printable(&error);
    }
}

/// What a session remembers.
fn state<S: Scalar>(plan: &Plan, bytes: &[u8]) -> Result<(), Error> {
    let mut session = Session::<S>::restore(plan, bytes)?;
    let saved = session.snapshot().expect("it was read");
    let again = Session::<S>::restore(plan, &saved).expect("it was written just now");
    assert_eq!(again.snapshot().expect("it was read"), saved);
    // Rows after those it knows, and the same ones, which may be refused.
    let (data, _) = market::<S>(&OHLCV);
    for bar in bars(session.binding(), &data) {
        if bar.layout() == session.layout() {
            let _ = session.peek(&bar);
            let _ = session.step(&bar);
        } else {
            let _ = session.observe(&bar);
        }
    }
    // Counts may have come to where there is no room for more.
    let _ = session.snapshot().map(|bytes| Session::<S>::restore(plan, &bytes));
    Ok(())
}

/// The rows that were taken in.
fn rows<S: Scalar>(plan: &Plan, bytes: &[u8]) -> Result<(), Error> {
    let restore =
        |bytes: &[u8]| -> Result<Backend<S>, Error> { exec::restore(plan, bytes, &Settings::default()) };
    let unchanged = |backend: &Backend<S>| {
        let saved = backend.snapshot().expect("rows can be saved");
        let again = restore(&saved).expect("it was written just now");
        assert_eq!(again.position(), backend.position());
        assert_eq!(again.snapshot().expect("rows can be saved"), saved);
    };
    let mut backend = restore(bytes)?;
    unchanged(&backend);
    let (data, _) = market::<S>(&OHLCV);
    for bars in bars(backend.binding(), &data).chunks(8) {
        let before = backend.position();
        let _ = backend.peek(&bars[0]);
        if backend.step(bars).is_err() {
            assert_eq!(backend.position(), before);
        }
    }
    unchanged(&backend);
    Ok(())
}

impl Change {
    fn carry_out(self, values: &mut [Value]) {
        let mut count = 0;
        each(values, &mut |_| count += 1);
        let mut copied = None;
        if let Other::Copy(from) = self.to {
            nth(values, usize::from(from) % count, &mut |value| copied = Some(value.clone()));
        }
        let change = &mut |value: &mut Value| match (&self.to, &mut *value) {
            (Other::Nil, _) => *value = Value::Nil,
            (Other::Flag(flag), _) => *value = Value::from(*flag),
            (Other::Int(int), _) => *value = Value::from(*int),
            (Other::Count(count), _) => *value = Value::from(*count),
            (Other::Real(real), _) => *value = Value::from(*real),
            (Other::Text(text), _) => *value = Value::from(text.as_str()),
            (Other::Bytes(bytes), _) => *value = Value::from(bytes.as_slice()),
            (Other::Add(more), Value::Integer(int)) => {
                if let Some(sum) = int.as_i64().and_then(|int| int.checked_add((*more).into())) {
                    *value = Value::from(sum);
                }
            }
            (Other::Add(more), Value::F64(real)) => *real += f64::from(*more),
            (Other::Shorter, Value::Array(list)) => drop(list.pop()),
            (Other::Longer(times), Value::Array(list)) => {
                if let Some(last) = list.last().cloned() {
                    list.extend(std::iter::repeat_n(last, usize::from(*times)));
                }
            }
            (Other::Reversed, Value::Array(list)) => list.reverse(),
            (Other::Renamed(member, name), Value::Map(members)) if !members.is_empty() => {
                let member = usize::from(*member) % members.len();
                members[member].0 = Value::from(name.as_str());
            }
            (Other::Copy(_), _) => *value = copied.take().unwrap_or(Value::Nil),
            _ => {}
        };
        match &self.at {
            At::Nth(at) => nth(values, usize::from(*at) % count, change),
            At::Path(path) => drop(find(values, path).map(change)),
        }
    }
}

/// Where a path leads to.
fn find<'a>(values: &'a mut [Value], path: &str) -> Option<&'a mut Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let start = values.get_mut(first.parse::<usize>().ok()?)?;
    rest.split_terminator('.').try_fold(start, |value, step| match value {
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        Value::Map(members) => {
            members.iter_mut().find(|(name, _)| name.as_str() == Some(step)).map(|(_, value)| value)
        }
        _ => None,
    })
}

/// Each value, and those inside it; not the names of members.
fn each(values: &mut [Value], visit: &mut dyn FnMut(&mut Value)) {
    for value in values {
        match value {
            Value::Array(list) => each(list, visit),
            Value::Map(members) => {
                for (_, value) in members {
                    each(std::slice::from_mut(value), visit);
                }
            }
            _ => {}
        }
        visit(value);
    }
}

fn nth(values: &mut [Value], at: usize, visit: &mut dyn FnMut(&mut Value)) {
    let mut next = 0;
    each(values, &mut |value| {
        if next == at {
            visit(value);
        }
        next += 1;
    });
}

/// A plan, and what is in a snapshot of it.
struct Saved {
    plan: Plan,
    mode: Mode,
    /// What every snapshot of this layout begins with.
    head: Vec<u8>,
    values: Vec<Value>,
}

/// The name of the format, and the version of its layout.
const HEAD: usize = 8 + 4;

impl Saved {
    /// Content with what goes around it.
    fn seal(&self, content: &[u8]) -> Vec<u8> {
        let mut bytes = self.head.clone();
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(content);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// A snapshot of these values.
    fn forged(&self, values: &[Value]) -> Vec<u8> {
        let mut content = Vec::new();
        for value in values {
            rmpv::encode::write_value(&mut content, value).expect("a vector takes all");
        }
        self.seal(&content)
    }
}

/// Plans that remember in every way there is.
fn plans() -> &'static [Saved] {
    static PLANS: OnceLock<Vec<Saved>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let everything: Vec<String> = registry()
            .iter()
            .map(|def| {
                let inputs = def.spec.inputs.iter().zip(["close", "open", "low", "high"]);
                let inputs = inputs.filter(|(input, _)| input.field.is_none());
                format!("{}({})", def.spec.id, inputs.map(|(_, field)| field).collect::<Vec<_>>().join(", "))
            })
            .collect();
        let texts: [&[&str]; 4] = [
            &["sma(close, 5)[3] + ema(high, 4) - close.7m_ago", "median(close, 9) > close[2]"],
            &[
                "trades.filter(side > 0).sum(amount, 5m) - trades.count(20)",
                "trades.max(price, 10m)",
                "trades.avg(price)",
            ],
            &[
                "5m.sma(close, 3) - close",
                "15m.close.1_ago",
                "close.downsample(3, avg)",
                "B.5m.close.within(6m)",
            ],
            &everything.iter().map(String::as_str).collect::<Vec<_>>(),
        ];
        let with = |texts: &[&str], options: &PlanOptions| {
            let texts: Vec<_> = texts.iter().map(|&text| (None, text)).collect();
            Plan::compile(registry(), &texts, options).unwrap_or_else(|error| panic!("{error}: {texts:?}"))
        };
        let mut plans = Vec::new();
        for (at, texts) in texts.iter().enumerate() {
            for mode in [Mode::Incremental, Mode::Batch] {
                plans.push(saved::<f64>(with(texts, &options(0)), mode));
                if at < 3 {
                    plans.push(saved::<Decimal>(with(texts, &options(3)), mode));
                }
            }
        }
        plans
    })
}

fn saved<S: Scalar>(plan: Plan, mode: Mode) -> Saved {
    let (data, base) = market::<S>(&OHLCV);
    let mut before = Dataset::new();
    for key in data.keys() {
        let rows = data.partition(key).expect("it has this key");
        before.append(key, &rows.slice(0..0)).expect("no rows are in order");
    }
    let settings = Settings::new(Some(mode), None, |_| None).expect("a mode and nothing else");
    let (mut backend, _) = exec::initialize(&plan, &before, &base, &settings).expect("all of it is there");
    let bars = bars(backend.binding(), &data);
    backend.step(&bars[..bars.len() * 2 / 3]).expect("rows in order");
    let bytes = backend.snapshot().expect("kernels save their states");
    let mut content = &bytes[HEAD + 8..bytes.len() - blake3::OUT_LEN];
    let mut values = Vec::new();
    while !content.is_empty() {
        values.push(rmpv::decode::read_value(&mut content).expect("it is MessagePack"));
    }
    let saved = Saved { plan, mode, head: bytes[..HEAD].to_vec(), values };
    // Otherwise no forgery would be read beyond its seal.
    let same = saved.forged(&saved.values);
    exec::restore::<S>(&saved.plan, &same, &settings).expect("nothing was changed");
    saved
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn what_an_input_that_failed_changes_is_still_there() {
        let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions/snapshot");
        for file in fs::read_dir(inputs).unwrap() {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            let mut input = Unstructured::new(&bytes);
            let which = input.choose(plans()).unwrap();
            let Forgery::Changed(changes) = Forgery::arbitrary_take_rest(input).unwrap() else { continue };
            for Change { at, .. } in changes {
                let At::Path(path) = at else { panic!("{} counts what it changes", file.display()) };
                let found = find(&mut which.values.clone(), &path).is_some();
                assert!(found, "{}: there is no `{path}`", file.display());
            }
        }
    }

    #[test]
    fn every_value_of_a_small_snapshot_may_be_an_extreme_one() {
        let extremes: [fn() -> Other; 9] = [
            || Other::Nil,
            || Other::Int(i64::MIN),
            || Other::Count(u64::MAX / 2),
            || Other::Count(u64::MAX),
            || Other::Real(f64::MAX),
            || Other::Real(f64::INFINITY),
            || Other::Shorter,
            || Other::Longer(1),
            || Other::Reversed,
        ];
        for which in plans() {
            let mut count = 0;
            each(&mut which.values.clone(), &mut |_| count += 1);
            if count > 300 {
                continue;
            }
            for (at, to) in (0..count).flat_map(|at| extremes.map(|to| (at, to()))) {
                go_on(which, Forgery::Changed(vec![Change { at: At::Nth(at), to }]));
            }
        }
    }
}

//! Sessions as bytes.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use rmpv::Value;
use ta_kernel_api::{Decimal, Scalar, ScalarKind};
use ta_runtime::exec::{Binding, Session};
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

/// Another value for one of those in the content, counted over.
#[derive(Debug, Arbitrary)]
struct Change {
    at: u16,
    to: Other,
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

/// Restores a session from what the bytes say, and goes on.
pub fn snapshot(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let plans = plans();
    let Ok(which) = input.choose(plans) else { return };
    let Ok(forgery) = Forgery::arbitrary_take_rest(input) else { return };
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
    let mut session = match Session::<S>::restore(&which.plan, &bytes) {
        Ok(session) => session,
        Err(error) => return printable(&error),
    };
    let saved = session.snapshot().expect("it was read");
    let again = Session::<S>::restore(&which.plan, &saved).expect("it was written just now");
    assert_eq!(again.snapshot().expect("it was read"), saved);
    // Rows after those it knows, and the same ones, which may be refused.
    let (data, _) = market::<S>();
    for bar in bars(&session, &data) {
        if bar.layout() == session.layout() {
            let _ = session.peek(&bar);
            let _ = session.step(&bar);
        } else {
            let _ = session.observe(&bar);
        }
    }
    let _ = session.snapshot().map(|bytes| Session::<S>::restore(&which.plan, &bytes));
}

impl Change {
    fn carry_out(self, values: &mut [Value]) {
        let mut count = 0;
        each(values, &mut |_| count += 1);
        let at = usize::from(self.at) % count;
        let mut copied = None;
        if let Other::Copy(from) = self.to {
            nth(values, usize::from(from) % count, &mut |value| copied = Some(value.clone()));
        }
        nth(values, at, &mut |value| match (&self.to, &mut *value) {
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
        });
    }
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
            plans.push(saved::<f64>(with(texts, &options(0))));
            if at < 3 {
                plans.push(saved::<Decimal>(with(texts, &options(3))));
            }
        }
        plans
    })
}

fn saved<S: Scalar>(plan: Plan) -> Saved {
    let (data, base) = market::<S>();
    let loaded: Vec<_> = data.keys().into_iter().cloned().collect();
    let binding = Binding::new(&plan, &base, &loaded).expect("all of it is there");
    let mut session = Session::<S>::fresh(&plan, binding).expect("the plan has this scalar");
    let rows = bars(&session, &data);
    for bar in &rows[..rows.len() * 2 / 3] {
        if bar.layout() == session.layout() {
            session.step(bar).map(drop).expect("rows in order");
        } else {
            session.observe(bar).expect("rows in order");
        }
    }
    let bytes = session.snapshot().expect("kernels save their states");
    let mut content = &bytes[HEAD + 8..bytes.len() - blake3::OUT_LEN];
    let mut values = Vec::new();
    while !content.is_empty() {
        values.push(rmpv::decode::read_value(&mut content).expect("it is MessagePack"));
    }
    let saved = Saved { plan, head: bytes[..HEAD].to_vec(), values };
    // Otherwise no forgery would be read beyond its seal.
    Session::<S>::restore(&saved.plan, &saved.forged(&saved.values)).expect("nothing was changed");
    saved
}

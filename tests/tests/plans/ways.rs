//! The ways to run a plan, and that they agree.

use std::ops::Range;

use ta_kernel_api::{Registry, Scalar};
use ta_runtime::dataset::{Dataset, Partition, PartitionKey};
use ta_runtime::exec::{Bar, Binding, Checkpoints, Envelope, Live, Session, evaluate_in};
use ta_runtime::expr::{Scope, Script};
use ta_runtime::plan::{Plan, PlanOptions};

use super::backends;
use super::draw::Draw;
use super::market::Market;

pub(crate) type Answer = Result<(), String>;

pub(crate) fn agree<S: Scalar>(
    registry: &Registry,
    plan: &Plan,
    options: &PlanOptions,
    texts: &[(Option<&str>, &str)],
    market: &Market<S>,
    draw: &mut Draw<'_>,
) -> Answer {
    let Market { data, base } = market;
    let batch = evaluate_in(plan, data, base).map_err(|err| err.to_string())?;
    let (whole, replayed) = Session::initialize_in(plan, data, base).map_err(|err| err.to_string())?;
    same("replay", &batch, &replayed)?;
    rows(plan, market, &batch, &whole, draw)?;
    parts(plan, market, &batch, draw)?;
    prefix(plan, market, &batch, draw)?;
    revised(plan, market, &batch, draw)?;
    backends::agree(plan, market, &batch, draw)?;
    round_trip(registry, plan, options, texts)
}

/// The same columns, bit for bit.
pub(crate) fn same<S: Scalar>(what: &str, a: &Envelope<S>, b: &Envelope<S>) -> Answer {
    if a.ts != b.ts {
        return Err(format!("{what}: {} rows and {}", a.ts.len(), b.ts.len()));
    }
    for (x, y) in a.outputs.iter().zip(&b.outputs) {
        let row = x.values.iter().zip(&y.values).position(|(x, y)| !x.same(*y));
        if let Some(row) = row {
            return Err(format!(
                "{what}: {} in row {row} at {}: {} and {}",
                x.name, a.ts[row], x.values[row], y.values[row]
            ));
        }
    }
    Ok(())
}

/// All rows that feed the plan, in the order in which they are known.
pub(crate) fn events<S: Scalar>(binding: &Binding, data: &Dataset<S>) -> Vec<Bar<S>> {
    let mut events = Vec::new();
    for (feed, layout) in binding.feeds().iter().enumerate() {
        let rows = data.partition(layout.key()).unwrap();
        let columns: Vec<&[S]> = layout.names().iter().map(|name| rows.column(name).unwrap()).collect();
        for (row, &ts) in rows.ts().iter().enumerate() {
            let values: Vec<S> = columns.iter().map(|column| column[row]).collect();
            events.push((layout.key().known(ts), feed, layout.bar(ts, &values).unwrap()));
        }
    }
    events.sort_by_key(|(known, feed, _)| (*known, *feed));
    events.into_iter().map(|(_, _, bar)| bar).collect()
}

/// Row by row, with peeks, saved and restored on the way.
fn rows<S: Scalar>(
    plan: &Plan,
    market: &Market<S>,
    batch: &Envelope<S>,
    whole: &Session<S>,
    draw: &mut Draw<'_>,
) -> Answer {
    let mut session = Session::<S>::fresh(plan, whole.binding().clone()).map_err(|err| err.to_string())?;
    let every = draw.below(30) + 5;
    let mut at = 0;
    for (event, bar) in events(whole.binding(), &market.data).iter().enumerate() {
        if event % every == every - 1 {
            let bytes = session.snapshot().map_err(|err| err.to_string())?;
            session = Session::restore(plan, &bytes).map_err(|err| err.to_string())?;
        }
        if bar.layout() != session.layout() {
            session.observe(bar).map_err(|err| err.to_string())?;
            continue;
        }
        let peeked: Vec<S> =
            session.peek(bar).map_err(|err| err.to_string())?.iter().map(|output| output.2).collect();
        let row = session.step(bar).map_err(|err| err.to_string())?;
        for (column, ((name, _, value), peeked)) in batch.outputs.iter().zip(row.iter().zip(peeked)) {
            if !column.values[at].same(value) || !peeked.same(value) {
                let expected = column.values[at];
                return Err(format!(
                    "step: {name} in row {at} at {}: batch {expected}, peek {peeked}, step {value}",
                    row.ts()
                ));
            }
        }
        at += 1;
    }
    let bytes = [&session, whole].map(|session| session.snapshot().map_err(|err| err.to_string()));
    let [stepped, replayed] = bytes;
    if stepped? == replayed? { Ok(()) } else { Err("steps and a replay leave other states".to_owned()) }
}

/// The rows known by a time.
pub(crate) fn known_by<S: Scalar>(data: &Dataset<S>, from: i64, until: i64) -> Dataset<S> {
    let mut cut = Dataset::new();
    for key in data.keys() {
        let rows = data.partition(key).unwrap();
        let at = |time: i64| rows.ts().partition_point(|&ts| key.known(ts) <= time);
        cut.append(key, &rows.slice(at(from)..at(until))).unwrap();
    }
    cut
}

/// Part by part.
fn parts<S: Scalar>(plan: &Plan, market: &Market<S>, batch: &Envelope<S>, draw: &mut Draw<'_>) -> Answer {
    let mut ends: Vec<i64> = (0..3).map(|_| draw.below(90) as i64 * 60_000).collect();
    ends.sort_unstable();
    ends.push(i64::MAX);
    let mut from = i64::MIN;
    let mut session: Option<Session<S>> = None;
    let mut all: Option<Envelope<S>> = None;
    for until in ends {
        let part = known_by(&market.data, from, until);
        let answer = match &mut session {
            None => {
                let (first, answer) =
                    Session::initialize_in(plan, &part, &market.base).map_err(|err| err.to_string())?;
                session = Some(first);
                answer
            }
            Some(session) => session.replay_in(&part).map_err(|err| err.to_string())?,
        };
        match &mut all {
            None => all = Some(answer),
            Some(all) => {
                all.ts.extend(answer.ts);
                for (all, part) in all.outputs.iter_mut().zip(answer.outputs) {
                    all.values.extend(part.values);
                }
            }
        }
        from = until;
    }
    all.map_or(Ok(()), |all| same("parts", batch, &all))
}

/// What was known by a time decides what is answered up to then.
fn prefix<S: Scalar>(plan: &Plan, market: &Market<S>, batch: &Envelope<S>, draw: &mut Draw<'_>) -> Answer {
    let until = draw.below(90) as i64 * 60_000;
    let early = known_by(&market.data, i64::MIN, until);
    let answer = evaluate_in(plan, &early, &market.base).map_err(|err| err.to_string())?;
    let mut head = batch.clone();
    head.ts.truncate(answer.ts.len());
    head.outputs.iter_mut().for_each(|output| output.values.truncate(answer.ts.len()));
    same("prefix", &head, &answer)
}

/// From a history that was wrong, corrected.
fn revised<S: Scalar>(plan: &Plan, market: &Market<S>, batch: &Envelope<S>, draw: &mut Draw<'_>) -> Answer {
    let read =
        Session::<S>::initialize_in(plan, &market.data, &market.base).map_err(|err| err.to_string())?.0;
    let Correction { key, times, bad } = Correction::draw(market, draw);
    if !read.binding().feeds().iter().any(|feed| *feed.key() == key) {
        return Ok(());
    }
    let mut wrong = market.data.clone();
    let right = wrong.partition(&key).unwrap().between(times.clone());
    wrong.replace(&key, times.clone(), &bad).map_err(|err| err.to_string())?;
    let options = checkpoints(draw);
    let (mut live, before) =
        Live::initialize(plan, &wrong, &market.base, options).map_err(|err| err.to_string())?;
    let revision = live.revise(&key, times, &right).map_err(|err| err.to_string())?;
    let snapshots = [live.session(), &read].map(|session| session.snapshot().map_err(|err| err.to_string()));
    let [revised, rerun] = snapshots;
    if revised? != rerun? {
        return Err("a correction and a full rerun leave other states".to_owned());
    }
    same("corrected", batch, &live.evaluate().map_err(|err| err.to_string())?)?;
    // What is said to have changed is what differs.
    let mut told: Vec<(i64, bool, bool)> =
        revision.changed.iter().map(|row| (row.ts, row.before.is_some(), row.after.is_some())).collect();
    told.sort_unstable();
    let mut differs = Vec::new();
    for (row, &ts) in before.ts.iter().enumerate() {
        match batch.ts.binary_search(&ts) {
            Err(_) => differs.push((ts, true, false)),
            Ok(at)
                if before
                    .outputs
                    .iter()
                    .zip(&batch.outputs)
                    .any(|(a, b)| !a.values[row].same(b.values[at])) =>
            {
                differs.push((ts, true, true));
            }
            Ok(_) => {}
        }
    }
    differs.extend(
        batch.ts.iter().filter(|ts| before.ts.binary_search(ts).is_err()).map(|&ts| (ts, false, true)),
    );
    differs.sort_unstable();
    if told == differs { Ok(()) } else { Err(format!("correction told {told:?}, {differs:?} differ")) }
}

/// How much is kept to go back to: little, so that it matters.
pub(crate) fn checkpoints(draw: &mut Draw<'_>) -> Checkpoints {
    Checkpoints { every: draw.below(20) + 1, most: draw.below(6) + 2, rows: usize::MAX }
}

/// Other rows for a span of one partition.
pub(crate) struct Correction<S> {
    pub(crate) key: PartitionKey,
    pub(crate) times: Range<i64>,
    pub(crate) bad: Partition<S>,
}

impl<S: Scalar> Correction<S> {
    pub(crate) fn draw(market: &Market<S>, draw: &mut Draw<'_>) -> Self {
        let keys: Vec<PartitionKey> = market.data.keys().into_iter().cloned().collect();
        let key = draw.one_of(&keys).clone();
        let start = draw.below(60) as i64 * 60_000;
        let times = start..start + draw.below(20) as i64 * 60_000;
        let bad = spoiled(&market.data.partition(&key).unwrap().between(times.clone()), draw);
        Self { key, times, bad }
    }
}

/// Other rows: some gone, some with other values.
fn spoiled<S: Scalar>(right: &Partition<S>, draw: &mut Draw<'_>) -> Partition<S> {
    let names = right.names().to_vec();
    let mut bad = Partition::new(right.schema(), names.clone()).unwrap();
    for row in 0..right.len() {
        match draw.below(3) {
            0 => {}
            1 => bad.extend(&right.slice(row..row + 1)).unwrap(),
            _ => {
                let value = [S::from_i64(draw.below(9) as i64 + 1)];
                let columns: Vec<(&str, &[S])> =
                    names.iter().map(|name| (name.as_str(), &value[..])).collect();
                bad.append(&right.ts()[row..=row], &columns).unwrap();
            }
        }
    }
    bad
}

/// Canonical text gives the same plan, and so does the graph as JSON.
fn round_trip(
    registry: &Registry,
    plan: &Plan,
    options: &PlanOptions,
    texts: &[(Option<&str>, &str)],
) -> Answer {
    let said = |err: ta_runtime::Error| err.to_string();
    let scope = Scope { registry, schema: options.schema, limits: &options.limits };
    let script = Script::parse(texts, scope).map_err(said)?;
    let canonical = script.to_string();
    let again = Plan::compile(registry, &[(None, &canonical)], options).map_err(said)?;
    if again.fingerprint() != plan.fingerprint() {
        return Err(format!("canonical text makes another plan: {canonical}"));
    }
    let json = script.to_json().to_string();
    if Script::from_json(&json, scope).map_err(said)? != script {
        return Err(format!("graph is another one from JSON: {json}"));
    }
    // The fingerprint in it is compared on the way in.
    Plan::from_json(registry, plan.to_json().to_string(), &options.limits).map_err(said)?;
    Ok(())
}

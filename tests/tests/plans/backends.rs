//! Every way of running a plan, through what they have in common.

use ta_kernel_api::Scalar;
use ta_runtime::dataset::PartitionKey;
use ta_runtime::exec::{self, Bar, Envelope, ExecutionBackend, Mode, Session, Settings, evaluate_in};
use ta_runtime::plan::Plan;

use super::draw::Draw;
use super::market::Market;
use super::ways::{Answer, Correction, checkpoints, events, known_by, same};

/// History first and then chunks of rows in whatever order, with snapshots on the way; then a correction, and a reset.
pub(crate) fn agree<S: Scalar>(
    plan: &Plan,
    market: &Market<S>,
    batch: &Envelope<S>,
    draw: &mut Draw<'_>,
) -> Answer {
    let checkpoints = checkpoints(draw);
    let mut corrections = Vec::new();
    let (cut, size, again) = (draw.below(70) as i64 * 60_000, draw.below(60) + 5, draw.below(3) + 2);
    let Correction { key, times, bad } = Correction::draw(market, draw);
    for mode in Mode::ALL {
        let about = |what: String| format!("{mode}: {what}");
        let settings = Settings::new(Some(mode), Some(0.5), |_| None).map_err(|err| err.to_string())?;
        let settings = settings.with_checkpoints(checkpoints);
        let early = known_by(&market.data, i64::MIN, cut);
        let (mut backend, mut answer) =
            exec::initialize(plan, &early, &market.base, &settings).map_err(|err| err.to_string())?;
        let late: Vec<Bar<S>> = events(backend.binding(), &market.data)
            .into_iter()
            .filter(|bar| bar.layout().key().known(bar.ts()) > cut)
            .collect();
        for (at, chunk) in late.chunks(size).enumerate() {
            if at % again == again - 1 {
                let bytes = backend.snapshot().map_err(|err| err.to_string())?;
                backend = exec::restore(plan, &bytes, &settings).map_err(|err| err.to_string())?;
                if backend.snapshot().map_err(|err| err.to_string())? != bytes {
                    return Err(about("what was restored is saved as something else".to_owned()));
                }
            }
            let mut mixed = chunk.to_vec();
            if at % 2 == 1 {
                mixed.reverse();
            }
            let peeked = peek(&*backend, &chunk[0])?;
            let part = backend.step(&mixed).map_err(|err| err.to_string())?;
            if let Some(peeked) = peeked {
                let stepped = part.outputs.iter().map(|output| output.values[0]);
                if part.ts[0] != chunk[0].ts() || !peeked.iter().zip(stepped).all(|(a, b)| a.same(b)) {
                    return Err(about(format!("peek at {} is not what the step answers", chunk[0].ts())));
                }
            }
            append(&mut answer, part);
        }
        if let Some(parity) = answer.meta.parity.as_ref().filter(|parity| parity.differing > 0) {
            return Err(about(format!("{:?}", parity.differences)));
        }
        same(&about("chunks".to_owned()), batch, &answer)?;
        let evaluated =
            exec::execute(plan, &market.data, &market.base, &settings).map_err(|err| err.to_string())?;
        same(&about("evaluate".to_owned()), batch, &evaluated)?;
        // A way that was restored may not reach back so far.
        let (mut whole, _) =
            exec::initialize(plan, &market.data, &market.base, &settings).map_err(|err| err.to_string())?;
        if whole.binding().feeds().iter().any(|feed| *feed.key() == key) {
            corrections.push(
                whole
                    .revise(&key, times.clone(), &bad)
                    .map_err(|err| err.to_string())
                    .map(|told| (told.outputs, told.changed)),
            );
        }
    }
    // What is told does not depend on the way; changed rows are not equal to themselves where they have missing values.
    let told: Vec<String> = corrections.iter().map(|told| format!("{told:?}")).collect();
    if told.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(format!("corrections told differ by mode: {told:#?}"));
    }
    reset(plan, market, cut)
}

/// What would be answered, if it is a row of the plan's own.
fn peek<S: Scalar>(backend: &dyn ExecutionBackend<S>, bar: &Bar<S>) -> Result<Option<Vec<S>>, String> {
    let own = backend.binding().feeds().last();
    if own.is_none_or(|own| own != bar.layout()) {
        return Ok(None);
    }
    let row = backend.peek(bar).map_err(|err| err.to_string())?;
    Ok(Some(row.iter().map(|output| output.2).collect()))
}

fn append<S>(all: &mut Envelope<S>, part: Envelope<S>) {
    all.ts.extend(part.ts);
    for (all, part) in all.outputs.iter_mut().zip(part.outputs) {
        all.values.extend(part.values);
    }
    if let (Some(all), Some(part)) = (&mut all.meta.parity, part.meta.parity) {
        all.differing += part.differing;
        all.differences.extend(part.differences);
    }
}

/// A session that has forgotten all its partitions answers as a new one.
fn reset<S: Scalar>(plan: &Plan, market: &Market<S>, cut: i64) -> Answer {
    let (early, late) = (known_by(&market.data, i64::MIN, cut), known_by(&market.data, cut, i64::MAX));
    let (mut session, _) =
        Session::initialize_in(plan, &early, &market.base).map_err(|err| err.to_string())?;
    let keys: Vec<PartitionKey> = session.binding().feeds().iter().map(|feed| feed.key().clone()).collect();
    for key in keys {
        session.reset(&key).map_err(|err| err.to_string())?;
    }
    let bytes = session.snapshot().map_err(|err| err.to_string())?;
    let mut session = Session::<S>::restore(plan, &bytes).map_err(|err| err.to_string())?;
    let answer = session.replay_in(&late).map_err(|err| err.to_string())?;
    let (_, fresh) = Session::initialize_in(plan, &late, &market.base).map_err(|err| err.to_string())?;
    same("reset", &fresh, &answer)
}

/// Under the policy that refuses gaps: the same row is refused, whichever way, and nothing of it is left behind.
pub(crate) fn refuse<S: Scalar>(plan: &Plan, market: &Market<S>, draw: &mut Draw<'_>) -> Answer {
    let checkpoints = checkpoints(draw);
    let nothing = known_by(&market.data, i64::MIN, i64::MIN);
    let batch = evaluate_in(plan, &market.data, &market.base);
    let expected = batch.as_ref().err().and_then(|err| err.location()?.ts);
    let mut answers: Vec<Envelope<S>> = Vec::new();
    for mode in Mode::ALL {
        let settings = Settings::new(Some(mode), Some(1.0), |_| None)
            .map_err(|err| err.to_string())?
            .with_checkpoints(checkpoints);
        let whole = exec::execute(plan, &market.data, &market.base, &settings);
        match (&batch, &whole) {
            (Ok(batch), Ok(whole)) => same(mode.name(), batch, whole)?,
            (Err(batch), Err(whole)) if batch.to_string() == whole.to_string() => {}
            _ => return Err(format!("batch: {:?}, {mode}: {:?}", batch.map(drop), whole.map(drop))),
        }
        let (mut backend, mut answer) =
            exec::initialize(plan, &nothing, &market.base, &settings).map_err(|err| err.to_string())?;
        let mut refused = None;
        for bar in events(backend.binding(), &market.data) {
            let before = (Some(bar.ts()) == expected).then(|| backend.snapshot());
            match backend.step(std::slice::from_ref(&bar)) {
                Ok(part) => append(&mut answer, part),
                Err(err) if !err.is_missing() => return Err(err.to_string()),
                Err(err) => {
                    let before = before.transpose().map_err(|err| err.to_string())?;
                    if before.is_some_and(|before| backend.snapshot().is_ok_and(|after| before != after)) {
                        return Err(format!("{mode}: a refused row at {} changed the state", bar.ts()));
                    }
                    if err.location().and_then(|location| location.ts) != Some(bar.ts()) {
                        return Err(format!("{mode}: the row at {} is refused as `{err}`", bar.ts()));
                    }
                    refused = Some(bar.ts());
                    break;
                }
            }
        }
        if refused != expected {
            return Err(format!("{mode}: the row at {refused:?} is refused, in batch {expected:?}"));
        }
        answers.push(answer);
    }
    answers.windows(2).try_for_each(|pair| same("rows before the refused one", &pair[0], &pair[1]))
}

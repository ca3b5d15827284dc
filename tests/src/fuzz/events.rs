//! Lines of a live feed.

use std::sync::OnceLock;

use ta_kernel_api::{Decimal, Scalar, ScalarKind};
use ta_runtime::Error;
use ta_runtime::dataset::PartitionKey;
use ta_runtime::dataset::read::Line;
use ta_runtime::exec::{Binding, Session};
use ta_runtime::plan::Plan;

use super::{options, printable, registry};

/// A byte that chooses scalar and policy, then lines.
pub fn events(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let plan = &plans()[usize::from(choice & 7)];
    match plan.scalar() {
        ScalarKind::F64 => follow::<f64>(plan, text),
        ScalarKind::Decimal => follow::<Decimal>(plan, text),
    }
}

fn follow<S: Scalar>(plan: &Plan, text: &[u8]) {
    let mut session = fresh::<S>(plan);
    for line in text.split(|&byte| byte == b'\n') {
        let Ok(line) = str::from_utf8(line) else { continue };
        if let Err(error) = take(&mut session, line) {
            printable(&error);
        }
    }
    let saved = session.snapshot().expect("kernels save their states");
    let restored = Session::<S>::restore(plan, &saved).expect("it was saved just now");
    assert_eq!(restored.snapshot().expect("kernels save their states"), saved);
}

/// Takes in a line. One that is refused changes nothing, and a bar that is still open changes nothing either.
fn take<S: Scalar>(session: &mut Session<S>, line: &str) -> Result<(), Error> {
    let line = Line::read(line)?;
    let layout = match line.partition.as_deref() {
        None => session.layout().clone(),
        Some(said) => {
            let said: PartitionKey = said.parse()?;
            let feeds = session.binding().feeds().iter();
            feeds.rev().find(|feed| *feed.key() == said).unwrap_or(session.layout()).clone()
        }
    };
    let fields = line.fields::<S>(layout.key().source)?;
    let bar = layout.named(line.ts, &fields)?;
    if layout != *session.layout() {
        return session.observe(&bar);
    }
    let position = session.position();
    let peeked: Option<Vec<S>> = session.peek(&bar).ok().map(|row| row.iter().map(|cell| cell.2).collect());
    assert_eq!(session.position(), position);
    if line.forming {
        return Ok(());
    }
    match session.step(&bar) {
        Ok(row) => {
            let peeked = peeked.expect("what can be taken in can be looked at");
            assert!(row.iter().zip(peeked).all(|(cell, peeked)| cell.2.same(peeked)), "peek and step differ");
            Ok(())
        }
        Err(error) => {
            assert!(peeked.is_none(), "step alone says {error}");
            assert_eq!(session.position(), position);
            Err(error)
        }
    }
}

fn fresh<S: Scalar>(plan: &Plan) -> Session<S> {
    let keys = ["A.1m", "B.1m", "A.trades"].map(|key| key.parse::<PartitionKey>().expect("a key"));
    let binding = Binding::new(plan, &keys[0], &keys).expect("all of it is there");
    Session::fresh(plan, binding).expect("the plan has this scalar")
}

/// One plan over several sources, in both scalars and under each policy.
fn plans() -> &'static [Plan] {
    static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let texts = [
            "sma(close, 3) - ema(B.close, 2)[1]",
            "trades.filter(side > 0).sum(amount, 3m)",
            "5m.close.1_ago + close.2m_ago + high - low",
            "trades.price.fresh",
        ];
        let compile = |choice| Plan::compile(registry(), &texts.map(|text| (None, text)), &options(choice));
        (0..8).map(|choice| compile(choice).unwrap_or_else(|error| panic!("{error}"))).collect()
    })
}

//! A session as bytes: a header, all it remembers, then each kernel's node.
//!
//! Structs are written with the names of their fields: larger than without, but a field that changed its place is refused and not
//! taken for another one. Floats keep their bits. Nothing that is read is trusted: lengths are compared with the plan, a kernel
//! answers for its own state, and no memory is reserved for what has not arrived.

use std::collections::BTreeMap;

use rmp_serde::{Deserializer, Serializer};
use serde::{Deserialize, Serialize};
use ta_kernel_api::missing::Gate;
use ta_kernel_api::{Node, ParamValue, Scalar};

use super::header::{Header, Holds, open};
use super::sealed::{DEPTH, misfit, seal, unread, unsaved};
use crate::error::Error;
use crate::exec::{Ago, Begun, Clocks, Memory, Ring, Session, State, Tally, Total};
use crate::plan::Plan;

/// What is remembered besides the nodes of the kernels.
#[derive(Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
struct Saved<S: Scalar> {
    /// Where the clocks stand.
    clocks: Clocks,
    /// For each node since when it remembers.
    begun: Vec<Begun>,
    /// The values of the last row.
    values: Vec<S>,
    /// The values each `x[n]` remembers, oldest first.
    histories: Vec<Vec<S>>,
    /// What each `x.24h_ago` remembers.
    agos: Vec<Ago<S>>,
    /// What each aggregate remembers.
    tallies: Vec<Tally<S>>,
    /// What each downsampled value remembers.
    totals: Vec<Total<S>>,
    /// For each kernel the last value of each input, missing before its first.
    held: Vec<Vec<S>>,
}

impl<S: Scalar> Session<S> {
    /// All that the session remembers, as bytes that [`restore`](Self::restore) reads back.
    ///
    /// # Errors
    /// When a kernel cannot save its state.
    pub fn snapshot(&self) -> Result<Vec<u8>, Error> {
        let plan = self.plan();
        let State { memory, values, clocks, begun } = self.state();
        let Memory { gates, rings, agos, tallies, totals } = memory;
        let header = Header::new(Holds::State, plan, self.binding());
        let saved = Saved {
            clocks: clocks.clone(),
            begun: begun.to_vec(),
            values: values.to_vec(),
            agos: agos.to_vec(),
            tallies: tallies.to_vec(),
            totals: totals.to_vec(),
            histories: rings.iter().map(Ring::to_vec).collect(),
            held: gates.iter().map(|gate| gate.held().to_vec()).collect(),
        };
        let mut content = Vec::new();
        let mut writer = Serializer::new(&mut content).with_struct_map();
        header.serialize(&mut writer).map_err(|err| unsaved("header", &err))?;
        saved.serialize(&mut writer).map_err(|err| unsaved("values", &err))?;
        for gate in gates {
            let id = gate.node().def().spec.id;
            gate.node().serialize(&mut writer).map_err(|err| unsaved(&format!("state of `{id}`"), &err))?;
        }
        Ok(seal(&content))
    }

    /// A session as it was when the snapshot was made. The plan must be equal to the one it was made of.
    ///
    /// # Errors
    /// With [`Error::is_snapshot`], in this order: bytes that are no snapshot, are of another layout, cut off or damaged; another
    /// scalar or missing-data policy; a kernel that is not linked; another plan; a kernel whose state has another version; and a
    /// state that does not fit its kernel. Before all that, a plan in another scalar than `S`.
    pub fn restore(plan: &Plan, bytes: &[u8]) -> Result<Self, Error> {
        let (binding, mut reader) = open::<S>(Holds::State, plan, bytes)?;
        let mut fresh = Self::fresh(plan, binding)?;
        let saved = Saved::<S>::deserialize(&mut reader).map_err(|err| unread("values", &err))?;
        let planned = &fresh.state().memory;
        let Saved { clocks, begun, values, histories, agos, tallies, totals, held } = saved;
        let lengths = [values.len(), histories.len(), agos.len(), tallies.len(), totals.len(), held.len()];
        let Memory { gates, rings, agos: fresh_agos, tallies: fresh_tallies, totals: fresh_totals } = planned;
        let slots = fresh.state().values.len();
        let wanted =
            [slots, rings.len(), fresh_agos.len(), fresh_tallies.len(), fresh_totals.len(), gates.len()];
        if lengths != wanted {
            return Err(misfit("number of values"));
        }
        if !clocks.fit(&fresh.state().clocks) {
            return Err(misfit("position"));
        }
        let as_planned = begun.len() == fresh.state().begun.len();
        if !as_planned || begun.iter().any(|begun| begun.rows.max(begun.epoch) > u64::MAX / 2) {
            return Err(misfit("epochs"));
        }
        let sound = agos.iter().all(Ago::is_sound)
            && tallies.iter().all(Tally::is_sound)
            && totals.iter().all(Total::is_sound);
        if !sound {
            return Err(misfit("window of time"));
        }
        let values = numbers(values, "value")?;
        let mut restored = Vec::with_capacity(rings.len());
        for (planned, values) in rings.iter().zip(histories) {
            let ring = Ring::restore(numbers(values, "history")?, planned.len());
            restored.push(ring.ok_or_else(|| misfit("length of a history"))?);
        }
        let rings = restored;
        let mut restored = Vec::with_capacity(gates.len());
        for (planned, held) in gates.iter().zip(held) {
            let def = planned.node().def();
            let what = format!("state of `{}`", def.spec.id);
            // A kernel makes room for what its parameters say, so they are looked at first.
            let params = planned.node().params();
            let wanted = def.named(&params).map(|(name, value)| (name.to_owned(), value.clone())).collect();
            if ahead(reader.get_ref()).map_err(|err| unread(&what, &err))? != wanted {
                return Err(misfit(&format!("parameters of `{}`", def.spec.id)));
            }
            let node = S::load_node(&mut reader).map_err(|err| unread(&what, &err))?;
            let same = node.def().spec.id == def.spec.id && node.params() == params;
            let gate = Gate::restore(node, plan.missing(), numbers(held, "input")?).filter(|_| same);
            restored.push(gate.ok_or_else(|| misfit(&what))?);
        }
        if !reader.get_ref().is_empty() {
            return Err(misfit("content after the last kernel"));
        }
        let memory = Memory {
            gates: restored.into(),
            rings: rings.into(),
            agos: agos.into(),
            tallies: tallies.into(),
            totals: totals.into(),
        };
        fresh.set_state(State { memory, values: values.into(), clocks, begun: begun.into() });
        Ok(fresh)
    }
}

/// The parameters of the node that is to be read next.
fn ahead(content: &[u8]) -> Result<BTreeMap<String, ParamValue>, rmp_serde::decode::Error> {
    #[derive(Deserialize)]
    struct Node {
        params: BTreeMap<String, ParamValue>,
    }
    let mut reader = Deserializer::new(content);
    reader.set_max_depth(DEPTH);
    let nodes = BTreeMap::<String, Node>::deserialize(&mut reader)?;
    Ok(nodes.into_values().next().map(|node| node.params).unwrap_or_default())
}

/// The values as they are held: finite, or the one missing value.
fn numbers<S: Scalar>(values: Vec<S>, what: &str) -> Result<Vec<S>, Error> {
    if values.iter().any(|value| value.finite().is_missing() && !value.is_missing()) {
        return Err(misfit(&format!("infinite {what}")));
    }
    Ok(values.into_iter().map(S::finite).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::{Decimal, Missing, ScalarKind};

    use super::super::sealed::unseal;
    use super::*;
    use crate::dataset::{OHLCV, Partition};
    use crate::plan::PlanOptions;
    use crate::test_kernels;

    fn plan(expression: &str, missing: Missing) -> Plan {
        let options = PlanOptions { missing, ..PlanOptions::default() };
        Plan::compile(&test_kernels::registry(), &[(Some("x"), expression)], &options).unwrap()
    }

    const EXPRESSION: &str = "avg(close, 3) + bands(open).upper[2]";

    fn bars() -> Partition<f64> {
        let close = [1.0, 2.0, f64::MISSING, 4.0, 5.5];
        Partition::from_columns(&OHLCV, &[1, 2, 3, 4, 5], &[("close", &close), ("open", &close)]).unwrap()
    }

    fn saved(plan: &Plan) -> Vec<u8> {
        Session::initialize(plan, Some(&bars())).unwrap().0.snapshot().unwrap()
    }

    fn refusal(plan: &Plan, bytes: &[u8]) -> String {
        let err = Session::<f64>::restore(plan, bytes).unwrap_err();
        assert!(err.is_snapshot());
        err.to_string()
    }

    /// The snapshot with other words in it, under a checksum that fits.
    fn forged(bytes: &[u8], change: impl FnOnce(&mut Header, &mut Saved<f64>)) -> Vec<u8> {
        let mut reader = Deserializer::new(unseal(bytes).unwrap());
        let mut header = Header::deserialize(&mut reader).unwrap();
        let mut memory = Saved::deserialize(&mut reader).unwrap();
        change(&mut header, &mut memory);
        let mut content = Vec::new();
        let mut writer = Serializer::new(&mut content).with_struct_map();
        header.serialize(&mut writer).unwrap();
        memory.serialize(&mut writer).unwrap();
        content.extend_from_slice(reader.get_ref());
        seal(&content)
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let plan = plan(EXPRESSION, Missing::Hold);
        let mut bytes = saved(&plan);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            refusal(&plan, &bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        Session::<f64>::restore(&plan, &bytes).unwrap();
    }

    #[test]
    fn parameters_are_compared_before_a_kernel_makes_room_for_them() {
        let plan = plan("boundless(3)", Missing::Skip);
        let bytes = saved(&plan);
        let content = unseal(&bytes).unwrap();
        // `int` and three, in MessagePack.
        let at = content.windows(5).rposition(|bytes| bytes == b"\xa3int\x03").unwrap();
        let huge = [b"\xa3int\xcf".as_slice(), &8_000_000_000_000_000_000_i64.to_be_bytes()].concat();
        let forged = [&content[..at], &huge, &content[at + 5..]].concat();
        assert_eq!(
            refusal(&plan, &seal(&forged)),
            "snapshot does not fit its plan: parameters of `boundless` (it was not made by this program)"
        );
    }

    #[test]
    fn every_other_length_is_refused() {
        let plan = plan(EXPRESSION, Missing::Skip);
        let mut bytes = saved(&plan);
        for length in 0..bytes.len() {
            refusal(&plan, &bytes[..length]);
        }
        assert_eq!(
            refusal(&plan, &bytes[..40]),
            "snapshot is cut off after 40 bytes (it is read as a whole or not at all)"
        );
        bytes.push(0);
        assert_eq!(refusal(&plan, &bytes), "snapshot is damaged (its checksum does not fit its bytes)");
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let plan = plan(EXPRESSION, Missing::Skip);
        let bytes = saved(&plan);
        assert_eq!(refusal(&plan, b"{}"), "bytes are no snapshot (a snapshot begins with `TARTSNAP`)");

        let mut later = bytes.clone();
        later[8] = 9;
        assert_eq!(refusal(&plan, &later), "snapshot has layout 9 (this build reads layout 3)");

        let header = |change: fn(&mut Header)| refusal(&plan, &forged(&bytes, |header, _| change(header)));
        assert_eq!(
            header(|header| header.scalar = ScalarKind::Decimal),
            "snapshot has the scalar `decimal` (the plan has `f64`)"
        );
        assert_eq!(
            header(|header| header.missing = Missing::Hold),
            "snapshot has the missing-data policy `hold` (the plan has `skip`)"
        );
        assert_eq!(
            header(|header| {
                header.kernels[0].id = "gone::avg".to_owned();
                header.kernels[0].krate = "gone-kernels".to_owned();
                header.kernels[0].crate_version = "0.3.0".to_owned();
            }),
            "snapshot needs the kernel gone::avg (it is not linked; it was in gone-kernels 0.3.0)"
        );
        assert_eq!(
            header(|header| {
                header.kernels[0].state_version = 7;
                header.kernels[0].crate_version = "0.0.9".to_owned();
                header.fingerprint = [0; 32];
            }),
            format!(
                "state of `avg` has version 7, saved by ta-runtime 0.0.9 (ta-runtime {} reads version 1)",
                env!("CARGO_PKG_VERSION")
            )
        );
        assert_eq!(
            header(|header| header.fingerprint[3] ^= 1),
            "snapshot is of another plan (it goes on with the same expressions, column names and options alone)"
        );
        for (change, what) in [
            ((|_, memory| memory.values.push(0.0)) as fn(&mut Header, &mut Saved<f64>), "number of values"),
            (|_, memory| memory.values[0] = f64::INFINITY, "infinite value"),
            (|_, memory| memory.histories.clear(), "number of values"),
            (|_, memory| memory.histories[0].push(0.0), "length of a history"),
            (|_, memory| memory.histories[0][0] = f64::NEG_INFINITY, "infinite history"),
            (|_, memory| memory.held.clear(), "number of values"),
            (|_, memory| memory.held[0].push(0.0), "state of `avg`"),
            (|_, memory| memory.held[0][0] = f64::INFINITY, "infinite input"),
            (|_, memory| memory.clocks.hands[0].ts = i64::MAX, "position"),
            (|_, memory| memory.clocks.hands[0].rows = 0, "position"),
            (|_, memory| memory.clocks.hands = Box::default(), "position"),
            (|_, memory| memory.begun.clear(), "epochs"),
            (|_, memory| memory.begun[0].epoch = u64::MAX, "epochs"),
            (|header, _| header.feeds.clear(), "partitions"),
            (|header, _| header.feeds = vec!["..".to_owned()], "partitions"),
        ] {
            let message = format!("snapshot does not fit its plan: {what} (it was not made by this program)");
            assert_eq!(refusal(&plan, &forged(&bytes, change)), message);
        }
    }

    #[test]
    fn a_snapshot_in_another_scalar_is_refused_as_such() {
        let options = PlanOptions { scalar: ScalarKind::Decimal, ..PlanOptions::default() };
        let exact = Plan::compile(&test_kernels::registry(), &[(Some("x"), EXPRESSION)], &options).unwrap();
        let bytes = Session::<Decimal>::initialize(&exact, None).unwrap().0.snapshot().unwrap();
        assert_eq!(
            refusal(&plan(EXPRESSION, Missing::Skip), &bytes),
            "snapshot has the scalar `decimal` (the plan has `f64`)"
        );
        Session::<Decimal>::restore(&exact, &bytes).unwrap();
    }

    #[test]
    fn a_snapshot_of_another_plan_is_refused() {
        let (one, more) =
            (plan(EXPRESSION, Missing::Skip), plan("avg(close, 4) + bands(open).upper[2]", Missing::Skip));
        let other = "snapshot is of another plan (it goes on with the same expressions, column names and options alone)";
        assert_eq!(refusal(&one, &saved(&more)), other);
        assert_eq!(refusal(&one, &saved(&plan("close", Missing::Skip))), other);
    }

    #[test]
    fn nodes_must_be_those_of_the_plan() {
        let (one, more) =
            (plan(EXPRESSION, Missing::Skip), plan("avg(close, 4) + bands(open).upper[2]", Missing::Skip));
        let disguised = forged(&saved(&more), |header, _| header.fingerprint = one.fingerprint());
        assert_eq!(
            refusal(&one, &disguised),
            "snapshot does not fit its plan: parameters of `avg` (it was not made by this program)"
        );
    }

    #[test]
    fn nothing_may_follow_the_last_kernel() {
        let plan = plan(EXPRESSION, Missing::Skip);
        let bytes = saved(&plan);
        let longer = seal(&[unseal(&bytes).unwrap(), &[0]].concat());
        assert_eq!(
            refusal(&plan, &longer),
            "snapshot does not fit its plan: content after the last kernel (it was not made by this program)"
        );
    }

    #[test]
    fn a_claimed_length_reserves_no_memory() {
        let plan = plan("close", Missing::Skip);
        for claim in [
            &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
            &[0xdf, 0xff, 0xff, 0xff, 0xff],
            &[0xc6, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(refusal(&plan, &seal(claim)).starts_with("snapshot cannot be read: header ("));
        }
        let nested = vec![0x91; 100_000];
        assert!(refusal(&plan, &seal(&nested)).starts_with("snapshot cannot be read: header ("));
    }

    proptest! {
        #[test]
        fn no_content_under_a_fitting_checksum_panics(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in proptest::option::of(any::<prop::sample::Index>()),
        ) {
            let plan = plan(EXPRESSION, Missing::Hold);
            let bytes = saved(&plan);
            let mut content = unseal(&bytes).unwrap().to_vec();
            for (at, byte) in changes {
                let at = at.index(content.len());
                content[at] = byte;
            }
            if let Some(cut) = cut {
                content.truncate(cut.index(content.len()));
            }
            if let Ok(mut session) = Session::<f64>::restore(&plan, &seal(&content)) {
                let ts = session.position().map_or(0, |position| position.ts);
                if let Ok(bar) = session.layout().bar(ts.saturating_add(1), &[1.0, f64::MISSING]) {
                    session.peek(&bar).unwrap();
                    session.step(&bar).unwrap();
                    session.snapshot().unwrap();
                    session.inspect();
                }
            }
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let plan = plan(EXPRESSION, Missing::Skip);
            refusal(&plan, &bytes);
            refusal(&plan, &seal(&bytes));
        }
    }
}

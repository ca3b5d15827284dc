//! One row of a source, checked and in the order a plan reads it.

use std::sync::Arc;

use ta_kernel_api::Scalar;

use crate::dataset::{Location, PartitionKey, Rules, check_time, list};
use crate::error::{Error, Kind};

/// The fields a plan reads of each row of one partition, in their order.
#[derive(Debug, Clone)]
pub struct Layout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    feed: usize,
    key: PartitionKey,
    names: Vec<Box<str>>,
    rules: Rules,
}

/// One row of a partition: its time, and the values of the fields a plan reads.
///
/// Made by [`Layout`] only, so who holds one need not check again.
#[derive(Debug, Clone)]
pub struct Bar<S> {
    layout: Layout,
    ts: i64,
    /// From when on it is known.
    known: i64,
    values: Box<[S]>,
}

impl Layout {
    /// These fields of a feed, sorted by name.
    pub(crate) fn new(feed: usize, key: PartitionKey, mut names: Vec<Box<str>>) -> Self {
        names.sort_unstable();
        names.dedup();
        let rules = Rules::new(key.source, &names);
        Self(Arc::new(Inner { feed, key, names, rules }))
    }

    /// The partition.
    pub fn key(&self) -> &PartitionKey {
        &self.0.key
    }

    /// The names of the fields.
    pub fn names(&self) -> &[Box<str>] {
        &self.0.names
    }

    /// The place of the partition among those that feed the plan.
    pub(crate) fn feed(&self) -> usize {
        self.0.feed
    }

    /// A bar of these values, one for each field in their order.
    ///
    /// # Errors
    /// In this order: another number of values; a time that is out of range; an infinite value; two fields of which one may not be
    /// above the other.
    pub fn bar<S: Scalar>(&self, ts: i64, values: &[S]) -> Result<Bar<S>, Error> {
        let missing = vec![S::MISSING; self.0.names.len()].into();
        let mut bar = Bar { layout: self.clone(), ts, known: ts, values: missing };
        bar.set(ts, values)?;
        Ok(bar)
    }

    /// A bar of named values, in any order. Fields that the plan does not read are checked and left out.
    ///
    /// # Errors
    /// In this order: a name that is given twice; a field that is left out; then as [`bar`](Self::bar).
    pub fn named<S: Scalar>(&self, ts: i64, fields: &[(&str, S)]) -> Result<Bar<S>, Error> {
        let refuse = |message: String, help: String| {
            Err(Error::new(Kind::Data, message).with_help(help).in_data(Location::ts(ts)))
        };
        let given: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        if let Some((_, name)) = given.iter().enumerate().find(|(at, name)| given[..*at].contains(name)) {
            return refuse(format!("field `{name}` is given twice"), "give it once".to_owned());
        }
        let mut values = Vec::with_capacity(self.0.names.len());
        for name in &self.0.names {
            let Some((_, value)) = fields.iter().find(|(given, _)| *given == &**name) else {
                return refuse(
                    format!("field `{name}` is left out"),
                    format!("the plan reads {}", list(&self.0.names)),
                );
            };
            values.push(*value);
        }
        let rules = Rules::new(self.0.key.source, &given);
        match check_time(ts, None).or_else(|| rules.check(&given, |field| fields[field].1)) {
            Some(fault) => Err(fault.into_error(Location::ts(ts))),
            None => self.bar(ts, &values),
        }
    }
}

/// Layouts of the same fields of the same partition are equal.
impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.same(&other.0)
    }
}

impl Inner {
    /// Apart, as bars are nearly always made by the layout that they are compared with.
    #[inline(never)]
    fn same(&self, other: &Self) -> bool {
        (self.feed, &self.key, &self.names) == (other.feed, &other.key, &other.names)
    }
}

impl<S: Scalar> Bar<S> {
    /// Makes this the bar of another row, without allocating.
    ///
    /// # Errors
    /// As [`Layout::bar`]; the bar is as it was then.
    pub fn set(&mut self, ts: i64, values: &[S]) -> Result<(), Error> {
        let Inner { names, rules, .. } = &*self.layout.0;
        if values.len() != names.len() {
            let message = format!("{} values for {} fields", values.len(), names.len());
            let error = Error::new(Kind::Data, message).with_help(format!("the plan reads {}", list(names)));
            return Err(error.in_data(Location::ts(ts)));
        }
        if let Some(fault) = check_time(ts, None).or_else(|| rules.check(names, |field| values[field])) {
            return Err(fault.into_error(Location::ts(ts)));
        }
        self.ts = ts;
        self.known = self.layout.0.key.known(ts);
        for (held, value) in self.values.iter_mut().zip(values) {
            *held = value.finite();
        }
        Ok(())
    }

    /// Its time, in milliseconds since the epoch.
    pub fn ts(&self) -> i64 {
        self.ts
    }

    /// From when on it is known.
    pub(crate) fn known(&self) -> i64 {
        self.known
    }

    /// Its time, as a column of one row.
    pub(crate) fn times(&self) -> &[i64] {
        std::slice::from_ref(&self.ts)
    }

    /// The values, in the order of the layout.
    pub fn values(&self) -> &[S] {
        &self.values
    }

    /// The fields it has.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

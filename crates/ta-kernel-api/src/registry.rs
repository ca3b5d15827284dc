//! The table of kernels a program was linked with.
//!
//! [`Registry::linked`] gathers what `#[kernel]` announced in every crate the program names;
//! [`Registry::builder`] takes an explicit list, for tests and for targets without link-time collection.
//! Iteration is sorted by id, so what is made from it is the same on every build.
//!
//! ```
//! use ta_kernel_api::Registry;
//!
//! let registry = Registry::builder().build()?;
//! let err = registry.get("ema").unwrap_err();
//! assert!(err.is_unknown_kernel());
//! # Ok::<(), ta_kernel_api::Error>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Error;
use crate::params::Params;
use crate::scalar::{Decimal, Scalar};
use crate::spec::KernelSpec;

/// A kernel over one scalar, made from checked parameters.
#[doc(hidden)]
pub struct Binding<S: Scalar> {
    pub bind: &'static (dyn Fn(&Params) -> Box<S::Node> + Send + Sync),
    pub timing: &'static (dyn Fn(&Params) -> Timing + Send + Sync),
}

impl<S: Scalar> fmt::Debug for Binding<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding").finish_non_exhaustive()
    }
}

/// How long a kernel takes with some parameters until it has answers, and until these are settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Rows without a value, per output; see [`Kernel::lookback`](crate::Kernel::lookback).
    pub lookback: Vec<usize>,
    /// Rows until the start no longer matters; see [`Kernel::stabilisation`](crate::Kernel::stabilisation).
    pub stabilisation: usize,
}

impl Timing {
    /// Rows until every output has a value.
    pub fn longest(&self) -> usize {
        self.lookback.iter().copied().max().unwrap_or(0)
    }
}

/// A rule between parameters: what is wrong, in words.
#[doc(hidden)]
pub struct Rule(pub &'static (dyn Fn(&Params) -> Result<(), String> + Send + Sync));

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rule")
    }
}

/// A registered kernel: its declaration and the way to bind it.
///
/// `#[kernel]` makes one public static of it per kernel; a program that learns of kernels while it runs makes them itself.
#[derive(Debug)]
pub struct KernelDef {
    /// The declaration.
    pub spec: KernelSpec,
    #[doc(hidden)]
    pub f64: Option<Binding<f64>>,
    #[doc(hidden)]
    pub decimal: Option<Binding<Decimal>>,
    #[doc(hidden)]
    pub check: Option<Rule>,
}

impl KernelDef {
    /// The kernel with these parameters and a fresh state.
    ///
    /// # Errors
    /// When the kernel does not compute with the scalar `S`.
    pub fn bind<S: Scalar>(&self, params: &Params) -> Result<Box<S::Node>, Error> {
        Ok((self.over::<S>()?.bind)(params))
    }

    /// How long the kernel takes with these parameters. No state is made for the answer, so it costs as little for a window of a
    /// trillion rows as for one of ten.
    ///
    /// # Errors
    /// When the kernel does not compute with the scalar `S`.
    pub fn timing<S: Scalar>(&self, params: &Params) -> Result<Timing, Error> {
        Ok((self.over::<S>()?.timing)(params))
    }

    fn over<S: Scalar>(&self) -> Result<&Binding<S>, Error> {
        S::binding(self).ok_or_else(|| Error::scalar(&self.spec, S::KIND))
    }
}

/// What `#[kernel]` announces at link time.
#[doc(hidden)]
#[derive(Debug)]
pub struct Announced(pub &'static KernelDef);

inventory::collect!(Announced);

/// Kernels by id, sorted; ids and aliases share one space.
#[derive(Debug, Clone)]
pub struct Registry {
    kernels: BTreeMap<&'static str, &'static KernelDef>,
    aliases: BTreeMap<&'static str, &'static KernelDef>,
}

impl Registry {
    /// The kernels of every crate that this program names.
    ///
    /// # Errors
    /// When two of them claim one name; the error names both crates and files.
    pub fn linked() -> Result<Self, Error> {
        Self::builder().with_linked().build()
    }

    /// A registry from an explicit list.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The kernel with this id or alias.
    ///
    /// # Errors
    /// When there is none; the error lists near names and how many kernels are linked.
    pub fn get(&self, name: &str) -> Result<&'static KernelDef, Error> {
        self.kernels
            .get(name)
            .or_else(|| self.aliases.get(name))
            .copied()
            .ok_or_else(|| Error::unknown_kernel(name, self.names(), self.len()))
    }

    /// The kernels, sorted by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'static KernelDef> + '_ {
        self.kernels.values().copied()
    }

    /// All ids and aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kernels.keys().chain(self.aliases.keys()).copied()
    }

    /// How many kernels there are, aliases not counted.
    pub fn len(&self) -> usize {
        self.kernels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kernels.is_empty()
    }
}

/// Collects kernels for a [`Registry`].
#[derive(Debug, Default, Clone)]
pub struct Builder {
    defs: Vec<&'static KernelDef>,
}

impl Builder {
    /// Adds one kernel, named by its public static.
    #[must_use]
    pub fn with(mut self, def: &'static KernelDef) -> Self {
        self.defs.push(def);
        self
    }

    /// Adds the kernels of every crate that this program names.
    #[must_use]
    pub fn with_linked(mut self) -> Self {
        self.defs.extend(inventory::iter::<Announced>.into_iter().map(|announced| announced.0));
        self
    }

    /// The registry.
    ///
    /// # Errors
    /// When two kernels claim one name. Adding the same kernel twice is no conflict.
    pub fn build(mut self) -> Result<Registry, Error> {
        // Link order differs between builds; errors should not.
        self.defs.sort_by_key(|def| (def.spec.id, def.spec.krate, def.spec.file, def.spec.line));
        self.defs.dedup_by(|a, b| std::ptr::eq(*a, *b));
        let mut registry = Registry { kernels: BTreeMap::new(), aliases: BTreeMap::new() };
        for def in &self.defs {
            if let Some(first) = registry.kernels.insert(def.spec.id, def) {
                return Err(Error::duplicate(def.spec.id, first, def));
            }
        }
        for def in &self.defs {
            for &alias in def.spec.aliases {
                let taken =
                    registry.kernels.get(alias).copied().or_else(|| registry.aliases.insert(alias, def));
                if let Some(first) = taken {
                    return Err(Error::duplicate(alias, first, def));
                }
            }
        }
        Ok(registry)
    }
}

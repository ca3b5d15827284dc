//! The error of this crate.

use std::fmt;

use crate::params::{ParamValue, Params};
use crate::registry::KernelDef;
use crate::scalar::ScalarKind;
use crate::spec::{KernelSpec, ParamSpec};

/// Why a kernel could not be found or made. Says what was given, then what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    UnknownKernel,
    Duplicate,
    Param,
    Scalar,
}

impl Error {
    /// No kernel of that name is linked.
    pub fn is_unknown_kernel(&self) -> bool {
        self.kind == Kind::UnknownKernel
    }
    /// Two linked kernels claim one name.
    pub fn is_duplicate(&self) -> bool {
        self.kind == Kind::Duplicate
    }
    /// A parameter is unknown, given twice, of the wrong type or outside its domain.
    pub fn is_param(&self) -> bool {
        self.kind == Kind::Param
    }
    /// The kernel does not compute with the scalar asked for.
    pub fn is_scalar(&self) -> bool {
        self.kind == Kind::Scalar
    }

    pub(crate) fn unknown_kernel<'a>(id: &str, names: impl Iterator<Item = &'a str>, linked: usize) -> Self {
        let message = if linked == 0 {
            format!(
                "unknown kernel `{id}` (0 kernels linked; a kernel crate registers only when the program names it: \
                 add it to the dependencies and write `use ta_kernels_std as _;`)"
            )
        } else {
            let count =
                if linked == 1 { "1 kernel linked".to_owned() } else { format!("{linked} kernels linked") };
            format!("unknown kernel `{id}` ({count}{})", close("; close: ", id, names))
        };
        Self { kind: Kind::UnknownKernel, message }
    }

    pub(crate) fn duplicate(name: &str, first: &KernelDef, second: &KernelDef) -> Self {
        let place = |def: &KernelDef| {
            let KernelSpec { id, krate, krate_version, file, line, .. } = def.spec;
            format!("`{id}` of {krate} {krate_version} ({file}:{line})")
        };
        let message = format!(
            "kernel name `{name}` is claimed twice, by {} and by {} (ids and aliases share one space; rename one of them)",
            place(first),
            place(second)
        );
        Self { kind: Kind::Duplicate, message }
    }

    pub(crate) fn unknown_param(spec: &KernelSpec, name: &str) -> Self {
        let names = spec.params.iter().map(|param| param.name);
        let hint = if spec.params.is_empty() {
            " (it takes none)".to_owned()
        } else {
            let all: Vec<_> = names.clone().map(|name| format!("`{name}`")).collect();
            format!(" (it takes {}{})", all.join(", "), close("; close: ", name, names))
        };
        Self { kind: Kind::Param, message: format!("`{}` has no parameter `{name}`{hint}", spec.id) }
    }

    pub(crate) fn repeated_param(spec: &KernelSpec, name: &str) -> Self {
        Self { kind: Kind::Param, message: format!("parameter `{name}` of `{}` is given twice", spec.id) }
    }

    pub(crate) fn param(spec: &KernelSpec, param: &ParamSpec, value: &ParamValue) -> Self {
        let message =
            format!("parameter `{}` of `{}` is {value} (accepted: {})", param.name, spec.id, param.domain);
        Self { kind: Kind::Param, message }
    }

    pub(crate) fn rule(spec: &KernelSpec, params: &Params, rule: &str) -> Self {
        let given: Vec<_> = spec
            .params
            .iter()
            .zip(params.values())
            .map(|(param, value)| format!("{}: {value}", param.name))
            .collect();
        let given = if given.is_empty() { String::new() } else { format!(" {{ {} }}", given.join(", ")) };
        Self { kind: Kind::Param, message: format!("`{}`{given}: {rule}", spec.id) }
    }

    pub(crate) fn scalar(spec: &KernelSpec, kind: ScalarKind) -> Self {
        let have: Vec<_> = spec.scalars.iter().map(|kind| kind.name()).collect();
        Self {
            kind: Kind::Scalar,
            message: format!("`{}` does not compute in {kind} (only in {})", spec.id, have.join(", ")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Up to three names near `given`, best first, as a hint; empty when none is near.
fn close<'a>(lead: &str, given: &str, names: impl Iterator<Item = &'a str>) -> String {
    let near = near_names(given, names);
    if near.is_empty() {
        return String::new();
    }
    let near: Vec<_> = near.into_iter().map(|name| format!("`{name}`")).collect();
    format!("{lead}{}", near.join(", "))
}

/// Up to three of `names` that look like `given`, best first. Case and what stands before `::` do not count.
pub fn near_names<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut near: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(local(&given), local(&name.to_lowercase())), name))
        .filter(|&(score, _)| score >= 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.dedup();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// The name without its vendor.
fn local(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

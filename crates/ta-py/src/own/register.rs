//! The classes that are registered.

use std::sync::{Mutex, OnceLock, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyType};
use ta_kernel_api::__private::{Binding, Rule};
use ta_kernel_api::registry::Builder;
use ta_kernel_api::{KernelDef, Registry};
use ta_runtime::catalog::python;
use ta_runtime::plan::{Op, Plan};

use super::declared::{Declaration, refused};
use super::instance::Own;
use super::node::OwnNode;
use crate::errors::guarded;
use crate::export::submodule;
use crate::functions::Function;
use crate::registry;

/// All that ever were, the newest last. Nothing of Python is done while it is held.
static CLASSES: Mutex<Vec<&'static Own>> = Mutex::new(Vec::new());

fn classes<T>(work: impl FnOnce(&mut Vec<&'static Own>) -> T) -> T {
    // It is changed by one push.
    work(&mut CLASSES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The class that is registered under this id now.
pub(super) fn find(id: &str) -> Option<&'static Own> {
    classes(|all| all.iter().rfind(|own| own.def().spec.id == id).copied())
}

/// Whether this kernel is written in Python.
pub(crate) fn is_own(def: &'static KernelDef) -> bool {
    classes(|all| all.iter().any(|own| std::ptr::eq(own.def(), def)))
}

/// The kernel of a plan that is written in Python, and whose name another class has by now. What is saved would go on with that one.
pub(crate) fn replaced(plan: &Plan) -> Option<&'static str> {
    plan.nodes().iter().find_map(|node| match node.op() {
        Op::Call { def, .. } if is_own(def) => {
            let id = def.spec.id;
            find(id).filter(|own| !std::ptr::eq(own.def(), *def)).map(|_| id)
        }
        _ => None,
    })
}

/// Registers a class, and answers the submodule of its vendor, in which its function is.
#[pyfunction]
#[pyo3(pass_module)]
pub(crate) fn register<'py>(
    module: &Bound<'py, PyModule>,
    class: &Bound<'py, PyType>,
    declaration: Declaration<'py>,
) -> PyResult<Bound<'py, PyModule>> {
    guarded(|| {
        let py = module.py();
        let linked = Registry::linked().map_err(|error| refused(error.to_string()))?;
        if let Ok(taken) = linked.get(declaration.id()) {
            let message = format!(
                "`{}` is a kernel of {} (accepted: an id that no linked kernel has)",
                taken.spec.id, taken.spec.krate
            );
            return Err(refused(message).into());
        }
        let own: &'static Own =
            Box::leak(Box::new(Own { class: class.clone().unbind(), def: OnceLock::new() }));
        let def: &'static KernelDef = Box::leak(Box::new(KernelDef {
            spec: declaration.spec()?,
            f64: Some(Binding {
                bind: Box::leak(Box::new(|params: &_| Box::new(OwnNode::new(own.bound(params))) as Box<_>)),
                timing: Box::leak(Box::new(|params: &_| own.bound(params).timing)),
            }),
            decimal: None,
            check: Some(Rule(Box::leak(Box::new(|params: &_| {
                Python::attach(|py| {
                    own.instance(py, params).map(drop).map_err(|error| error.value(py).to_string())
                })
            })))),
        }));
        // Nobody else has it yet.
        own.def.get_or_init(|| def);
        // What is wrong with all its instances is said now.
        own.instance(py, &def.defaults())?.init(py)?;

        let id = def.spec.id;
        let (vendor, name) = id.split_once("::").unwrap_or_default();
        let full = module.name()?.to_string();
        let package = full.rsplit_once('.').map_or(full.as_str(), |(package, _)| package);
        let home = submodule(module, package, &python::name(vendor))?;
        let function = Function::new(def, &format!("{package}.{}", python::name(vendor)), &full);
        classes(|all| {
            all.push(own);
            let mut current: Vec<&'static KernelDef> = Vec::new();
            for own in all.iter().rev().map(|own| own.def()) {
                if current.iter().all(|newer| newer.spec.id != own.spec.id) {
                    current.push(own);
                }
            }
            let builder = Registry::builder().with_linked();
            let made = current.into_iter().fold(builder, Builder::with).build();
            // No id is there twice.
            made.map(registry::replace).map_err(|error| refused(error.to_string()))
        })?;
        home.setattr(python::name(name), Bound::new(py, function)?)?;
        class.setattr(intern!(py, "__kernel__"), id)?;
        Ok(home)
    })
}

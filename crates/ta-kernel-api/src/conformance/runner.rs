//! The laws as tests: one per kernel, scalar and law, with names, filters and lists as `cargo test` and `cargo nextest`
//! know them.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use super::config::Config;
use super::laws::Law;
use super::walk::check;
use crate::registry::{KernelDef, Registry};

/// Tries every kernel of a registry on every law, as a test program does: understands the arguments of `cargo test` and
/// answers whether all went well. An empty registry is a failure.
pub fn run_all(registry: &Registry) -> ExitCode {
    run(|config| {
        let some = (!registry.is_empty()).then_some(()).ok_or("0 kernels in the registry");
        let found = Trial::test("registry::has_kernels", move || some.map_err(Failed::from));
        std::iter::once(found).chain(registry.iter().flat_map(|def| trials(def, config))).collect()
    })
}

/// [`run_all`] for the kernels of the named crates, among all that are linked.
pub fn main(crates: &[&str]) -> ExitCode {
    let registry = match Registry::linked() {
        Ok(registry) => registry,
        Err(err) => return refused(&err),
    };
    run(|config| crates.iter().flat_map(|krate| of_crate(&registry, krate, config)).collect())
}

fn run(tests: impl FnOnce(Config) -> Vec<Trial>) -> ExitCode {
    match Config::from_env() {
        Ok(config) => libtest_mimic::run(&Arguments::from_args(), tests(config)).exit_code(),
        Err(err) => refused(&err),
    }
}

fn refused(err: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {err}");
    ExitCode::FAILURE
}

/// The laws for each kernel of one crate, and the test that there is any.
fn of_crate(registry: &Registry, krate: &str, config: Config) -> Vec<Trial> {
    let (own, linked) = (own(registry, krate), are_linked(registry, krate));
    let found = Trial::test(format!("{krate}::kernels_are_linked"), move || linked.map_err(Failed::from));
    std::iter::once(found).chain(own.into_iter().flat_map(|def| trials(def, config))).collect()
}

/// The kernels of one crate. A package may be called `my-crate`, the crate is `my_crate` all the same.
fn own(registry: &Registry, krate: &str) -> Vec<&'static KernelDef> {
    registry.iter().filter(|def| def.spec.krate.replace('-', "_") == krate).collect()
}

fn are_linked(registry: &Registry, krate: &str) -> Result<(), String> {
    if own(registry, krate).is_empty() {
        return Err(format!(
            "0 kernels of `{krate}` are linked, {} of other crates (a kernel belongs to the package whose `#[kernel]` \
             declares it; is there a `mod` line for each file, and is the package called as its library?)",
            registry.len()
        ));
    }
    Ok(())
}

fn trials(def: &'static KernelDef, config: Config) -> impl Iterator<Item = Trial> {
    let applies = move |scalar| {
        Law::ALL.into_iter().filter(move |law| law.applies(def, scalar)).map(move |law| (scalar, law))
    };
    def.spec.scalars.iter().copied().flat_map(applies).map(move |(scalar, law)| {
        Trial::test(format!("{}@{scalar}::{law}", def.spec.id), move || {
            check(def, scalar, law, &config)
                .map_err(|failure| Failed::from(format!("{failure}\n\n{law}: {}", law.doc())))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_kernels_has_one_test_and_it_fails() {
        let registry = Registry::builder().build().unwrap();
        let tests = of_crate(&registry, "acme", Config::default());
        assert_eq!(tests.iter().map(Trial::name).collect::<Vec<_>>(), ["acme::kernels_are_linked"]);
        assert!(
            are_linked(&registry, "acme")
                .unwrap_err()
                .starts_with("0 kernels of `acme` are linked, 0 of other crates")
        );
    }
}

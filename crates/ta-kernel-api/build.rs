//! Exists so that `links` in the manifest is allowed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

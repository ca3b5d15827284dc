//! The attributes of `ta-kernel-api`. Use them from there: `use ta_kernel_api::prelude::*;`.
//!
//! Reading goes in three steps, a file each: `parse` turns tokens into what was written, `check` turns that into what is
//! meant or collects every error, `expand` writes the code.

mod check;
mod choices;
mod expand;
mod parse;
mod state;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares a kernel: puts it on the parameters struct.
///
/// ```text
/// /// Exponential moving average of one series.
/// #[kernel(id = "ema", family = "overlap", since = "0.1", inputs(source = close), outputs(ema), plot(overlay))]
/// pub struct Ema {
///     /// Bars in the average.
///     #[param(default = 20, min = 1, max = 100_000)]
///     pub period: usize,
/// }
/// ```
///
/// | argument | meaning |
/// |---|---|
/// | `id = "vendor::name"` | the name it is called by; required |
/// | `family = "momentum"` | the group it is listed under; required |
/// | `since = "0.1"` | the version of your crate that first had it; required |
/// | `inputs(a, source = close)` | input series; one without a field is a required argument; required |
/// | `outputs(/// doc` `k, up: bool, #[histogram] h)` | output series, documented when there are several; required |
/// | `aliases("name")` | other names |
/// | `scalars(f64, decimal)` | the scalars the `impl` covers; both when left out |
/// | `plot(overlay)`, `plot(pane, levels(30, 70))` | where a chart draws it; a pane when left out |
/// | `parity = ulps(4, "why")`, `parity = relative(1e-12, "why")` | how far batch and steps may differ; not at all when left out |
/// | `missing = pass` | the kernel is handed rows with missing inputs |
/// | `warmup = data` | when the first value comes depends on the data |
/// | `check = path` | a rule between fields: `fn(&Self) -> Result<(), String>` |
/// | `state = 2` | the version of the saved state; raise it when its meaning changes |
///
/// Fields take `#[param(default = .., min = .., max = ..)]` (`usize`, `i64`, `f64`), `#[param(default = true)]` (`bool`) or
/// `#[param(choice, default = Seed::Mean)]` (an enum under `#[choices]`).
///
/// Beside the struct there will be `impl Default`, a public static named like it in capitals (`EMA`), and the registration.
#[proc_macro_attribute]
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let attribute = parse_macro_input!(attribute as parse::Attribute);
    let item = parse_macro_input!(item as DeriveInput);
    match check::check(attribute, &item) {
        Ok(kernel) => expand::expand(&kernel, item),
        // The struct stays, so that the only errors shown are the real ones.
        Err(error) => expand::with_error(&error, item),
    }
    .into()
}

/// Makes a struct the state of a kernel: derives `Debug`, `Clone`, `PartialEq`, saving and restoring, and `State`.
///
/// A type parameter is taken to be the scalar.
#[proc_macro_attribute]
pub fn state(attribute: TokenStream, item: TokenStream) -> TokenStream {
    parse_macro_input!(attribute as syn::parse::Nothing);
    let item = parse_macro_input!(item as DeriveInput);
    state::expand(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a fieldless enum usable as a parameter; its words are the variants in `snake_case`.
#[proc_macro_attribute]
pub fn choices(attribute: TokenStream, item: TokenStream) -> TokenStream {
    parse_macro_input!(attribute as syn::parse::Nothing);
    let item = parse_macro_input!(item as DeriveInput);
    choices::expand(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

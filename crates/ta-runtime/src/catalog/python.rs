//! The registry as Python has it: names, signatures, docstrings and type stubs.
//!
//! Only text is made here, so that the stubs of a module can be written and checked without an interpreter.

mod docstring;
mod stub;

use ta_kernel_api::ParamValue;
use ta_kernel_api::spec::KernelSpec;

pub use docstring::docstring;
pub use stub::{Stub, stubs};

/// What a Python program cannot use as a name.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// A name as Python can write it, without its vendor: keywords end in `_`.
pub fn name(declared: &str) -> String {
    let local = declared.rsplit("::").next().unwrap_or(declared);
    if KEYWORDS.contains(&local) { format!("{local}_") } else { local.to_owned() }
}

/// How a kernel is called from Python with columns: `rsi(source, period=14)`.
pub fn signature(spec: &KernelSpec) -> String {
    let inputs = spec.inputs.iter().map(|input| name(input.name));
    let params =
        spec.params.iter().map(|param| format!("{}={}", name(param.name), literal(&param.domain.default())));
    format!("{}({})", name(spec.id), inputs.chain(params).collect::<Vec<_>>().join(", "))
}

/// The class of the answers of a kernel with several outputs: `MacdResult`.
pub fn result_name(spec: &KernelSpec) -> String {
    let words = spec.id.rsplit("::").next().unwrap_or(spec.id).split('_');
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
    };
    words.map(capital).chain(["Result".to_owned()]).collect()
}

/// A value as Python writes it.
fn literal(value: &ParamValue) -> String {
    match value {
        ParamValue::Int(value) => value.to_string(),
        ParamValue::Real(value) => format!("{value:?}"),
        ParamValue::Flag(true) => "True".to_owned(),
        ParamValue::Flag(false) => "False".to_owned(),
        ParamValue::Choice(word) => format!("\"{word}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_kernels::registry;

    #[test]
    fn names_are_those_that_python_can_write() {
        assert_eq!(name("ema"), "ema");
        assert_eq!(name("acme::spread"), "spread");
        assert_eq!(name("lambda"), "lambda_");
    }

    #[test]
    fn signatures_hold_the_defaults_as_python_writes_them() {
        let signatures: Vec<_> = registry().iter().map(|def| signature(&def.spec)).collect();
        let expected = [
            "above(a, b)",
            "avg(source, period=20)",
            "bands(source, width=2.0)",
            "boundless(source, bars=2)",
            "range(high, low)",
            "scaled(source, by=2.0)",
            "smooth(source, weight=0.5, seed=\"first\", negative=False)",
        ];
        assert_eq!(signatures, expected);
    }
}

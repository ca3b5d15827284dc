//! What the book says of the expression language can be written.

use ta_kernel_api::Registry;
use ta_kernels_std as _;
use ta_runtime::dataset::OHLCV;
use ta_runtime::expr::{Limits, Scope, Script};

const PAGE: &str = include_str!("../../docs/expressions.md");

/// The blocks of code in this language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let fence = format!("```{language}\n");
    let starts: Vec<usize> = PAGE.match_indices(&fence).map(|(at, found)| at + found.len()).collect();
    starts.into_iter().map(|at| PAGE[at..].split("```").next().unwrap_or_default())
}

#[test]
fn every_example_of_the_page_is_an_expression() {
    let (registry, limits) = (Registry::linked().unwrap(), Limits::default());
    let scope = Scope { registry: &registry, schema: &OHLCV, limits: &limits };
    // Rows of operators name no whole expression; the kernel of a third party is not linked here.
    let table = PAGE.split("\n\n").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| "));
    let rows =
        rows.filter(|row| !["arithmetic", "comparison", "logic"].iter().any(|form| row.starts_with(form)));
    let examples =
        rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|text| !text.starts_with("acme::"));
    let mut read = 0;
    for text in examples {
        Script::parse(&[(None, text)], scope).unwrap_or_else(|err| panic!("`{text}`: {err}"));
        read += 1;
    }
    assert!(read > 30, "{read} examples");

    let statements = blocks("text").find(|block| block.contains("let ")).unwrap();
    Script::parse(&[(None, statements)], scope).unwrap_or_else(|err| panic!("{statements}: {err}"));
    let graph = blocks("json").next().unwrap();
    Script::from_json(graph, scope).unwrap_or_else(|err| panic!("{graph}: {err}"));
}

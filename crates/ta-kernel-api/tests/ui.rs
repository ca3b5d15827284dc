//! Every misuse of `#[kernel]`, `#[state]` and `#[choices]` has its own message, at the place where the mistake is.
//!
//! The expected texts are those of one compiler version; after a change run with `TRYBUILD=overwrite` and read the difference.

#[test]
fn misuses_are_explained_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}

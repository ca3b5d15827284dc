#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ta_tests::fuzz::plan(bytes));

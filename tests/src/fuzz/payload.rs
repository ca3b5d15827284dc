//! Expressions as JSON.

use ta_runtime::expr::Script;

use super::text::canonical;
use super::{options, printable, run, scope};

/// A graph as JSON.
pub fn payload(bytes: &[u8]) {
    match Script::from_json(bytes, scope()) {
        Err(error) => printable(&error),
        Ok(script) => {
            canonical(&script);
            for choice in 0..2 {
                run(&[(None, &script.to_string())], &options(choice));
            }
        }
    }
}

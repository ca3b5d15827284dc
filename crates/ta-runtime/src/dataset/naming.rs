//! How columns are called in data that others have made.

/// The names of a time column.
pub const TIME: [&str; 6] = ["ts", "timestamp", "time", "date", "datetime", "open_time"];

/// Whether two names differ only in case, spaces, `_` and `-`.
pub fn same_word(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> Vec<u8> {
        text.bytes().filter(|byte| !b" _-".contains(byte)).map(|byte| byte.to_ascii_lowercase()).collect()
    };
    letters(a) == letters(b)
}

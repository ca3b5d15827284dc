//! A name in front of an expression.

/// Splits `NAME=EXPR` into the name and the expression; a text without a name is an expression as it stands.
///
/// ```
/// use ta_runtime::expr::split_name;
///
/// assert_eq!(split_name("fast = avg(10)"), (Some("fast"), " avg(10)"));
/// assert_eq!(split_name("avg(period=10)"), (None, "avg(period=10)"));
/// assert_eq!(split_name("close == open"), (None, "close == open"));
/// ```
pub fn split_name(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, expression)) if is_name(name.trim()) && !expression.starts_with('=') => {
            (Some(name.trim()), expression)
        }
        _ => (None, text),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

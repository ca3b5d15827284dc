//! What the runtime refuses, as exceptions.

use ta_runtime::Error;

use crate::errors::{Class, Refusal};

/// Why expressions are no plan.
pub(crate) fn of_expression(error: &Error) -> Refusal {
    let excerpt = error.excerpt().map(|excerpt| format!("\n{excerpt}"));
    let message = format!("{error}{}", excerpt.unwrap_or_default());
    let mut refusal = Refusal::new(Class::Expression, message).with("kind", error.kind());
    if let Some(text) = error.text() {
        refusal = refusal.with("text", text);
        // Python counts characters.
        let characters = |bytes: usize| text[..text.floor_char_boundary(bytes)].chars().count();
        if let Some(span) = error.span() {
            refusal = refusal.with("span", (characters(span.start), characters(span.end)));
        }
    }
    if let Some(help) = error.help() {
        refusal = refusal.with("help", help);
    }
    if let Some(index) = error.expression() {
        refusal = refusal.with("expression", index);
    }
    if let Some(name) = error.expression_name() {
        refusal = refusal.with("name", name);
    }
    refusal
}

//! A panic inside a kernel, as a broken law instead of the end of the walk.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::thrown::Thrown;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What `judge` answers, or where it panicked and with which words, or what was thrown. Nothing is printed.
pub(super) fn caught<T>(judge: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(
            move |info| if CATCHING.get() { SAID.set(describe(info)) } else { before(info) },
        ));
    });
    let outer = CATCHING.replace(true);
    let answer = panic::catch_unwind(AssertUnwindSafe(judge));
    CATCHING.set(outer);
    answer.unwrap_or_else(|payload| {
        Err(Thrown::caught(payload).map_or_else(|_| SAID.take(), |thrown| thrown.message().to_owned()))
    })
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload_as_str().unwrap_or("no message");
    info.location()
        .map_or_else(|| format!("panicked: {payload}"), |at| format!("panicked at {at}: {payload}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thrown_is_a_verdict_in_its_own_words() {
        let said = caught::<()>(|| Thrown::throw("ValueError: no".to_owned(), 7)).unwrap_err();
        assert_eq!(said, "ValueError: no");
    }

    #[test]
    fn a_panic_is_a_verdict_with_its_place() {
        let said = caught::<()>(|| panic!("index {} is out of bounds", 7)).unwrap_err();
        assert!(said.starts_with("panicked at ") && said.contains("catch.rs:"), "{said}");
        assert!(said.ends_with("index 7 is out of bounds"), "{said}");
    }
}

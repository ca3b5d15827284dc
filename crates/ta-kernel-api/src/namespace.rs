//! Whose kernels a crate declares.

/// Declares, at the root of a crate, the vendor name that all its kernel ids start with.
///
/// `namespace!("acme")` allows ids such as `acme::body`. Bare ids belong to the standard kernels, whose crate says
/// `namespace!()`.
#[macro_export]
macro_rules! namespace {
    () => {
        $crate::namespace!("");
    };
    ($vendor:literal) => {
        #[doc(hidden)]
        #[allow(dead_code)]
        pub(crate) const __TA_NAMESPACE: ::core::option::Option<&str> = ::core::option::Option::Some($vendor);
    };
}

/// What `#[kernel]` finds in a crate without [`namespace!`](crate::namespace!).
#[doc(hidden)]
pub mod undeclared {
    pub const __TA_NAMESPACE: Option<&str> = None;
}

/// Stops the build unless `id` is `namespace::name`, or bare when the namespace is empty.
#[doc(hidden)]
pub const fn in_namespace(id: &str, namespace: Option<&str>) {
    let Some(namespace) = namespace else {
        panic!(
            "this crate declares no namespace; write `ta_kernel_api::namespace!(\"vendor\");` at its root"
        );
    };
    let (id, vendor) = (id.as_bytes(), namespace.as_bytes());
    let mut split = 0;
    while split + 1 < id.len() && !(id[split] == b':' && id[split + 1] == b':') {
        split += 1;
    }
    let length = if split + 1 < id.len() { split } else { 0 };
    let mut same = length == vendor.len();
    let mut at = 0;
    while same && at < length {
        same = id[at] == vendor[at];
        at += 1;
    }
    assert!(
        same,
        "the id does not start with the namespace of its crate, as declared by `ta_kernel_api::namespace!`"
    );
}

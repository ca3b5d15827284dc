//! The functions that Polars finds by name, after version 0.1 of its interface for plugins (`polars-ffi`, `version_0`).
//!
//! Columns cross as structures of the Arrow C data interface. Who is handed an export owns it: the arrays are moved out of their boxes, then
//! the export is released, which frees the boxes and the schema. Exports given to a function are its own, schemas given to it are lent.
//! A function that fails leaves its return value empty and keeps a message for the thread it was called from.

#![allow(unsafe_code, reason = "this is where Polars calls in, with pointers")]

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::{Array, ArrayRef, make_array};
use arrow_schema::{ArrowError, DataType, Field};

use crate::errors::{Class, Refusal, fault};
use crate::own;

/// 0.1, as Polars reads it: the major number in the upper half.
const VERSION: u32 = 1;

/// A column in pieces.
#[repr(C)]
struct SeriesExport {
    field: *mut FFI_ArrowSchema,
    arrays: *mut *mut FFI_ArrowArray,
    len: usize,
    release: Option<unsafe extern "C" fn(*mut SeriesExport)>,
    private_data: *mut c_void,
}

/// What an export of this side owns until it is released.
struct Owned {
    field: Box<FFI_ArrowSchema>,
    array: *mut FFI_ArrowArray,
}

impl SeriesExport {
    /// A column in one piece, to be handed over.
    fn of(array: &ArrayRef, field: &Field) -> Result<Self, ArrowError> {
        let schema = Box::new(FFI_ArrowSchema::try_from(field)?);
        let array = Box::into_raw(Box::new(FFI_ArrowArray::new(&array.to_data())));
        let mut owned = Box::new(Owned { field: schema, array });
        let (field, arrays) = (&raw mut *owned.field, &raw mut owned.array);
        let private_data = Box::into_raw(owned).cast();
        Ok(Self { field, arrays, len: 1, release: Some(release), private_data })
    }

    fn name(&self) -> Option<String> {
        // SAFETY: an export has a schema until it is released.
        unsafe { self.field.as_ref() }.and_then(|field| field.name()).map(str::to_owned)
    }

    /// The pieces of a column that was handed over, which is released.
    ///
    /// # Safety
    /// The export is one of Polars, not read before.
    unsafe fn read(self) -> Result<Vec<ArrayRef>, ArrowError> {
        // SAFETY: the schema lives until the export is released, when `self` is dropped.
        let kind = DataType::try_from(unsafe { &*self.field });
        let mut pieces = Vec::with_capacity(self.len);
        for at in 0..self.len {
            // SAFETY: there are `len` pointers to arrays. Each is moved out once, here; the release frees the boxes alone.
            let array = unsafe { ptr::read(*self.arrays.add(at)) };
            // All are moved out before anything is refused, or the others would never be freed.
            pieces.push(match &kind {
                // SAFETY: array and schema come from one export, so they fit together.
                Ok(kind) => unsafe { from_ffi_and_data_type(array, kind.clone()) }.map(make_array),
                Err(_) => continue,
            });
        }
        kind?;
        pieces.into_iter().collect()
    }
}

impl Drop for SeriesExport {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it was not called yet, as it takes itself out of the export.
            unsafe { release(self) }
        }
    }
}

/// Frees what an export of this side owns, once its array has been moved out.
unsafe extern "C" fn release(export: *mut SeriesExport) {
    // SAFETY: Polars calls it once, with an export made by `SeriesExport::of`.
    unsafe {
        let owned = Box::from_raw((*export).private_data.cast::<Owned>());
        // The box and not the array, which has another owner by now.
        drop(Box::from_raw(owned.array.cast::<std::mem::ManuallyDrop<FFI_ArrowArray>>()));
        (*export).release = None;
    }
}

thread_local! {
    static MESSAGE: RefCell<CString> = RefCell::default();
}

/// Does something of which a failure or a panic becomes the message of this thread.
fn answering<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(refusal(payload)));
    done.map_err(|refusal| {
        let message = CString::new(refusal.message().replace('\0', " ")).unwrap_or_default();
        MESSAGE.with(|last| *last.borrow_mut() = message);
    })
    .ok()
}

/// What a kernel in Python raised, or an internal fault.
fn refusal(payload: Box<dyn Any + Send>) -> Refusal {
    match own::raised(payload) {
        Ok(raised) => Refusal::new(Class::Data, raised.to_string()),
        Err(payload) => fault(payload.as_ref()),
    }
}

fn unreadable(error: &ArrowError) -> Refusal {
    Refusal::new(Class::Data, format!("a column cannot be read: {error}"))
}

/// The bytes behind a pointer, which may be null when there are none.
///
/// # Safety
/// There are so many bytes, and they stay as long as the call lasts.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: as for this function.
    if start.is_null() { &[] } else { unsafe { std::slice::from_raw_parts(start, length) } }
}

#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_version() -> u32 {
    VERSION
}

#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_last_error_message() -> *const c_char {
    // Polars copies it at once.
    MESSAGE.with(|last| last.borrow().as_ptr())
}

/// Computes: columns and pickled arguments in, a column out. The context is not needed.
#[unsafe(no_mangle)]
unsafe extern "C" fn _polars_plugin_ta_kernel(
    columns: *const SeriesExport,
    count: usize,
    pickled: *const u8,
    length: usize,
    answer: *mut SeriesExport,
    _context: *const c_void,
) {
    // SAFETY: Polars gives `count` exports that are owned from here on, so many bytes, and room for an answer that is empty, so nothing is
    // lost when it is written over.
    unsafe {
        let mut own: Vec<SeriesExport> = (0..count).map(|at| ptr::read(columns.add(at))).collect();
        let made = answering(|| {
            let name = own.first().and_then(SeriesExport::name).unwrap_or_default();
            // All are taken before one is refused.
            let read: Vec<_> = own.drain(..).map(|column| column.read()).collect();
            let columns =
                read.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(&error))?;
            let array = super::compute(bytes(pickled, length), &columns)?;
            let field = super::field(bytes(pickled, length), &name)?;
            SeriesExport::of(&array, &field).map_err(|error| unreadable(&error))
        });
        if let Some(made) = made {
            ptr::write(answer, made);
        }
    }
}

/// Says what will come of columns: their schemas and pickled arguments in, a schema out.
#[unsafe(no_mangle)]
unsafe extern "C" fn _polars_plugin_field_ta_kernel(
    fields: *const FFI_ArrowSchema,
    count: usize,
    answer: *mut FFI_ArrowSchema,
    pickled: *const u8,
    length: usize,
) {
    // SAFETY: Polars lends `count` schemas and so many bytes, and gives room for an answer that is empty.
    unsafe {
        let made = answering(|| {
            let first = if count == 0 { None } else { (*fields).name() };
            let field = super::field(bytes(pickled, length), first.unwrap_or_default())?;
            FFI_ArrowSchema::try_from(&field).map_err(|error| unreadable(&error))
        });
        if let Some(made) = made {
            ptr::write(answer, made);
        }
    }
}

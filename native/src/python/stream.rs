//! Memory for the C2PA library, and a search of bytes.

use std::ffi::c_void;

use memchr::memmem;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::memory_stream::MemoryStream;

type Held = MemoryStream<PyBackedBytes>;

/// Bytes as long as these are searched while other threads of Python run.
const LONG: usize = 1 << 16;

/// Memory that a C library reads and writes as a file while this object lives, in any thread, without Python's lock.
#[pyclass(frozen, name = "MemoryStream")]
pub struct Stream(Box<Held>);

#[pymethods]
impl Stream {
    /// Reads `data`, which is kept and not copied.
    #[staticmethod]
    fn input(data: &Bound<'_, PyBytes>) -> Self {
        Self(Box::new(Held::input(data.clone().into())))
    }

    /// Takes what is written, `limit` bytes at most. `room`: about how many there will be.
    #[staticmethod]
    #[pyo3(signature = (limit, room=0))]
    fn output(limit: usize, room: usize) -> Self {
        Self(Box::new(Held::output(limit, room)))
    }

    /// The address that the functions want as their first argument.
    #[getter]
    fn context(&self) -> usize {
        self.0.context().expose_provenance()
    }

    /// The addresses of the functions that read, seek, write and flush.
    #[staticmethod]
    fn functions() -> (usize, usize, usize, usize) {
        let (read, seek, write, flush) = Held::functions();
        let address = |function: *const c_void| function.expose_provenance();
        (address(read as _), address(seek as _), address(write as _), address(flush as _))
    }

    /// All bytes: the input's, or those written so far. MemoryError.
    fn bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.with_bytes(|bytes| {
            // SAFETY: copies the slice, which is no longer than `isize::MAX`. (`PyBytes::new` panics without memory.)
            let copy = unsafe { ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len().cast_signed()) };
            // SAFETY: a new reference to a bytes object, or null with an exception set.
            unsafe { Ok(Bound::from_owned_ptr_or_err(py, copy)?.cast_into_unchecked()) }
        })
    }
}

/// Whether `part` occurs in `data`.
#[pyfunction]
pub fn contains(py: Python<'_>, data: &[u8], part: &[u8]) -> bool {
    let look = || memmem::find(data, part).is_some();
    if data.len() < LONG { look() } else { py.detach(look) }
}

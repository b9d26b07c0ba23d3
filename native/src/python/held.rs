//! Memory that belongs to a Python object, as slices.

use std::marker::PhantomData;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What a section may be read as: types for which every pattern of bits is a value.
///
/// # Safety
/// Only for types without padding, references or forbidden values.
pub unsafe trait Plain: Copy + Send + Sync + 'static {}
// SAFETY: integers have no padding and no forbidden values, and neither have arrays of them.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for [u64; 4] {}

/// A buffer of bytes, kept alive, read as values of type `T`.
///
/// Whoever made the buffer must leave its bytes alone as long as this lives: `sluice.hashes` hands over mappings of
/// files that are only ever replaced whole, and arrays that nobody else has.
pub struct Held<T: Plain> {
    buffer: PyBuffer<u8>,
    of: PhantomData<T>,
}

impl<T: Plain> Held<T> {
    /// Takes hold of an object with a buffer of bytes. ValueError where it is not contiguous, where its start is
    /// not aligned for `T`, or where its length is not a number of `T`.
    pub fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::<u8>::get(object)?;
        let aligned = buffer.len_bytes() == 0 || buffer.buf_ptr().cast::<T>().is_aligned();
        if !buffer.is_c_contiguous() || !aligned || !buffer.len_bytes().is_multiple_of(size_of::<T>()) {
            return Err(PyValueError::new_err(format!("bytes that are no array of {} each", size_of::<T>())));
        }
        Ok(Self { buffer, of: PhantomData })
    }

    /// The values.
    pub fn slice(&self) -> &[T] {
        let length = self.buffer.len_bytes() / size_of::<T>();
        if length == 0 {
            return &[];
        }
        // SAFETY: the buffer is contiguous, aligned and this long (`new`), lives as long as `self`, holds plain
        // values, and nobody writes to it (see the type).
        unsafe { std::slice::from_raw_parts(self.buffer.buf_ptr().cast(), length) }
    }
}

/// The same, to be written to: only here, and for the time of one call.
pub struct Filled<T: Plain>(Held<T>);

impl<T: Plain> Filled<T> {
    /// As `Held::new`; ValueError also where the buffer may not be written to.
    pub fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let held = Held::new(object)?;
        if held.buffer.readonly() {
            return Err(PyValueError::new_err("bytes that may not be written"));
        }
        Ok(Self(held))
    }

    /// Where the bytes lie.
    pub fn range(&self) -> std::ops::Range<usize> {
        let from = self.0.buffer.buf_ptr().addr();
        from..from + self.0.buffer.len_bytes()
    }

    /// The values, to be written.
    ///
    /// # Safety
    /// Nothing else may read or write these bytes while the slice lives. See `apart` for those that one call has.
    pub unsafe fn slice(&mut self) -> &mut [T] {
        let length = self.0.buffer.len_bytes() / size_of::<T>();
        if length == 0 {
            return &mut [];
        }
        // SAFETY: the buffer is contiguous, aligned, this long and writable (`new`), lives as long as `self`, and
        // the caller promises that it is ours alone.
        unsafe { std::slice::from_raw_parts_mut(self.0.buffer.buf_ptr().cast(), length) }
    }
}

impl<T: Plain> Held<T> {
    /// Where the bytes lie.
    pub fn range(&self) -> std::ops::Range<usize> {
        let from = self.buffer.buf_ptr().addr();
        from..from + self.buffer.len_bytes()
    }
}

/// ValueError where two of the buffers of one call share a byte.
pub fn apart(ranges: &[std::ops::Range<usize>]) -> PyResult<()> {
    let mut sorted: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).collect();
    sorted.sort_by_key(|range| range.start);
    if sorted.windows(2).any(|pair| pair[0].end > pair[1].start) {
        return Err(PyValueError::new_err("buffers overlap"));
    }
    Ok(())
}

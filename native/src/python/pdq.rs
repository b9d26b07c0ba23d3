//! PDQ of pictures.

use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::held::Held;
use crate::pdq::{OutOfMemory, Picture, dihedral, hash};
use crate::simd::Simd;

impl From<OutOfMemory> for PyErr {
    fn from(_: OutOfMemory) -> Self {
        PyMemoryError::new_err("a picture too large for the memory that is left")
    }
}

/// The PDQ hash of `height` x `width` RGB pixels (32 bytes), and the quality. `instructions`: a name that
/// `instructions()` gives, or "" for the best. ValueError for bytes of another length, MemoryError.
#[pyfunction]
#[pyo3(signature = (pixels, height, width, instructions=""))]
pub fn pdq<'py>(
    py: Python<'py>,
    pixels: &Bound<'py, PyAny>,
    height: usize,
    width: usize,
    instructions: &str,
) -> PyResult<(Bound<'py, PyBytes>, u8)> {
    let (held, simd) = (Held::<u8>::new(pixels)?, chosen(instructions)?);
    let picture = picture(&held, height, width)?;
    let (bits, quality) = py.detach(|| hash(picture, simd))?;
    Ok((PyBytes::new(py, &bits), quality))
}

/// The PDQ hashes of the picture's eight variants, one after the other (256 bytes), and the quality. As `pdq` else.
#[pyfunction]
#[pyo3(signature = (pixels, height, width, instructions=""))]
pub fn pdq_dihedral<'py>(
    py: Python<'py>,
    pixels: &Bound<'py, PyAny>,
    height: usize,
    width: usize,
    instructions: &str,
) -> PyResult<(Bound<'py, PyBytes>, u8)> {
    let (held, simd) = (Held::<u8>::new(pixels)?, chosen(instructions)?);
    let picture = picture(&held, height, width)?;
    let (variants, quality) = py.detach(|| dihedral(picture, simd))?;
    Ok((PyBytes::new(py, variants.as_flattened()), quality))
}

fn chosen(instructions: &str) -> PyResult<Simd> {
    let found = if instructions.is_empty() { Some(Simd::best()) } else { Simd::named(instructions) };
    found.ok_or_else(|| PyValueError::new_err("this processor has no such instructions"))
}

fn picture(held: &Held<u8>, height: usize, width: usize) -> PyResult<Picture<'_>> {
    Picture::new(held.slice(), height, width).ok_or_else(|| PyValueError::new_err("no picture of that size"))
}

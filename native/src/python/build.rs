//! Building: the steps for which NumPy is too slow.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::held::{Filled, Held, apart};
use crate::hash::{BANDS, Hash};
use crate::permute::Permutation;
use crate::tables::{OFFSETS, fill};

fn wrong(what: &str) -> PyErr {
    PyValueError::new_err(format!("{what} of another length than the rest"))
}

/// Writes every hash of `hashes` (32 bytes each) with its bits in the order `permutation` into `out`, as long.
#[pyfunction]
pub fn permute(
    py: Python<'_>,
    hashes: &Bound<'_, PyAny>,
    permutation: &Bound<'_, PyAny>,
    out: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let (hashes, permutation, mut out) =
        (Held::<u8>::new(hashes)?, Held::<u8>::new(permutation)?, Filled::<Hash>::new(out)?);
    apart(&[hashes.range(), permutation.range(), out.range()])?;
    let permutation = Permutation::new(permutation.slice()).ok_or_else(|| wrong("permutation"))?;
    if hashes.range().len() != out.range().len() {
        return Err(wrong("out"));
    }
    py.detach(|| {
        // SAFETY: apart from the other buffers, and the caller's alone.
        let rows = unsafe { out.slice() };
        for (row, bytes) in rows.iter_mut().zip(hashes.slice().as_chunks().0) {
            *row = permutation.apply(bytes);
        }
    });
    Ok(())
}

/// Writes the numbers of `digests` (`size` bytes each, 8 or more) in the order of their bytes into `out` (u32).
#[pyfunction]
pub fn order(py: Python<'_>, digests: &Bound<'_, PyAny>, size: usize, out: &Bound<'_, PyAny>) -> PyResult<()> {
    let (digests, mut out) = (Held::<u8>::new(digests)?, Filled::<u32>::new(out)?);
    apart(&[digests.range(), out.range()])?;
    let count = out.range().len() / size_of::<u32>();
    if size < 8 || u32::try_from(count).is_err() || count.checked_mul(size) != Some(digests.range().len()) {
        return Err(wrong("out"));
    }
    py.detach(|| {
        // SAFETY: apart from the other buffer, and the caller's alone.
        unsafe { out.slice() }.copy_from_slice(&crate::order::order(digests.slice(), size));
    });
    Ok(())
}

/// Fills one band's table of `rows` (permuted hashes): 65,537 offsets (u32), and a fingerprint (u16) and a number
/// (u32) for each row.
#[pyfunction]
pub fn fill_band(
    py: Python<'_>,
    rows: &Bound<'_, PyAny>,
    band: usize,
    offsets: &Bound<'_, PyAny>,
    fingerprints: &Bound<'_, PyAny>,
    numbers: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let rows = Held::<Hash>::new(rows)?;
    let (mut offsets, mut fingerprints, mut numbers) =
        (Filled::<u32>::new(offsets)?, Filled::<u16>::new(fingerprints)?, Filled::<u32>::new(numbers)?);
    apart(&[rows.range(), offsets.range(), fingerprints.range(), numbers.range()])?;
    let count = rows.slice().len();
    let fits = offsets.range().len() == 4 * OFFSETS
        && fingerprints.range().len() == 2 * count
        && numbers.range().len() == 4 * count;
    if !fits || band >= BANDS || u32::try_from(count).is_err() {
        return Err(wrong("a table"));
    }
    py.detach(|| {
        // SAFETY: apart from the other buffers, and the caller's alone.
        let (offsets, fingerprints, numbers) = unsafe { (offsets.slice(), fingerprints.slice(), numbers.slice()) };
        fill(rows.slice(), band, offsets, fingerprints, numbers);
    });
    Ok(())
}

//! Looking up.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::held::Held;
use crate::Corrupt;
use crate::digests::Digests;
use crate::hash::Hash;
use crate::permute::Permutation;
use crate::search::{Hit, Index, Tables};
use crate::simd::Simd;

impl From<Corrupt> for PyErr {
    fn from(corrupt: Corrupt) -> Self {
        PyRuntimeError::new_err(corrupt.0)
    }
}

fn lengths() -> PyErr {
    PyValueError::new_err("sections of lengths that do not fit together")
}

/// Permuted hashes, with the tables of their bands or without. Searched by any number of threads at once.
#[pyclass(frozen)]
pub struct HashIndex {
    rows: Held<Hash>,
    tables: Option<(Held<u32>, Held<u16>, Held<u32>)>,
    permutation: Permutation,
    simd: Simd,
}

impl HashIndex {
    fn index(&self) -> Option<Index<'_>> {
        let rows = self.rows.slice();
        let Some((offsets, fingerprints, numbers)) = &self.tables else {
            return Index::new(rows, None);
        };
        let tables = Tables::new(rows.len(), offsets.slice(), fingerprints.slice(), numbers.slice())?;
        Index::new(rows, Some(tables))
    }
}

#[pymethods]
impl HashIndex {
    /// `tables`: offsets, fingerprints and numbers of all sixteen bands. `instructions`: a name that
    /// `instructions()` gives, or "" for the best.
    #[new]
    #[pyo3(signature = (rows, permutation, tables=None, instructions=""))]
    fn new(
        rows: &Bound<'_, PyAny>,
        permutation: &Bound<'_, PyAny>,
        tables: Option<(Bound<'_, PyAny>, Bound<'_, PyAny>, Bound<'_, PyAny>)>,
        instructions: &str,
    ) -> PyResult<Self> {
        let simd = if instructions.is_empty() { Some(Simd::best()) } else { Simd::named(instructions) };
        let tables = match tables {
            Some((offsets, fingerprints, numbers)) => {
                Some((Held::new(&offsets)?, Held::new(&fingerprints)?, Held::new(&numbers)?))
            }
            None => None,
        };
        let found = Self {
            rows: Held::new(rows)?,
            tables,
            permutation: Permutation::new(Held::<u8>::new(permutation)?.slice())
                .ok_or_else(|| PyValueError::new_err("no permutation of 256 bits"))?,
            simd: simd.ok_or_else(|| PyValueError::new_err("this processor has no such instructions"))?,
        };
        found.index().ok_or_else(lengths)?;
        Ok(found)
    }

    /// The instructions that are used.
    #[getter]
    fn instructions(&self) -> &'static str {
        self.simd.level().name()
    }

    /// Every row at most `radius` bits from each of the queries (32 bytes each): three arrays of u32, as bytes, with
    /// the numbers of the query and the row, and the distance; by query, then distance, then row.
    ///
    /// ValueError for queries of another length, RuntimeError for tables that contradict themselves.
    fn search<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        radius: u32,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let bytes = Held::<u8>::new(queries)?;
        let (chunks, rest) = bytes.slice().as_chunks::<32>();
        if !rest.is_empty() || u32::try_from(chunks.len()).is_err() {
            return Err(PyValueError::new_err("a hash has 32 bytes"));
        }
        // Copied while nobody else runs: a caller may change its array as soon as others do.
        let wanted: Vec<Hash> = chunks.iter().map(|bytes| self.permutation.apply(bytes)).collect();
        let index = self.index().ok_or_else(lengths)?;
        let hits = py.detach(|| index.search(&wanted, radius, self.simd))?;
        let number = |query: usize, _: &Hit| query as u32;
        Ok((
            column(py, &hits, number)?,
            column(py, &hits, |_, hit| hit.row)?,
            column(py, &hits, |_, hit| hit.distance)?,
        ))
    }
}

fn column<'py>(
    py: Python<'py>,
    hits: &[Vec<Hit>],
    value: impl Fn(usize, &Hit) -> u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let count: usize = hits.iter().map(Vec::len).sum();
    PyBytes::new_with(py, 4 * count, |bytes| {
        let all = hits.iter().enumerate().flat_map(|(query, found)| found.iter().map(move |hit| (query, hit)));
        for (place, (query, hit)) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(all) {
            *place = value(query, hit).to_le_bytes();
        }
        Ok(())
    })
}

/// Sorted digests of one kind, and the entry of each. Looked up by any number of threads at once.
#[pyclass(frozen)]
pub struct DigestIndex {
    digests: Held<u8>,
    entries: Held<u32>,
    directory: Held<u32>,
    size: usize,
}

impl DigestIndex {
    fn index(&self) -> Option<Digests<'_>> {
        let found = Digests::new(self.digests.slice(), self.directory.slice(), self.size)?;
        (found.len() == self.entries.slice().len()).then_some(found)
    }
}

#[pymethods]
impl DigestIndex {
    /// `digests`: sorted, `size` bytes each, 16 at least. `directory`: 2^k + 1 numbers (u32).
    #[new]
    fn new(
        digests: &Bound<'_, PyAny>,
        entries: &Bound<'_, PyAny>,
        directory: &Bound<'_, PyAny>,
        size: usize,
    ) -> PyResult<Self> {
        let found = Self {
            digests: Held::new(digests)?,
            entries: Held::new(entries)?,
            directory: Held::new(directory)?,
            size,
        };
        found.index().ok_or_else(lengths)?;
        Ok(found)
    }

    /// The entries of one digest. ValueError for one of another size, RuntimeError for a directory that lies.
    fn find(&self, digest: &[u8]) -> PyResult<Vec<u32>> {
        let index = self.index().ok_or_else(lengths)?;
        if digest.len() != self.size {
            return Err(PyValueError::new_err(format!("this digest has {} bytes", self.size)));
        }
        Ok(self.entries.slice()[index.find(digest)?].to_vec())
    }

    /// The entries of many digests, one after the other in `wanted`: two arrays of u32, as bytes, with the numbers
    /// of the digest and of the entry.
    fn find_batch<'py>(
        &self,
        py: Python<'py>,
        wanted: &Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        /// Digests between asking for memory and reading it.
        const AHEAD: usize = 16;
        let bytes = Held::<u8>::new(wanted)?;
        let index = self.index().ok_or_else(lengths)?;
        if !bytes.slice().len().is_multiple_of(self.size) {
            return Err(PyValueError::new_err(format!("this digest has {} bytes", self.size)));
        }
        let wanted = bytes.slice().to_vec();
        let (numbers, entries) = py.detach(|| {
            let (mut numbers, mut entries) = (vec![], vec![]);
            let mut ahead = wanted.chunks_exact(self.size).skip(AHEAD);
            for (number, digest) in wanted.chunks_exact(self.size).enumerate() {
                if let Some(next) = ahead.next() {
                    index.prefetch(next);
                }
                for &entry in &self.entries.slice()[index.find(digest)?] {
                    numbers.extend((number as u32).to_le_bytes());
                    entries.extend(entry.to_le_bytes());
                }
            }
            Ok::<_, Corrupt>((numbers, entries))
        })?;
        Ok((PyBytes::new(py, &numbers), PyBytes::new(py, &entries)))
    }
}

//! What Python sees: `sluice._native`. All arrays are bytes; lengths and meaning are given by the caller's layout.

mod build;
mod held;
mod lookup;
mod pdq;
mod stream;

use pyo3::prelude::*;

/// The module, called by the kit (`services/sluice`) only. Its types are in `services/sluice/_native.pyi`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::build::{fill_band, order, permute};
    #[pymodule_export]
    use super::lookup::{DigestIndex, HashIndex};
    #[pymodule_export]
    use super::pdq::{pdq, pdq_dihedral};
    #[pymodule_export]
    use super::stream::{Stream, contains};
    use super::*;
    use crate::simd::Simd;

    /// What the Python side was written against. An extension of another number is not used.
    #[pymodule_export]
    const API: u32 = 3;

    /// The instruction sets that can be asked for here, least first.
    #[pyfunction]
    fn instructions() -> Vec<&'static str> {
        Simd::all().into_iter().map(|simd| simd.level().name()).collect()
    }
}

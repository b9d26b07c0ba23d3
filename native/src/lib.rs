//! The parts of Sluice that Python is too slow for: the index of known PDQ hashes, the directory of exact
//! digests, PDQ itself, and memory that the C2PA library reads and writes.
//!
//! An index works on memory that somebody else laid out (a mapped file), and trusts none of it: a number
//! read from a section is compared with the section's length before it is used, and what does not fit is
//! [`Corrupt`], never a guess. Files are opened, and their headers checked, in Python (`sluice.hashes.layout`).
#![forbid(unsafe_op_in_unsafe_fn)]

#[cfg(target_endian = "big")]
compile_error!("the files are little-endian and are read in place");

pub mod digests;
pub mod flat;
pub mod hash;
pub mod memory_stream;
pub mod order;
pub mod pdq;
pub mod permute;
mod scan;
pub mod search;
pub mod simd;
pub mod tables;

#[cfg(feature = "python")]
mod python;

/// A section says something that cannot be: the file is damaged, or was written to deceive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(
    /// What was found.
    pub &'static str,
);

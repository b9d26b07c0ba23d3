//! PDQ, bit for bit as the reference computes it (pdqhash 0.2.8 on x86-64, which is Meta's C++ with NumPy's luma).
//!
//! A picture becomes grey, is blurred by two box filters along each axis, and 64 x 64 samples of that go through a
//! cosine transform, of which 16 x 16 terms are compared with their median. Every float is computed from the same
//! operands in the same order as there: a box filter is a running sum whose rounding errors travel along a whole
//! row, and so are part of the hash. What is done differently: many rows or columns side by side, in one sweep from
//! top to bottom that keeps a few rows only, and nothing computed that no sample needs.

mod across;
mod blur;
mod down;
mod luma;
mod transform;
mod turn;
mod window;

use crate::simd::{Level, Simd};
use transform::Terms;

/// Values along each side of what a hash is computed from.
const SIDE: usize = 64;

/// The blurred picture, sampled.
type Grid = [[f32; SIDE]; SIDE];

/// A hash as lists write it: the bit of the highest term first.
pub type Bits = [u8; 32];

/// Pictures with a shorter side have no hash but 256 zeros.
const LEAST_SIDE: usize = 5;

/// There is no memory for the rows that are being blurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// RGB pixels, eight bits a channel, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    bytes: &'a [u8],
    height: usize,
    width: usize,
}

impl<'a> Picture<'a> {
    /// None where a side is nought, where there are 2^31 pixels or more (the reference counts them in an `int`), or
    /// where the bytes are not as many.
    pub fn new(bytes: &'a [u8], height: usize, width: usize) -> Option<Self> {
        let pixels = height.checked_mul(width).filter(|&pixels| pixels <= i32::MAX as usize)?;
        (pixels > 0 && bytes.len() == pixels.checked_mul(3)?).then_some(Self { bytes, height, width })
    }

    /// `count` pixels of row `y` from column `x` on.
    #[inline(always)]
    fn pixels(&self, y: usize, x: usize, count: usize) -> &'a [[u8; 3]] {
        self.bytes.as_chunks().0[y * self.width + x..][..count].as_ref()
    }
}

/// The hash of a picture, and its quality in 0..=100.
pub fn hash(picture: Picture<'_>, simd: Simd) -> Result<(Bits, u8), OutOfMemory> {
    if picture.height.min(picture.width) < LEAST_SIDE {
        return Ok(([0; 32], 0));
    }
    // A picture of that size is its own grid here, but not for the eight variants: so does the reference.
    let grid =
        if (picture.height, picture.width) == (SIDE, SIDE) { luma::grid(picture) } else { sampled(picture, simd)? };
    Ok((Terms::new(&grid).bits(), transform::quality(&grid)))
}

/// The hashes of the eight ways to turn and mirror a picture, in the order of the reference, and the quality.
pub fn dihedral(picture: Picture<'_>, simd: Simd) -> Result<([Bits; 8], u8), OutOfMemory> {
    if picture.height.min(picture.width) < LEAST_SIDE {
        return Ok(([[0; 32]; 8], 0));
    }
    let grid = sampled(picture, simd)?;
    Ok((Terms::new(&grid).dihedral(), transform::quality(&grid)))
}

fn sampled(picture: Picture<'_>, simd: Simd) -> Result<Grid, OutOfMemory> {
    match simd.level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `simd` is proof that the processor has AVX2.
        Level::Avx2 | Level::Avx512 => unsafe { sampled_avx2(picture, simd) },
        _ => blur::sampled(picture, simd),
    }
}

/// The same, compiled for AVX2. No `fma`: the reference rounds after each operation.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sampled_avx2(picture: Picture<'_>, simd: Simd) -> Result<Grid, OutOfMemory> {
    blur::sampled(picture, simd)
}

/// A vector of `count` times `value`.
fn filled<T: Clone>(value: T, count: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut made = Vec::new();
    made.try_reserve_exact(count).map_err(|_| OutOfMemory)?;
    made.resize(count, value);
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_the_bytes_do_not_have_is_no_picture() {
        let bytes = [0; 30];
        assert!(Picture::new(&bytes, 2, 5).is_some());
        for (height, width) in [(0, 10), (10, 0), (2, 4), (3, 5), (1 << 31, 1), (usize::MAX, 2)] {
            assert!(Picture::new(&bytes, height, width).is_none());
        }
    }

    #[test]
    fn what_is_too_small_has_no_hash() {
        let bytes: Vec<u8> = (0..4 * 100 * 3).map(|byte| byte as u8).collect();
        for simd in Simd::all() {
            for (height, width) in [(4, 100), (100, 4), (1, 1)] {
                let picture = Picture::new(&bytes[..3 * height * width], height, width).unwrap();
                assert_eq!(hash(picture, simd), Ok(([0; 32], 0)));
                assert_eq!(dihedral(picture, simd), Ok(([[0; 32]; 8], 0)));
            }
        }
    }

    #[test]
    fn one_colour_has_no_quality() {
        for simd in Simd::all() {
            let picture = Picture::new(&[90; 128 * 128 * 3], 128, 128).unwrap();
            let (variants, quality) = dihedral(picture, simd).unwrap();
            assert_eq!((variants[0], quality), hash(picture, simd).unwrap());
            assert_eq!(quality, 0);
        }
    }
}

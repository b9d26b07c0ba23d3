//! From the grid to bits: the cosine transform, its eight variants, the median, and the quality.

use std::cmp::Ordering;
use std::sync::OnceLock;

use super::{Bits, Grid, SIDE};

/// Terms along each side: the frequencies 1 to 16.
const TERMS: usize = 16;

/// The cosine transform of a grid.
pub(super) struct Terms([[f32; TERMS]; TERMS]);

/// Row `i`: the cosine of frequency `i + 1` at the middles of 64 parts, scaled; the type II transform.
fn cosines() -> &'static [[f32; SIDE]; TERMS] {
    static COSINES: OnceLock<[[f32; SIDE]; TERMS]> = OnceLock::new();
    COSINES.get_or_init(|| {
        let scale = f64::from((2.0 / SIDE as f64).sqrt() as f32);
        let step = std::f64::consts::PI / 2.0 / SIDE as f64;
        std::array::from_fn(|i| {
            std::array::from_fn(|j| (scale * (step * (i + 1) as f64 * (2 * j + 1) as f64).cos()) as f32)
        })
    })
}

impl Terms {
    /// Sums in the reference's order: along the columns of the grid first, then along its rows, from place 0 on.
    pub fn new(grid: &Grid) -> Self {
        let cosines = cosines();
        let mut terms = [[0.0; TERMS]; TERMS];
        for (row, factors) in terms.iter_mut().zip(cosines) {
            let mut sums = [0.0; SIDE];
            for (factor, values) in factors.iter().zip(grid) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += factor * value;
                }
            }
            for (term, factors) in row.iter_mut().zip(cosines) {
                *term = sums.iter().zip(factors).fold(0.0, |sum, (value, factor)| sum + value * factor);
            }
        }
        Self(terms)
    }

    /// The hash.
    pub fn bits(&self) -> Bits {
        bits(self.0.as_flattened(), false)
    }

    /// The hashes of the picture and of its seven variants: rotated by 90, 180 and 270 degrees, flipped top-bottom
    /// and left-right, transposed, and transposed along the other diagonal. Turning a picture transposes its terms,
    /// mirroring it changes the signs of the odd ones.
    pub fn dihedral(&self) -> [Bits; 8] {
        // Index 0 is frequency 1.
        let (rows, columns): (Sign, Sign) = (|y, _| y % 2 == 0, |_, x| x % 2 == 0);
        let both: Sign = |y, x| (y + x) % 2 == 1;
        let variants: [(Sign, bool); 8] = [
            (|_, _| false, false),
            (columns, true),
            (both, false),
            (rows, true),
            (rows, false),
            (columns, false),
            (|_, _| false, true),
            (both, true),
        ];
        variants.map(|(negative, transposed)| {
            let mut terms = [0.0; TERMS * TERMS];
            for (y, row) in self.0.iter().enumerate() {
                for (x, term) in row.iter().enumerate() {
                    terms[TERMS * y + x] = if negative(y, x) { -term } else { *term };
                }
            }
            bits(&terms, transposed)
        })
    }
}

/// Whether the term at that row and column changes its sign.
type Sign = fn(usize, usize) -> bool;

/// Which terms are larger than the lower median. The last term is the highest bit of the first byte.
fn bits(terms: &[f32], transposed: bool) -> Bits {
    let mut sorted = [0.0; TERMS * TERMS];
    sorted.copy_from_slice(terms);
    // None is NaN: they are sums of products of bytes.
    let order = |one: &f32, other: &f32| one.partial_cmp(other).unwrap_or(Ordering::Equal);
    let (_, median, _) = sorted.select_nth_unstable_by(TERMS * TERMS / 2 - 1, order);
    let mut bits = [0; 32];
    for (place, term) in terms.iter().enumerate() {
        if term > median {
            let bit = if transposed { TERMS * (place % TERMS) + place / TERMS } else { place };
            bits[31 - bit / 8] |= 1 << (bit % 8);
        }
    }
    bits
}

/// How much there is to see: differences between neighbours in percent of the full range, rounded towards nought,
/// their sum divided by 90, and 100 at most.
pub(super) fn quality(grid: &Grid) -> u8 {
    let percent = |one: f32, other: f32| ((one - other) * 100.0 / 255.0) as i32;
    let mut sum = 0;
    for (row, below) in grid.iter().zip(&grid[1..]) {
        sum += row.iter().zip(below).map(|(one, other)| percent(*one, *other).abs()).sum::<i32>();
    }
    for row in grid {
        sum += row.iter().zip(&row[1..]).map(|(one, other)| percent(*one, *other).abs()).sum::<i32>();
    }
    (sum / 90).min(100) as u8
}

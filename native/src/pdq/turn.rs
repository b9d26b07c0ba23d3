//! Turning tiles of a picture on their side: the box filter runs along many rows at once, one in each lane of a
//! vector, so the values of one column have to lie beside each other.

use crate::simd::{Level, Simd};

/// Rows that are filtered side by side.
pub(super) const ROWS: usize = 16;

/// Columns that are turned at once.
pub(super) const COLUMNS: usize = 64;

/// The values of `ROWS` rows in one column.
pub(super) type Column = [f32; ROWS];

/// `COLUMNS` columns.
pub(super) type Turned = [Column; COLUMNS];

/// Values along each side of what is turned in one go. The sides of all tiles are multiples of it.
const BLOCK: usize = 8;

/// Writes the first `high` rows and `wide` columns of `tile` to `turned`; what is beyond them there is of no meaning.
#[inline(always)]
pub(super) fn turn<const WIDTH: usize, const HEIGHT: usize>(
    tile: &[[f32; WIDTH]; HEIGHT],
    high: usize,
    wide: usize,
    turned: &mut [[f32; HEIGHT]; WIDTH],
    simd: Simd,
) {
    for y in (0..high).step_by(BLOCK) {
        for x in (0..wide).step_by(BLOCK) {
            match simd.level() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `simd` is proof that the processor has AVX2.
                Level::Avx2 | Level::Avx512 => unsafe { block_avx2(tile, y, x, turned) },
                _ => block(tile, y, x, turned),
            }
        }
    }
}

#[inline(always)]
fn block<const WIDTH: usize, const HEIGHT: usize>(
    tile: &[[f32; WIDTH]; HEIGHT],
    y: usize,
    x: usize,
    turned: &mut [[f32; HEIGHT]; WIDTH],
) {
    for (row, values) in (y..).zip(&tile[y..y + BLOCK]) {
        for (column, value) in turned[x..x + BLOCK].iter_mut().zip(&values[x..x + BLOCK]) {
            column[row] = *value;
        }
    }
}

/// The same in registers: neighbouring values are paired, then pairs, then fours.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn block_avx2<const WIDTH: usize, const HEIGHT: usize>(
    tile: &[[f32; WIDTH]; HEIGHT],
    y: usize,
    x: usize,
    turned: &mut [[f32; HEIGHT]; WIDTH],
) {
    use std::arch::x86_64::*;
    let mut rows = [_mm256_setzero_ps(); BLOCK];
    for (row, values) in rows.iter_mut().zip(&tile[y..y + BLOCK]) {
        // SAFETY: the slice is eight values long, and the load wants no alignment.
        *row = unsafe { _mm256_loadu_ps(values[x..x + BLOCK].as_ptr()) };
    }
    let [a, b, c, d, e, f, g, h] = rows;
    let four = |a, b, c, d| {
        let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (next_low, next_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(low, next_low),
            _mm256_shuffle_ps::<0xee>(low, next_low),
            _mm256_shuffle_ps::<0x44>(high, next_high),
            _mm256_shuffle_ps::<0xee>(high, next_high),
        ]
    };
    let (upper, lower) = (four(a, b, c, d), four(e, f, g, h));
    let (left, right) = turned[x..x + BLOCK].split_at_mut(BLOCK / 2);
    for (number, (left, right)) in left.iter_mut().zip(right).enumerate() {
        let (upper, lower) = (upper[number], lower[number]);
        // SAFETY: the slices are eight values long, and the stores want no alignment.
        unsafe {
            _mm256_storeu_ps(left[y..y + BLOCK].as_mut_ptr(), _mm256_permute2f128_ps::<0x20>(upper, lower));
            _mm256_storeu_ps(right[y..y + BLOCK].as_mut_ptr(), _mm256_permute2f128_ps::<0x31>(upper, lower));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_there_and_back_changes_nothing() {
        let mut tile = [[0.0; COLUMNS]; ROWS];
        for (y, row) in tile.iter_mut().enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = (1000 * y + x) as f32;
            }
        }
        for simd in Simd::all() {
            for (high, wide) in [(1, 1), (7, 33), (8, 8), (11, COLUMNS), (ROWS, 40), (ROWS, COLUMNS)] {
                let (mut columns, mut back) = ([[0.0; ROWS]; COLUMNS], [[0.0; COLUMNS]; ROWS]);
                turn(&tile, high, wide, &mut columns, simd);
                assert_eq!(columns[wide - 1][high - 1], tile[high - 1][wide - 1]);
                turn(&columns, wide, high, &mut back, simd);
                for (row, expected) in back.iter().zip(&tile).take(high) {
                    assert_eq!(row[..wide], expected[..wide]);
                }
            }
        }
    }
}

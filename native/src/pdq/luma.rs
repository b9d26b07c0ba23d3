//! From colours to grey.

use super::{Grid, Picture, SIDE};

/// The luma of a pixel: 0.299 R + 0.587 G + 0.114 B, rounded to the nearest float.
///
/// The reference computes it in doubles and rounds then. This gives the same: the thousandfold sum is a whole number
/// below 2^24, so exact, and the quotient is rounded once; no such quotient lies so near the middle of two floats
/// that a double's error could move it. The test looks at every colour.
#[inline(always)]
pub(super) fn luma([red, green, blue]: [u8; 3]) -> f32 {
    (299.0 * f32::from(red) + 587.0 * f32::from(green) + 114.0 * f32::from(blue)) / 1000.0
}

/// The luma of a picture of the grid's size.
pub(super) fn grid(picture: Picture<'_>) -> Grid {
    let mut grid = [[0.0; SIDE]; SIDE];
    for (y, row) in grid.iter_mut().enumerate() {
        for (grey, pixel) in row.iter_mut().zip(picture.pixels(y, 0, SIDE)) {
            *grey = luma(*pixel);
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_as_in_doubles() {
        for colour in 0..1u32 << 24 {
            let [red, green, blue, _] = colour.to_le_bytes();
            let double = f64::from(red) * 0.299 + f64::from(green) * 0.587 + f64::from(blue) * 0.114;
            assert_eq!(luma([red, green, blue]).to_bits(), (double as f32).to_bits());
        }
    }
}

//! The box filter along rows: `ROWS` of them at once.

use super::turn::{COLUMNS, Column, ROWS, Turned};
use super::window::Window;
use super::{OutOfMemory, filled};

/// Columns of the strip that is being filtered: as many of the last ones as a window needs.
pub(super) struct Across {
    window: Window,
    columns: Vec<Column>,
}

/// Where the columns of a strip come from, and what becomes of the sums.
///
/// Not closures: those would be compiled for the least processor, whatever the function they are used in is for.
pub(super) trait Pass {
    /// Gives the `count` columns from `x` on.
    fn take(&mut self, x: usize, count: usize, columns: &mut Turned);

    /// Gets the sum for column `x`, in ascending order, and how many values are in it.
    fn give(&mut self, x: usize, sum: &Column, count: f32);
}

impl Across {
    /// For rows of `width` values.
    pub fn new(width: usize) -> Result<Self, OutOfMemory> {
        let window = Window::new(width);
        // A power of two, so that a place is found with a mask.
        let kept = (window.size + 1).next_power_of_two();
        Ok(Self { window, columns: filled([0.0; ROWS], kept)? })
    }

    /// Filters one strip.
    #[inline(always)]
    pub fn run(&mut self, mut pass: impl Pass) {
        let window = self.window;
        let columns = self.columns.as_mut_slice();
        let mask = columns.len() - 1;
        let mut turned = [[0.0; ROWS]; COLUMNS];
        let mut sum = [0.0; ROWS];
        for from in (0..window.steps()).step_by(COLUMNS) {
            let left = window.length.saturating_sub(from);
            if left > 0 {
                pass.take(from, COLUMNS.min(left), &mut turned);
            }
            for (t, entering) in (from..window.steps()).zip(&turned) {
                if t < window.length {
                    columns[t & mask] = *entering;
                    for (sum, value) in sum.iter_mut().zip(entering) {
                        *sum += value;
                    }
                }
                let Some(mean) = window.mean(t) else { continue };
                if let Some(place) = mean.leaves {
                    for (sum, value) in sum.iter_mut().zip(&columns[place & mask]) {
                        *sum -= value;
                    }
                }
                pass.give(mean.of, &sum, mean.count);
            }
        }
    }
}

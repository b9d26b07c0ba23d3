//! The box filter along columns: all of them at once.

use std::ops::Range;

use super::window::{Mean, Window};
use super::{OutOfMemory, filled};

/// Rows that are being filtered: as many of the last ones as a window needs.
pub(super) struct Down {
    window: Window,
    stride: usize,
    width: usize,
    kept: usize,
    rows: Vec<f32>,
    sums: Vec<f32>,
    /// The next row that enters.
    step: usize,
}

impl Down {
    /// For columns of `height` values, `width` of them. `ahead`: rows that are written before the first of them
    /// enters.
    pub fn new(height: usize, width: usize, ahead: usize) -> Result<Self, OutOfMemory> {
        let window = Window::new(height);
        let kept = (window.size + ahead).min(height);
        // Rows whose addresses differ by a power of two push each other out of the cache.
        let stride = width.next_multiple_of(16) + 16;
        Ok(Self {
            window,
            stride,
            width,
            kept,
            rows: filled(0.0, stride.checked_mul(kept).ok_or(OutOfMemory)?)?,
            sums: filled(0.0, width)?,
            step: 0,
        })
    }

    /// Where row `y` is to be written.
    #[inline(always)]
    pub fn row(&mut self, y: usize) -> &mut [f32] {
        let place = self.place(y);
        &mut self.rows[place]
    }

    #[inline(always)]
    fn place(&self, y: usize) -> Range<usize> {
        let from = y % self.kept * self.stride;
        from..from + self.width
    }

    /// Whether there is a next step.
    pub fn unfinished(&self) -> bool {
        self.step < self.window.steps()
    }

    /// Takes the next row into the sums, or, after the last one, does without. Returns what mean the sums now give.
    #[inline(always)]
    pub fn step(&mut self) -> Option<Mean> {
        let t = self.step;
        self.step += 1;
        let mean = self.window.mean(t);
        let leaving = mean.and_then(|mean| mean.leaves);
        let (entering, leaving) = (self.place(t), leaving.map(|place| self.place(place)));
        let sums = self.sums.iter_mut();
        match (t < self.window.length, leaving) {
            (true, Some(leaving)) => {
                for ((sum, entering), leaving) in sums.zip(&self.rows[entering]).zip(&self.rows[leaving]) {
                    *sum = *sum + entering - leaving;
                }
            }
            (true, None) => {
                for (sum, entering) in sums.zip(&self.rows[entering]) {
                    *sum += entering;
                }
            }
            (false, Some(leaving)) => {
                for (sum, leaving) in sums.zip(&self.rows[leaving]) {
                    *sum -= leaving;
                }
            }
            (false, None) => {}
        }
        mean
    }

    /// The means that the last step gave.
    #[inline(always)]
    pub fn means(&self, mean: Mean, out: &mut [f32]) {
        for (out, sum) in out.iter_mut().zip(&self.sums) {
            *out = sum / mean.count;
        }
    }
}

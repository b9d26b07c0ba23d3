//! The picture, blurred and sampled: one sweep from top to bottom, a strip of rows at a time.

use std::ops::Range;

use super::across::{Across, Pass};
use super::down::Down;
use super::luma::luma;
use super::turn::{COLUMNS, Column, ROWS, Turned, turn};
use super::window::samples;
use super::{Grid, OutOfMemory, Picture, SIDE, filled};
use crate::simd::Simd;

/// Both filters, twice each.
struct Blur<'a> {
    picture: Picture<'a>,
    simd: Simd,
    across: Across,
    /// First pass, and the second, of which only the sampled columns are left.
    down: [Down; 2],
    /// Rows between the passes, as they come: at most `ROWS`.
    between: Vec<f32>,
    waiting: usize,
    /// Rows of the second pass that are there.
    done: usize,
    columns: [usize; SIDE],
    rows: [usize; SIDE],
    grid: Grid,
}

/// The grid of a picture.
#[inline(always)]
pub(super) fn sampled(picture: Picture<'_>, simd: Simd) -> Result<Grid, OutOfMemory> {
    let (height, width) = (picture.height, picture.width);
    let mut blur = Blur {
        picture,
        simd,
        across: Across::new(width)?,
        down: [Down::new(height, width, ROWS)?, Down::new(height, SIDE, 1)?],
        between: filled(0.0, width * ROWS.min(height))?,
        waiting: 0,
        done: 0,
        columns: samples(width),
        rows: samples(height),
        grid: [[0.0; SIDE]; SIDE],
    };
    for y in (0..height).step_by(ROWS) {
        let count = ROWS.min(height - y);
        blur.first_across(y, count);
        blur.first_down(count);
    }
    while blur.down[0].unfinished() {
        blur.first_down(1);
    }
    blur.second();
    while blur.down[1].unfinished() {
        blur.sample();
    }
    Ok(blur.grid)
}

impl Blur<'_> {
    /// Filters `count` rows from `y` on along the rows.
    #[inline(always)]
    fn first_across(&mut self, y: usize, count: usize) {
        self.across.run(First {
            picture: self.picture,
            simd: self.simd,
            rows: y..y + count,
            down: &mut self.down[0],
            means: [[0.0; ROWS]; COLUMNS],
        });
    }

    /// `count` steps of the first filter along the columns.
    #[inline(always)]
    fn first_down(&mut self, count: usize) {
        let width = self.picture.width;
        for _ in 0..count {
            let Some(mean) = self.down[0].step() else { continue };
            self.down[0].means(mean, &mut self.between[width * self.waiting..][..width]);
            self.waiting += 1;
            if self.waiting == ROWS {
                self.second();
            }
        }
    }

    /// Filters the rows that wait along the rows a second time, and steps on along the columns.
    #[inline(always)]
    fn second(&mut self) {
        let mut found = [[0.0; ROWS]; SIDE];
        self.across.run(Second {
            simd: self.simd,
            rows: &self.between[..self.picture.width * self.waiting],
            width: self.picture.width,
            wanted: &self.columns,
            next: 0,
            found: &mut found,
        });
        let mut tile = [[0.0; SIDE]; ROWS];
        turn(&found, SIDE, self.waiting, &mut tile, self.simd);
        for row in &tile[..self.waiting] {
            self.down[1].row(self.done).copy_from_slice(row);
            self.done += 1;
            self.sample();
        }
        self.waiting = 0;
    }

    /// One step of the second filter along the columns.
    #[inline(always)]
    fn sample(&mut self) {
        let Some(mean) = self.down[1].step() else { return };
        for (row, wanted) in self.grid.iter_mut().zip(&self.rows) {
            if *wanted == mean.of {
                self.down[1].means(mean, row);
            }
        }
    }
}

/// From the picture's rows to the first filter along the columns.
struct First<'a> {
    picture: Picture<'a>,
    simd: Simd,
    rows: Range<usize>,
    down: &'a mut Down,
    means: Turned,
}

impl Pass for First<'_> {
    #[inline(always)]
    fn take(&mut self, x: usize, count: usize, columns: &mut Turned) {
        let mut tile = [[0.0; COLUMNS]; ROWS];
        for (row, y) in tile.iter_mut().zip(self.rows.clone()) {
            for (grey, pixel) in row.iter_mut().zip(self.picture.pixels(y, x, count)) {
                *grey = luma(*pixel);
            }
        }
        turn(&tile, self.rows.len(), count, columns, self.simd);
    }

    #[inline(always)]
    fn give(&mut self, x: usize, sum: &Column, count: f32) {
        let place = x % COLUMNS;
        for (mean, sum) in self.means[place].iter_mut().zip(sum) {
            *mean = sum / count;
        }
        if place + 1 == COLUMNS || x + 1 == self.picture.width {
            let mut tile = [[0.0; COLUMNS]; ROWS];
            turn(&self.means, place + 1, self.rows.len(), &mut tile, self.simd);
            for (row, y) in tile.iter().zip(self.rows.clone()) {
                self.down.row(y)[x - place..=x].copy_from_slice(&row[..=place]);
            }
        }
    }
}

/// From the rows between the passes to the sampled columns.
struct Second<'a> {
    simd: Simd,
    rows: &'a [f32],
    width: usize,
    wanted: &'a [usize; SIDE],
    /// The first of `wanted` that is not there yet.
    next: usize,
    found: &'a mut [Column; SIDE],
}

impl Pass for Second<'_> {
    #[inline(always)]
    fn take(&mut self, x: usize, count: usize, columns: &mut Turned) {
        let mut tile = [[0.0; COLUMNS]; ROWS];
        for (row, values) in tile.iter_mut().zip(self.rows.chunks_exact(self.width)) {
            row[..count].copy_from_slice(&values[x..x + count]);
        }
        turn(&tile, self.rows.len() / self.width, count, columns, self.simd);
    }

    #[inline(always)]
    fn give(&mut self, x: usize, sum: &Column, count: f32) {
        while self.wanted.get(self.next) == Some(&x) {
            for (mean, sum) in self.found[self.next].iter_mut().zip(sum) {
                *mean = sum / count;
            }
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;
    use crate::pdq::window::Window;

    /// One box filter, a value at a time.
    fn filtered(values: &[f32]) -> Vec<f32> {
        let window = Window::new(values.len());
        let (mut sum, mut means) = (0.0, vec![]);
        for t in 0..window.steps() {
            sum += values.get(t).copied().unwrap_or_default();
            if let Some(mean) = window.mean(t) {
                sum -= mean.leaves.map_or(0.0, |place| values[place]);
                means.push(sum / mean.count);
            }
        }
        means
    }

    /// The grid as the filter is defined: each pass over the whole picture.
    fn plain(picture: Picture<'_>) -> Grid {
        let (height, width) = (picture.height, picture.width);
        let mut rows: Vec<Vec<f32>> =
            (0..height).map(|y| picture.pixels(y, 0, width).iter().map(|pixel| luma(*pixel)).collect()).collect();
        for _ in 0..2 {
            rows = rows.iter().map(|row| filtered(row)).collect();
            let columns: Vec<Vec<f32>> =
                (0..width).map(|x| filtered(&rows.iter().map(|row| row[x]).collect::<Vec<_>>())).collect();
            rows = (0..height).map(|y| columns.iter().map(|column| column[y]).collect()).collect();
        }
        samples(height).map(|y| samples(width).map(|x| rows[y][x]))
    }

    #[test]
    fn the_sweep_computes_what_whole_passes_compute_to_the_last_bit() {
        let mut random = Random(5);
        let sizes = [(1, 1), (1, 700), (700, 1), (2, 15), (16, 64), (17, 65), (64, 64), (63, 200), (129, 128)];
        for (height, width) in sizes.into_iter().chain([(5, 1300), (1300, 5), (400, 390), (257, 513), (31, 1025)]) {
            let bytes: Vec<u8> = (0..height * width * 3).map(|_| random.word() as u8).collect();
            let picture = Picture::new(&bytes, height, width).unwrap();
            let expected = plain(picture).map(|row| row.map(f32::to_bits));
            for simd in Simd::all() {
                let found = crate::pdq::sampled(picture, simd).unwrap();
                assert_eq!(found.map(|row| row.map(f32::to_bits)), expected, "{height} x {width}, {simd:?}");
            }
        }
    }
}

//! The box filter's window: which values enter and leave its running sum, and when.

use super::SIDE;

/// A window that moves along `length` values. At step `t` value `t` enters, as long as there are any; from step
/// `ahead` on, each step gives one mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub length: usize,
    /// Values in the window after the one that the mean is for.
    pub ahead: usize,
    /// Values in the full window.
    pub size: usize,
}

/// What is left of the moment when value `t` enters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
    /// The value that the mean is for.
    pub of: usize,
    /// The value that leaves the sum first, if one does.
    pub leaves: Option<usize>,
    /// How many values are then in the sum.
    pub count: f32,
}

impl Window {
    /// The window with which a picture's side is blurred: a 128th of it, rounded up.
    pub fn new(length: usize) -> Self {
        let size = length.div_ceil(2 * SIDE);
        Self { length, ahead: size / 2, size }
    }

    /// Steps that there are: each value enters, and then the last means are left.
    pub fn steps(self) -> usize {
        self.length + self.ahead
    }

    /// The mean that step `t` gives.
    #[inline(always)]
    pub fn mean(self, t: usize) -> Option<Mean> {
        let of = t.checked_sub(self.ahead)?;
        let leaves = t.checked_sub(self.size);
        let first = leaves.map_or(0, |place| place + 1);
        Some(Mean { of, leaves, count: (t.min(self.length - 1) + 1 - first) as f32 })
    }
}

/// The places along a side of `length` values that the grid is made of.
pub(super) fn samples(length: usize) -> [usize; SIDE] {
    std::array::from_fn(|number| (2 * number + 1) * length / (2 * SIDE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_what_lies_around_its_value() {
        for length in [1, 2, 63, 128, 129, 257, 1000, 1024, 5000] {
            let window = Window::new(length);
            let (mut inside, mut means) = (0, 0);
            for t in 0..window.steps() {
                inside += usize::from(t < length);
                let Some(mean) = window.mean(t) else { continue };
                inside -= usize::from(mean.leaves.is_some());
                assert_eq!(mean.of, means);
                assert_eq!(mean.count, inside as f32);
                let from = (mean.of + window.ahead + 1).saturating_sub(window.size);
                let to = (mean.of + window.ahead).min(length - 1);
                assert_eq!(inside, to - from + 1);
                assert_eq!(mean.leaves.map_or(0, |place| place + 1), from);
                means += 1;
            }
            assert_eq!(means, length);
        }
    }

    #[test]
    fn samples_are_the_middles_of_64_parts() {
        assert_eq!(samples(64)[..3], [0, 1, 2]);
        assert_eq!(samples(1024)[..3], [8, 24, 40]);
        assert_eq!(samples(5)[62..], [4, 4]);
        assert_eq!(samples(i32::MAX as usize)[63], 2_130_706_431);
    }
}

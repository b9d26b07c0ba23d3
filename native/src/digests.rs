//! Exact digests: sorted, behind a directory of where each run of leading bits begins.

use std::ops::Range;

use crate::Corrupt;
use crate::order::prefix;
use crate::simd::prefetch;

/// A sorted set of digests in memory that somebody else laid out.
#[derive(Clone, Copy)]
pub struct Digests<'a> {
    digests: &'a [u8],
    directory: &'a [u32],
    size: usize,
    shift: u32,
}

impl<'a> Digests<'a> {
    /// `digests`: sorted, `size` bytes each, 16 at least. `directory`: 2^k + 1 numbers, k at most 32: how many
    /// digests have leading k bits below each value. None where lengths do not fit.
    pub fn new(digests: &'a [u8], directory: &'a [u32], size: usize) -> Option<Self> {
        let buckets = directory.len().checked_sub(1)?;
        let fits = size >= 16 && digests.len().is_multiple_of(size) && u32::try_from(digests.len() / size).is_ok();
        if !fits || !buckets.is_power_of_two() || buckets.trailing_zeros() > 32 {
            return None;
        }
        Some(Self { digests, directory, size, shift: 64 - buckets.trailing_zeros() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.digests.len() / self.size
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Asks for the memory that `find` will want first.
    pub fn prefetch(&self, wanted: &[u8]) {
        prefetch(self.directory, self.bucket(wanted));
    }

    /// The places of the digests that are equal to `wanted`, of `size` bytes.
    pub fn find(&self, wanted: &[u8]) -> Result<Range<usize>, Corrupt> {
        let bucket = self.bucket(wanted);
        let (low, high) = match self.directory.get(bucket..bucket + 2) {
            Some(&[low, high]) if low <= high && high as usize <= self.len() => (low as usize, high as usize),
            _ => return Err(Corrupt("a directory of digests points outside them")),
        };
        let at = |place: usize| &self.digests[place * self.size..][..self.size];
        let (mut first, mut past) = (low, high);
        while first < past {
            let middle = first + (past - first) / 2;
            if at(middle) < wanted { first = middle + 1 } else { past = middle }
        }
        let last = (first..high).find(|&place| at(place) != wanted).unwrap_or(high);
        Ok(first..last)
    }

    fn bucket(&self, wanted: &[u8]) -> usize {
        prefix(wanted).checked_shr(self.shift).unwrap_or(0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;
    use crate::order::order;

    fn sorted(bytes: &[u8], size: usize, bits: u32) -> (Vec<u8>, Vec<u32>) {
        let digests: Vec<u8> =
            order(bytes, size).iter().flat_map(|&number| &bytes[number as usize * size..][..size]).copied().collect();
        let below = |value: u64| {
            digests.chunks(size).filter(move |one| prefix(one).checked_shr(64 - bits).unwrap_or(0) < value)
        };
        let directory = (0..=1u64 << bits).map(|value| below(value).count() as u32).collect();
        (digests, directory)
    }

    #[test]
    fn finds_all_copies_and_nothing_else() {
        let mut random = Random(13);
        for (size, bits, mask) in [(16, 0, 0xff), (20, 5, 0xff), (32, 4, 0x01), (16, 6, 0x00)] {
            let bytes: Vec<u8> = (0..size * 200).map(|_| random.word() as u8 & mask).collect();
            let (digests, directory) = sorted(&bytes, size, bits);
            let index = Digests::new(&digests, &directory, size).expect("lengths fit");
            for wanted in bytes.chunks(size).chain([vec![0xffu8; size].as_slice(), &vec![0u8; size]]) {
                let expected: Vec<usize> =
                    (0..200).filter(|place| &digests[place * size..][..size] == wanted).collect();
                assert!(index.find(wanted).expect("sound").eq(expected));
            }
        }
    }

    #[test]
    fn a_directory_that_points_outside_is_corrupt() {
        for directory in [[0, 2], [1, 0], [u32::MAX, u32::MAX]] {
            let index = Digests::new(&[0; 16], &directory, 16).expect("lengths fit");
            assert!(index.find(&[0; 16]).is_err());
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        assert!(Digests::new(&[0; 17], &[0, 1], 16).is_none());
        assert!(Digests::new(&[0; 16], &[0, 1, 1, 1], 16).is_none());
        assert!(Digests::new(&[0; 16], &[], 16).is_none());
        assert!(Digests::new(&[0; 7], &[0, 1], 7).is_none());
    }
}

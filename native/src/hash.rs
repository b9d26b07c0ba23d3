//! A hash of 256 bits, its sixteen bands, and the rule by which bands find every neighbour.

/// 256 bits as four little-endian words: the 32 bytes of a file, read in place.
pub type Hash = [u64; 4];

/// Bands of a hash, 16 bits each.
pub const BANDS: usize = 16;

/// The largest distance at which the bands are sure to find a neighbour: two bits for each of them, less one.
pub const REACH: u32 = 31;

/// Band `band` of a hash, as the 16-bit little-endian word at byte `2 * band`.
#[inline(always)]
pub fn band(hash: &Hash, band: usize) -> u16 {
    (hash[band / 4] >> (16 * (band % 4))) as u16
}

/// In how many bits two hashes differ.
#[inline(always)]
pub fn distance(one: &Hash, other: &Hash) -> u32 {
    (0..4).map(|word| (one[word] ^ other[word]).count_ones()).sum()
}

/// Reads a hash from 32 bytes.
#[inline(always)]
pub fn from_bytes(bytes: &[u8; 32]) -> Hash {
    let mut hash = [0; 4];
    for (word, chunk) in hash.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
    }
    hash
}

/// The first band from which every run of `l` bands, counted in a circle, differs in at most `2 l - 1` bits.
///
/// For hashes at most [`REACH`] apart there is always one: the differences less two for each band sum to less than
/// nought, so by the cycle lemma some rotation keeps all its partial sums below nought. That is why a search looks
/// only at bands that differ in one bit at most, and may drop those whose next band differs in more than is left.
/// Naming the first such band makes each neighbour reported once.
pub fn first_start(one: &Hash, other: &Hash) -> Option<usize> {
    let mut differing = [0u32; BANDS];
    for (number, bits) in differing.iter_mut().enumerate() {
        *bits = u32::from(band(one, number) ^ band(other, number)).count_ones();
    }
    (0..BANDS).find(|start| {
        let mut sum = 0;
        (0..BANDS).all(|run| {
            sum += differing[(start + run) % BANDS];
            sum as usize <= 2 * run + 1
        })
    })
}

#[cfg(test)]
pub(crate) mod random {
    use super::Hash;

    /// A generator for tests (splitmix64).
    pub struct Random(pub u64);

    impl Random {
        pub fn word(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut value = self.0;
            value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            value ^ (value >> 31)
        }

        pub fn below(&mut self, bound: usize) -> usize {
            (self.word() % bound as u64) as usize
        }

        pub fn hash(&mut self) -> Hash {
            [self.word(), self.word(), self.word(), self.word()]
        }

        /// `hash` with exactly `bits` of its bits turned over.
        pub fn near(&mut self, hash: &Hash, bits: u32) -> Hash {
            let (mut near, mut turned) = (*hash, 0);
            while turned < bits {
                let bit = self.below(256);
                if (near[bit / 64] ^ hash[bit / 64]) >> (bit % 64) & 1 == 0 {
                    near[bit / 64] ^= 1 << (bit % 64);
                    turned += 1;
                }
            }
            near
        }
    }
}

#[cfg(test)]
mod tests {
    use super::random::Random;
    use super::*;

    #[test]
    fn bands_are_the_words_of_the_bytes() {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = place as u8;
        }
        let hash = from_bytes(&bytes);
        for number in 0..BANDS {
            assert_eq!(band(&hash, number).to_le_bytes(), [2 * number as u8, 2 * number as u8 + 1]);
        }
    }

    #[test]
    fn every_neighbour_in_reach_has_a_start_and_it_differs_in_one_bit_at_most() {
        let mut random = Random(1);
        for round in 0..20_000 {
            let one = random.hash();
            let other = random.near(&one, round % (REACH + 1));
            let start = first_start(&one, &other).expect("the cycle lemma");
            let differing = |number: usize| (band(&one, number % BANDS) ^ band(&other, number % BANDS)).count_ones();
            assert!(differing(start) <= 1);
            assert!(differing(start) + differing(start + 1) <= 3);
        }
    }

    #[test]
    fn two_bits_in_each_band_leave_no_start() {
        let other = [0x0003_0003_0003_0003; 4];
        assert_eq!(distance(&[0; 4], &other), REACH + 1);
        assert_eq!(first_start(&[0; 4], &other), None);
    }
}

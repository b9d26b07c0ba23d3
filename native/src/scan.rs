//! Which fingerprints of a bucket are near enough: the loop in which a search spends its time.

/// A posting whose fingerprint passed: its table, and its place in that table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// Number of the table, 0..16.
    pub table: u32,
    /// Place of the posting in the table.
    pub place: u32,
}

/// What to look for in a run of fingerprints.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Number of the table that the run is of.
    pub table: u32,
    /// Place of the run's first fingerprint in the table.
    pub from: u32,
    /// The query's next band.
    pub fingerprint: u16,
    /// Bits in which it may differ.
    pub most: u16,
}

impl Wanted {
    #[inline(always)]
    fn survivor(&self, offset: usize) -> Survivor {
        Survivor {
            table: self.table,
            place: self.from + offset as u32,
        }
    }
}

/// Adds every fingerprint of the run that differs from the wanted one in at most `most` bits.
#[inline(always)]
pub(crate) fn scalar(run: &[u16], wanted: &Wanted, found: &mut Vec<Survivor>) {
    rest(run, 0, wanted, found);
}

#[inline(always)]
fn rest(run: &[u16], from: usize, wanted: &Wanted, found: &mut Vec<Survivor>) {
    for (offset, fingerprint) in run.iter().enumerate().skip(from) {
        if (fingerprint ^ wanted.fingerprint).count_ones() <= u32::from(wanted.most) {
            found.push(wanted.survivor(offset));
        }
    }
}

/// The same, 16 at a time: bits are counted by looking up each half of a byte.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2,popcnt")]
pub(crate) fn avx2(run: &[u16], wanted: &Wanted, found: &mut Vec<Survivor>) {
    use std::arch::x86_64::*;
    let counts = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let (low, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi8(1));
    let (query, bound) = (
        _mm256_set1_epi16(wanted.fingerprint as i16),
        _mm256_set1_epi16(wanted.most as i16 + 1),
    );
    let (chunks, tail) = run.as_chunks::<16>();
    for (number, chunk) in chunks.iter().enumerate() {
        // SAFETY: a chunk is 32 bytes, and the load wants no alignment.
        let differing = _mm256_xor_si256(unsafe { _mm256_loadu_si256(chunk.as_ptr().cast()) }, query);
        let bytes = _mm256_add_epi8(
            _mm256_shuffle_epi8(counts, _mm256_and_si256(differing, low)),
            _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16::<4>(differing), low)),
        );
        let near = _mm256_cmpgt_epi16(bound, _mm256_maddubs_epi16(bytes, ones));
        // Two mask bits for each fingerprint: one of them is enough.
        let mut mask = _mm256_movemask_epi8(near) as u32 & 0x5555_5555;
        while mask != 0 {
            found.push(wanted.survivor(16 * number + mask.trailing_zeros() as usize / 2));
            mask &= mask - 1;
        }
    }
    rest(run, run.len() - tail.len(), wanted, found);
}

/// The same, 32 at a time.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,avx2,popcnt")]
pub(crate) fn avx512(run: &[u16], wanted: &Wanted, found: &mut Vec<Survivor>) {
    use std::arch::x86_64::*;
    let (query, most) = (
        _mm512_set1_epi16(wanted.fingerprint as i16),
        _mm512_set1_epi16(wanted.most as i16),
    );
    let mut keep = |near: u32, from: usize| {
        let mut mask = near;
        while mask != 0 {
            found.push(wanted.survivor(from + mask.trailing_zeros() as usize));
            mask &= mask - 1;
        }
    };
    let (chunks, tail) = run.as_chunks::<32>();
    for (number, chunk) in chunks.iter().enumerate() {
        // SAFETY: a chunk is 64 bytes, and the load wants no alignment.
        let values = unsafe { _mm512_loadu_si512(chunk.as_ptr().cast()) };
        let bits = _mm512_popcnt_epi16(_mm512_xor_si512(values, query));
        keep(_mm512_cmple_epu16_mask(bits, most), 32 * number);
    }
    if !tail.is_empty() {
        let lanes = (1u32 << tail.len()) - 1;
        // SAFETY: lanes beyond the tail's length are masked out, and masked lanes are not read.
        let values = unsafe { _mm512_maskz_loadu_epi16(lanes, tail.as_ptr().cast()) };
        let bits = _mm512_popcnt_epi16(_mm512_xor_si512(values, query));
        keep(_mm512_mask_cmple_epu16_mask(lanes, bits, most), run.len() - tail.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;

    type Scan = fn(&[u16], &Wanted, &mut Vec<Survivor>);

    fn here() -> Vec<Scan> {
        let mut scans: Vec<Scan> = vec![scalar];
        #[cfg(target_arch = "x86_64")]
        {
            use crate::simd::Simd;
            if Simd::named("avx2").is_some() {
                // SAFETY: the processor has what the function needs.
                scans.push(|run, wanted, found| unsafe { avx2(run, wanted, found) });
            }
            if Simd::named("avx512").is_some() {
                // SAFETY: the processor has what the function needs.
                scans.push(|run, wanted, found| unsafe { avx512(run, wanted, found) });
            }
        }
        scans
    }

    #[test]
    fn every_length_and_threshold_gives_what_counting_gives() {
        let mut random = Random(3);
        for scan in here() {
            for length in 0..100 {
                let run: Vec<u16> = (0..length).map(|_| random.word() as u16 & 0x00ff).collect();
                for most in 0..5 {
                    let wanted = Wanted {
                        table: 7,
                        from: 1000,
                        fingerprint: 0x0f0f,
                        most,
                    };
                    let mut found = vec![];
                    scan(&run, &wanted, &mut found);
                    let expected: Vec<Survivor> = (0..length)
                        .filter(|&place| (run[place] ^ 0x0f0f).count_ones() <= u32::from(most))
                        .map(|place| Survivor {
                            table: 7,
                            place: 1000 + place as u32,
                        })
                        .collect();
                    assert_eq!(found, expected);
                }
            }
        }
    }
}

//! Which fingerprints of a bucket are near enough: the loop in which a search spends its time.

/// A posting whose fingerprint passed: its table, and its place in that table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// Number of the table, 0..16.
    pub table: u32,
    /// Place of the posting in the table.
    pub place: u32,
}

/// What to look for in the postings of a table.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Number of the table.
    pub table: u32,
    /// All its fingerprints.
    pub fingerprints: &'a [u16],
    /// The query's next band.
    pub fingerprint: u16,
    /// Runs of postings. They lie inside the table.
    pub runs: &'a [Run],
}

/// A run of postings, and in how many bits a fingerprint may differ there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Place of the first.
    pub from: u32,
    /// Place after the last.
    pub to: u32,
    /// Bits.
    pub most: u32,
}

impl Run {
    /// How many postings there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.to - self.from) as usize
    }
}

/// A way to scan.
pub(crate) trait Scan: Copy {
    /// Adds every fingerprint of the runs that is near enough. Calls `ahead` with the number of each run before it.
    fn scan(self, wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize));
}

/// With what every processor has.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Scan for Scalar {
    #[inline(always)]
    fn scan(self, wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize)) {
        scalar(wanted, found, ahead);
    }
}

/// With AVX2. A value is a promise that the processor has what `avx2` needs.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    #[target_feature(enable = "avx2,popcnt")]
    pub(crate) fn new() -> Self {
        Self(())
    }
}

#[cfg(target_arch = "x86_64")]
impl Scan for Avx2 {
    #[inline(always)]
    fn scan(self, wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize)) {
        // SAFETY: who made `self` had what is needed.
        unsafe { avx2(wanted, found, ahead) }
    }
}

/// With AVX-512. A value is a promise that the processor has what `avx512` needs.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,avx2,popcnt,bmi1,bmi2")]
    pub(crate) fn new() -> Self {
        Self(())
    }
}

#[cfg(target_arch = "x86_64")]
impl Scan for Avx512 {
    #[inline(always)]
    fn scan(self, wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize)) {
        // SAFETY: who made `self` had what is needed.
        unsafe { avx512(wanted, found, ahead) }
    }
}

#[inline(always)]
fn scalar(wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize)) {
    for (number, run) in wanted.runs.iter().enumerate() {
        ahead(number);
        each(wanted, run, found);
    }
}

#[inline(always)]
fn each(wanted: &Wanted, run: &Run, found: &mut Vec<Survivor>) {
    let fingerprints = &wanted.fingerprints[run.from as usize..run.to as usize];
    for (place, fingerprint) in (run.from..).zip(fingerprints) {
        if (fingerprint ^ wanted.fingerprint).count_ones() <= run.most {
            found.push(Survivor { table: wanted.table, place });
        }
    }
}

/// 16 at a time: bits are counted by looking up each half of a byte.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn avx2(wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize)) {
    use std::arch::x86_64::*;
    let counts = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let (low, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi8(1));
    let query = _mm256_set1_epi16(wanted.fingerprint as i16);
    for (number, run) in wanted.runs.iter().enumerate() {
        ahead(number);
        let bound = _mm256_set1_epi16(run.most as i16 + 1);
        let (chunks, tail) = wanted.fingerprints[run.from as usize..run.to as usize].as_chunks::<16>();
        for (place, chunk) in (run.from..).step_by(16).zip(chunks) {
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
                found.push(Survivor { table: wanted.table, place: place + mask.trailing_zeros() / 2 });
                mask &= mask - 1;
            }
        }
        each(wanted, &Run { from: run.to - tail.len() as u32, ..*run }, found);
    }
}

/// 32 at a time.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,avx2,popcnt,bmi1,bmi2")]
fn avx512(wanted: &Wanted, found: &mut Vec<Survivor>, ahead: impl Fn(usize)) {
    use std::arch::x86_64::*;
    let query = _mm512_set1_epi16(wanted.fingerprint as i16);
    for (number, run) in wanted.runs.iter().enumerate() {
        ahead(number);
        let most = _mm512_set1_epi16(run.most as i16);
        let fingerprints = &wanted.fingerprints[run.from as usize..run.to as usize];
        // Line by line of memory. A load across the run's last line would wait for the next, for which nobody asked.
        let before = fingerprints.as_ptr().addr() % 64 / 2;
        let mut line = fingerprints.as_ptr().wrapping_sub(before);
        let (mut place, mut left) = (run.from.wrapping_sub(before as u32), before + fingerprints.len());
        let mut lanes = u32::MAX << before;
        while left > 0 {
            lanes = _bzhi_u32(lanes, left.min(32) as u32);
            // SAFETY: lanes outside the run are masked out, and what is masked out is not read.
            let values = unsafe { _mm512_maskz_loadu_epi16(lanes, line.cast()) };
            let bits = _mm512_popcnt_epi16(_mm512_xor_si512(values, query));
            let mut near = _mm512_mask_cmple_epu16_mask(lanes, bits, most);
            while near != 0 {
                let place = place.wrapping_add(near.trailing_zeros());
                found.push(Survivor { table: wanted.table, place });
                near &= near - 1;
            }
            (line, place, left) = (line.wrapping_add(32), place.wrapping_add(32), left.saturating_sub(32));
            lanes = u32::MAX;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;
    use crate::simd::Simd;

    fn scan(simd: &str, wanted: &Wanted) -> Vec<Survivor> {
        let mut found = vec![];
        match simd {
            // SAFETY: the caller names only what the processor has.
            #[cfg(target_arch = "x86_64")]
            "avx2" => unsafe { avx2(wanted, &mut found, |_| ()) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            "avx512" => unsafe { avx512(wanted, &mut found, |_| ()) },
            _ => scalar(wanted, &mut found, |_| ()),
        }
        found
    }

    #[test]
    fn every_length_place_and_bound_gives_what_counting_gives() {
        let mut random = Random(3);
        let fingerprints: Vec<u16> = (0..3000).map(|_| random.word() as u16 & 0x00ff).collect();
        for length in (0..100).chain([700, 2000]) {
            for most in 0..5 {
                let from = random.below(900) as u32;
                let runs = [
                    Run { from, to: from + length, most },
                    Run { from: 3000 - length, to: 3000, most: 2 },
                    Run { from: 7, to: 7, most: 16 },
                ];
                let wanted = Wanted { table: 7, fingerprints: &fingerprints, fingerprint: 0x0f0f, runs: &runs };
                let mut expected = vec![];
                for run in &runs {
                    for place in run.from..run.to {
                        if (fingerprints[place as usize] ^ 0x0f0f).count_ones() <= run.most {
                            expected.push(Survivor { table: 7, place });
                        }
                    }
                }
                for simd in Simd::all() {
                    assert_eq!(scan(simd.level().name(), &wanted), expected);
                }
            }
        }
    }
}

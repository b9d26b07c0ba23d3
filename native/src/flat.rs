//! Every hash within a radius by comparing with each one: for radii beyond the bands' reach, and for small sets.

use crate::hash::{Hash, distance};
use crate::search::Hit;
use crate::simd::{Level, Simd};

/// Rows compared with all queries before the next: 16 KiB, which stays in the first cache.
const TILE: usize = 512;

/// Adds to `hits[i]` every row at most `radius` bits from `queries[i]`, in order of rows.
pub fn search(rows: &[Hash], queries: &[Hash], radius: u32, simd: Simd, hits: &mut [Vec<Hit>]) {
    for (number, tile) in rows.chunks(TILE).enumerate() {
        let from = (number * TILE) as u32;
        for (query, found) in queries.iter().zip(hits.iter_mut()) {
            match simd.level() {
                // SAFETY: a `Simd` of this level exists only where the processor has it.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512(tile, from, query, radius, found) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2(tile, from, query, radius, found) },
                _ => each(tile, from, query, radius, found),
            }
        }
    }
}

#[inline(always)]
fn each(rows: &[Hash], from: u32, query: &Hash, radius: u32, found: &mut Vec<Hit>) {
    for (offset, row) in rows.iter().enumerate() {
        let bits = distance(row, query);
        if bits <= radius {
            found.push(Hit { distance: bits, row: from + offset as u32 });
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn avx2(rows: &[Hash], from: u32, query: &Hash, radius: u32, found: &mut Vec<Hit>) {
    each(rows, from, query, radius, found);
}

/// Two rows at a time.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,avx2,popcnt")]
fn avx512(rows: &[Hash], from: u32, query: &Hash, radius: u32, found: &mut Vec<Hit>) {
    use std::arch::x86_64::*;
    // SAFETY: a hash is 32 bytes, and the load wants no alignment.
    let wanted = _mm512_broadcast_i64x4(unsafe { _mm256_loadu_si256(query.as_ptr().cast()) });
    let bound = _mm512_set1_epi64(i64::from(radius));
    let (pairs, tail) = rows.as_chunks::<2>();
    for (number, pair) in pairs.iter().enumerate() {
        // SAFETY: a pair is 64 bytes, and the load wants no alignment.
        let values = unsafe { _mm512_loadu_si512(pair.as_ptr().cast()) };
        let words = _mm512_popcnt_epi64(_mm512_xor_si512(values, wanted));
        let halves = _mm512_add_epi64(words, _mm512_shuffle_epi32::<0x4e>(words));
        let sums = _mm512_add_epi64(halves, _mm512_shuffle_i64x2::<0xb1>(halves, halves));
        if _mm512_cmple_epi64_mask(sums, bound) != 0 {
            each(pair, from + 2 * number as u32, query, radius, found);
        }
    }
    each(tail, from + (rows.len() - tail.len()) as u32, query, radius, found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;

    #[test]
    fn every_processor_path_gives_the_same() {
        let mut random = Random(5);
        for length in [0, 1, 2, 3, 511, 512, 513, 1500] {
            let rows: Vec<Hash> = (0..length).map(|_| random.hash()).collect();
            let mut queries = vec![random.hash(); 2];
            if length > 0 {
                queries.extend((0..20).map(|bits| random.near(&rows[length - 1], bits * 3)));
            }
            for radius in [0, 31, 32, 64, 120, 256] {
                let expected: Vec<Vec<Hit>> = queries
                    .iter()
                    .map(|query| {
                        let mut found = vec![];
                        each(&rows, 0, query, radius, &mut found);
                        found
                    })
                    .collect();
                for simd in Simd::all() {
                    let mut hits = vec![vec![]; queries.len()];
                    search(&rows, &queries, radius, simd, &mut hits);
                    assert_eq!(hits, expected, "{simd:?} {length} {radius}");
                }
            }
        }
    }
}

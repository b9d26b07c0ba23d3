//! Sorting digests of equal size by their bytes.

/// The numbers of the digests in `bytes`, `size` bytes each, in the order of their bytes; equal ones keep theirs.
///
/// Their first eight bytes are sorted beside the numbers, which leaves little to look up. `size` is at least 8 and
/// divides the length of `bytes`; there are fewer than 2^32 digests. n log n whatever the digests are.
pub fn order(bytes: &[u8], size: usize) -> Vec<u32> {
    assert!(size >= 8 && bytes.len().is_multiple_of(size) && u32::try_from(bytes.len() / size).is_ok());
    let mut keys: Vec<(u64, u32)> =
        bytes.chunks_exact(size).enumerate().map(|(number, digest)| (prefix(digest), number as u32)).collect();
    keys.sort_unstable();
    let whole = |number: u32| &bytes[number as usize * size..][..size];
    for same in keys.chunk_by_mut(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        same.sort_unstable_by(|one, other| whole(one.1).cmp(whole(other.1)).then(one.1.cmp(&other.1)));
    }
    keys.into_iter().map(|(_, number)| number).collect()
}

/// The first eight bytes as a number that sorts as they do.
pub(crate) fn prefix(digest: &[u8]) -> u64 {
    digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;

    #[test]
    fn as_a_stable_sort_of_the_bytes() {
        let mut random = Random(11);
        for size in [8, 16, 20, 32] {
            for mask in [0xff, 0x03, 0x00] {
                let bytes: Vec<u8> = (0..size * 300).map(|_| random.word() as u8 & mask).collect();
                let mut expected: Vec<u32> = (0..300).collect();
                expected.sort_by_key(|&number| &bytes[number as usize * size..][..size]);
                assert_eq!(order(&bytes, size), expected);
            }
        }
    }
}

//! Bits in another order, so that bands share the work evenly: neighbouring bits of a PDQ hash resemble each other.

use crate::hash::Hash;

/// A permutation of 256 bits, by a look-up for each byte.
pub struct Permutation(Box<[[Hash; 256]; 32]>);

impl Permutation {
    /// Bit `i` of what comes out is bit `bits[i]` of what goes in; bit 0 is the highest of byte 0. None where
    /// `bits` does not name each bit once.
    pub fn new(bits: &[u8]) -> Option<Self> {
        let mut to = [usize::MAX; 256];
        if bits.len() != 256 {
            return None;
        }
        for (out, &bit) in bits.iter().enumerate() {
            if std::mem::replace(&mut to[usize::from(bit)], out) != usize::MAX {
                return None;
            }
        }
        let mut tables: Box<[[Hash; 256]; 32]> = vec![[[0; 4]; 256]; 32].try_into().ok()?;
        for (byte, table) in tables.iter_mut().enumerate() {
            for (value, hash) in table.iter_mut().enumerate() {
                for bit in (0..8).filter(|bit| value >> (7 - bit) & 1 == 1) {
                    let out = to[8 * byte + bit];
                    // The word holds its bytes lowest first, a byte its bits highest first.
                    hash[out / 64] |= 1 << (8 * (out % 64 / 8) + 7 - out % 8);
                }
            }
        }
        Some(Self(tables))
    }

    /// The hash with its bits in the new order.
    #[inline]
    pub fn apply(&self, bytes: &[u8; 32]) -> Hash {
        let mut hash = [0; 4];
        for (table, &value) in self.0.iter().zip(bytes) {
            let part = &table[usize::from(value)];
            for (word, more) in hash.iter_mut().zip(part) {
                *word |= more;
            }
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{distance, from_bytes};

    fn bit(bytes: &[u8], number: usize) -> u8 {
        bytes[number / 8] >> (7 - number % 8) & 1
    }

    #[test]
    fn each_bit_goes_where_it_should() {
        let order: Vec<u8> = (0..256).map(|place| (place * 77 + 5) as u8).collect();
        let permutation = Permutation::new(&order).expect("77 is odd");
        let bytes: [u8; 32] = std::array::from_fn(|place| (place * 91 + 17) as u8);
        let out: Vec<u8> = permutation.apply(&bytes).iter().flat_map(|word| word.to_le_bytes()).collect();
        for (place, &from) in order.iter().enumerate() {
            assert_eq!(bit(&out, place), bit(&bytes, usize::from(from)));
        }
        assert_eq!(
            distance(&permutation.apply(&bytes), &permutation.apply(&[0; 32])),
            distance(&from_bytes(&bytes), &[0; 4])
        );
    }

    #[test]
    fn what_is_no_permutation_is_refused() {
        assert!(Permutation::new(&[0; 256]).is_none());
        assert!(Permutation::new(&[0; 3]).is_none());
    }
}

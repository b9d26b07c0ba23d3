//! Building a band's table: where each value of the band begins, and its postings.

use crate::hash::{BANDS, Hash, band};

/// Values that a band can have.
pub const VALUES: usize = 1 << 16;

/// Length of a table's offsets: one more than there are values.
pub const OFFSETS: usize = VALUES + 1;

/// Fills the table of one band, in order of its values and within a value in order of rows. All lengths must fit:
/// [`OFFSETS`] offsets, and as many fingerprints and numbers as rows, of which there are fewer than 2^32.
pub fn fill(rows: &[Hash], table: usize, offsets: &mut [u32], fingerprints: &mut [u16], numbers: &mut [u32]) {
    assert!(offsets.len() == OFFSETS && fingerprints.len() == rows.len() && numbers.len() == rows.len());
    assert!(table < BANDS && u32::try_from(rows.len()).is_ok());
    offsets.fill(0);
    for row in rows {
        offsets[usize::from(band(row, table)) + 1] += 1;
    }
    for value in 0..VALUES {
        offsets[value + 1] += offsets[value];
    }
    // In two steps, by the value's high byte and by its low one: 65,536 places to write to at once would each be a
    // line of memory that is not at hand.
    let mut parts: Vec<usize> = offsets[..VALUES].iter().step_by(256).map(|&first| first as usize).collect();
    let mut postings = vec![(0u16, 0u16, 0u32); rows.len()];
    let after = (table + 1) % BANDS;
    for (number, row) in rows.iter().enumerate() {
        let value = band(row, table);
        let place = &mut parts[usize::from(value >> 8)];
        postings[*place] = (value, band(row, after), number as u32);
        *place += 1;
    }
    let mut next = offsets[..VALUES].to_vec();
    for (value, fingerprint, number) in postings {
        let place = &mut next[usize::from(value)];
        fingerprints[*place as usize] = fingerprint;
        numbers[*place as usize] = number;
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;

    #[test]
    fn a_posting_lies_in_the_bucket_of_its_value_and_carries_the_next_band() {
        let mut random = Random(7);
        let rows: Vec<Hash> = (0..1000).map(|_| random.hash().map(|word| word & 0x0003_0003_0003_0003)).collect();
        for table in 0..BANDS {
            let (mut offsets, mut fingerprints, mut numbers) = (vec![9; OFFSETS], vec![9; 1000], vec![9; 1000]);
            fill(&rows, table, &mut offsets, &mut fingerprints, &mut numbers);
            assert_eq!(offsets[VALUES], 1000);
            for value in 0..VALUES {
                for place in offsets[value] as usize..offsets[value + 1] as usize {
                    let row = &rows[numbers[place] as usize];
                    assert_eq!(usize::from(band(row, table)), value);
                    assert_eq!(fingerprints[place], band(row, (table + 1) % BANDS));
                }
            }
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(0..1000));
        }
    }
}

//! Every hash within a radius, by sixteen tables of bands.

use crate::hash::{BANDS, Hash, REACH, band, distance, first_start};
use crate::scan::{self, Run, Scan, Survivor, Wanted};
use crate::simd::{Level, Simd, prefetch};
use crate::tables::OFFSETS;
use crate::{Corrupt, flat};

/// Values of a band that are looked at: the query's, and those one bit away.
const PROBES: usize = 17;

/// How many probes ahead postings are asked for.
const AHEAD: usize = 17;

/// Lines of memory asked for at the beginning of a run of postings. The processor itself goes on where it is longer.
const LINES: usize = 8;

/// Postings scanned between two looks at how many survivors wait. A bucket may hold the whole set; what a query looks at
/// in a table stays below this up to two hundred million hashes, and then nothing is ever waited for.
const RUN: usize = 1 << 16;

/// A row in reach. Sorts by distance, then by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// In bits.
    pub distance: u32,
    /// Number of the row.
    pub row: u32,
}

/// The sixteen tables, in memory that somebody else laid out.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    offsets: &'a [u32],
    fingerprints: &'a [u16],
    numbers: &'a [u32],
}

/// A set of hashes, with tables or without.
#[derive(Clone, Copy)]
pub struct Index<'a> {
    rows: &'a [Hash],
    tables: Option<Tables<'a>>,
}

impl<'a> Tables<'a> {
    /// Sixteen runs of offsets, fingerprints and numbers, one after the other. None where lengths do not fit.
    pub fn new(rows: usize, offsets: &'a [u32], fingerprints: &'a [u16], numbers: &'a [u32]) -> Option<Self> {
        let postings = rows.checked_mul(BANDS)?;
        let fits = offsets.len() == BANDS * OFFSETS && fingerprints.len() == postings && numbers.len() == postings;
        (fits && u32::try_from(rows).is_ok()).then_some(Self { offsets, fingerprints, numbers })
    }
}

impl<'a> Index<'a> {
    /// `tables` must be of as many rows.
    pub fn new(rows: &'a [Hash], tables: Option<Tables<'a>>) -> Option<Self> {
        let fits = tables.is_none_or(|tables| Some(tables.numbers.len()) == rows.len().checked_mul(BANDS));
        (fits && u32::try_from(rows.len()).is_ok()).then_some(Self { rows, tables })
    }

    /// Every row at most `radius` bits from each query, nearest first.
    pub fn search(&self, queries: &[Hash], radius: u32, simd: Simd) -> Result<Vec<Vec<Hit>>, Corrupt> {
        let mut hits = vec![vec![]; queries.len()];
        match self.tables {
            Some(tables) if radius <= REACH => {
                let search = Search { rows: self.rows, tables, radius };
                match simd.level() {
                    // SAFETY: a `Simd` of this level exists only where the processor has it.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => unsafe { search.avx512(queries, &mut hits) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => unsafe { search.avx2(queries, &mut hits) },
                    _ => search.all(queries, &mut hits, scan::Scalar),
                }?;
            }
            _ => flat::search(self.rows, queries, radius, simd, &mut hits),
        }
        hits.iter_mut().for_each(|found| found.sort_unstable());
        Ok(hits)
    }
}

/// Where the postings of each of a query's probes lie, by table.
type Runs = [[Run; PROBES]; BANDS];

/// A search by tables. Most of its time is waiting for memory, so whatever will be read is asked for early: the
/// postings some probes ahead, the hash of a survivor while the tables after its own are scanned, and where the next
/// query's postings lie while this one's are.
struct Search<'a> {
    rows: &'a [Hash],
    tables: Tables<'a>,
    radius: u32,
}

/// Postings that passed, the rows of the first of them, and how many were there one table earlier.
#[derive(Default)]
struct Room {
    survivors: Vec<Survivor>,
    numbers: Vec<u32>,
    before: usize,
}

impl Search<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt")]
    fn avx2(&self, queries: &[Hash], hits: &mut [Vec<Hit>]) -> Result<(), Corrupt> {
        self.all(queries, hits, scan::Avx2::new())
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,avx2,popcnt,bmi1,bmi2")]
    fn avx512(&self, queries: &[Hash], hits: &mut [Vec<Hit>]) -> Result<(), Corrupt> {
        self.all(queries, hits, scan::Avx512::new())
    }

    /// Inlined into each of the above, and so compiled with their instructions.
    #[inline(always)]
    fn all(&self, queries: &[Hash], hits: &mut [Vec<Hit>], scan: impl Scan) -> Result<(), Corrupt> {
        let Some(first) = queries.first() else { return Ok(()) };
        (0..BANDS).for_each(|table| self.ask_offsets(first, table));
        let mut runs = self.runs(first)?;
        (0..AHEAD).for_each(|probe| self.ask_postings(&runs, probe));
        let mut room = Room::default();
        for ((number, query), found) in queries.iter().enumerate().zip(hits) {
            let next = queries.get(number + 1);
            for table in 0..BANDS {
                self.table(query, table, &runs, &mut room, found, scan)?;
                if let Some(next) = next {
                    self.ask_offsets(next, table);
                }
                let later = room.survivors.len();
                self.resolve(&mut room, later)?;
            }
            self.resolve_all(&mut room)?;
            if let Some(next) = next {
                runs = self.runs(next)?;
                (0..AHEAD).for_each(|probe| self.ask_postings(&runs, probe));
            }
            self.settle(query, &mut room, found)?;
        }
        Ok(())
    }

    /// Scans the postings of a table's probes, asking for later ones on the way.
    #[inline(always)]
    fn table(
        &self,
        query: &Hash,
        table: usize,
        runs: &Runs,
        room: &mut Room,
        found: &mut Vec<Hit>,
        scan: impl Scan,
    ) -> Result<(), Corrupt> {
        let ahead = |probe| {
            self.ask_postings(runs, table * PROBES + probe + AHEAD);
        };
        let wanted = Wanted {
            table: table as u32,
            fingerprints: &self.tables.fingerprints[table * self.rows.len()..][..self.rows.len()],
            fingerprint: band(query, (table + 1) % BANDS),
            runs: &runs[table],
        };
        let before = room.survivors.len();
        if before + wanted.runs.iter().map(Run::len).sum::<usize>() <= RUN {
            scan.scan(&wanted, &mut room.survivors, ahead);
            for survivor in &room.survivors[before..] {
                prefetch(self.tables.numbers, self.posting(survivor));
            }
            return Ok(());
        }
        for run in &runs[table] {
            for from in (run.from..run.to).step_by(RUN) {
                self.resolve_all(room)?;
                self.settle(query, room, found)?;
                let part = Run { from, to: run.to.min(from.saturating_add(RUN as u32)), most: run.most };
                scan.scan(&Wanted { runs: &[part], ..wanted }, &mut room.survivors, |_| ());
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn posting(&self, survivor: &Survivor) -> usize {
        survivor.table as usize * self.rows.len() + survivor.place as usize
    }

    /// Reads the rows of the survivors that were there one table earlier, and asks for their hashes.
    #[inline(always)]
    fn resolve(&self, room: &mut Room, later: usize) -> Result<(), Corrupt> {
        let before = std::mem::replace(&mut room.before, later).max(room.numbers.len());
        for survivor in &room.survivors[room.numbers.len()..before] {
            let number = self.tables.numbers[self.posting(survivor)];
            if number as usize >= self.rows.len() {
                return Err(Corrupt("a posting names a row that is not there"));
            }
            prefetch(self.rows, number as usize);
            room.numbers.push(number);
        }
        Ok(())
    }

    #[inline(always)]
    fn resolve_all(&self, room: &mut Room) -> Result<(), Corrupt> {
        room.before = room.survivors.len();
        self.resolve(room, 0)
    }

    /// Compares the survivors' hashes, and makes room for more.
    #[inline(always)]
    fn settle(&self, query: &Hash, room: &mut Room, found: &mut Vec<Hit>) -> Result<(), Corrupt> {
        for (survivor, &number) in room.survivors.iter().zip(&room.numbers) {
            let row = &self.rows[number as usize];
            let bits = distance(row, query);
            if bits <= self.radius && first_start(row, query) == Some(survivor.table as usize) {
                found.push(Hit { distance: bits, row: number });
            }
        }
        room.survivors.clear();
        room.numbers.clear();
        room.before = 0;
        if found.len() > self.rows.len() {
            return Err(Corrupt("rows are posted more than once"));
        }
        Ok(())
    }

    #[inline(always)]
    fn ask_offsets(&self, query: &Hash, table: usize) {
        let value = usize::from(band(query, table));
        for turned in 0..PROBES {
            prefetch(self.tables.offsets, table * OFFSETS + (value ^ (1 << turned >> 1)));
        }
    }

    #[inline(always)]
    fn ask_postings(&self, runs: &Runs, probe: usize) {
        let Some(run) = runs.as_flattened().get(probe) else { return };
        let first = probe / PROBES * self.rows.len();
        let (from, to) = (first + run.from as usize, first + run.to as usize);
        // A line holds 32 fingerprints.
        for line in 0..LINES {
            let place = (from & !31) + 32 * line;
            if place >= to {
                break;
            }
            prefetch(self.tables.fingerprints, place);
        }
    }

    /// No table is read further than it is long: its buckets share its postings out, so those of any query sum to
    /// no more than there are.
    #[inline(always)]
    fn runs(&self, query: &Hash) -> Result<Runs, Corrupt> {
        let rows = self.rows.len() as u64;
        let mut runs = [[Run::default(); PROBES]; BANDS];
        let mut sound = true;
        for (table, runs) in runs.iter_mut().enumerate() {
            let offsets = &self.tables.offsets[table * OFFSETS..][..OFFSETS];
            let value = usize::from(band(query, table));
            let mut sum = 0;
            for (turned, run) in runs.iter_mut().enumerate() {
                let place = value ^ (1 << turned >> 1);
                let (from, to) = (offsets[place], offsets[place + 1]);
                sound &= from <= to && u64::from(to) <= rows;
                sum += u64::from(to.wrapping_sub(from));
                // One bit is spent where the band itself differs; two bands may differ in three.
                *run = Run { from, to, most: if turned == 0 { 3 } else { 2 } };
            }
            sound &= sum <= rows;
        }
        if sound { Ok(runs) } else { Err(Corrupt("buckets of a table overlap, or point outside it")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::random::Random;
    use crate::tables::fill;

    struct Built {
        rows: Vec<Hash>,
        offsets: Vec<u32>,
        fingerprints: Vec<u16>,
        numbers: Vec<u32>,
    }

    impl Built {
        fn new(rows: Vec<Hash>) -> Self {
            let length = rows.len();
            let (mut offsets, mut fingerprints, mut numbers) =
                (vec![0; BANDS * OFFSETS], vec![0; BANDS * length], vec![0; BANDS * length]);
            for table in 0..BANDS {
                fill(
                    &rows,
                    table,
                    &mut offsets[table * OFFSETS..][..OFFSETS],
                    &mut fingerprints[table * length..][..length],
                    &mut numbers[table * length..][..length],
                );
            }
            Self { rows, offsets, fingerprints, numbers }
        }

        fn index(&self) -> Index<'_> {
            let tables = Tables::new(self.rows.len(), &self.offsets, &self.fingerprints, &self.numbers);
            Index::new(&self.rows, Some(tables.expect("lengths fit"))).expect("lengths fit")
        }

        fn agrees(&self, queries: &[Hash]) {
            for radius in [0, 1, 15, 30, 31, 32, 64, 256] {
                for simd in Simd::all() {
                    let found = self.index().search(queries, radius, simd).expect("sound");
                    for (query, hits) in queries.iter().zip(found) {
                        let mut expected: Vec<Hit> = (0..self.rows.len())
                            .map(|row| Hit { distance: distance(&self.rows[row], query), row: row as u32 })
                            .filter(|hit| hit.distance <= radius)
                            .collect();
                        expected.sort_unstable();
                        assert_eq!(hits, expected, "{simd:?} {radius}");
                    }
                }
            }
        }
    }

    #[test]
    fn planted_neighbours_of_random_hashes_are_found() {
        let mut random = Random(17);
        let rows: Vec<Hash> = (0..3000).map(|_| random.hash()).collect();
        let queries: Vec<Hash> = (0..41).map(|bits| random.near(&rows[bits * 70], bits as u32)).collect();
        Built::new(rows).agrees(&queries);
    }

    #[test]
    fn crowds_are_found_and_each_row_once() {
        let mut random = Random(19);
        let centre = random.hash();
        // Almost all rows share most of their bands: buckets longer than a run, and more survivors than fit.
        let rows: Vec<Hash> = (0..150_000).map(|number| random.near(&centre, number % 24)).collect();
        let queries = vec![centre, random.near(&centre, 10), random.near(&centre, 31), random.hash()];
        Built::new(rows).agrees(&queries);
    }

    #[test]
    fn nothing_and_one_row_are_searched_too() {
        Built::new(vec![]).agrees(&[[0; 4]]);
        Built::new(vec![[1, 2, 3, 4]]).agrees(&[[1, 2, 3, 4], [0; 4], [u64::MAX; 4]]);
    }

    #[test]
    fn tables_that_lie_are_corrupt_or_answer() {
        let mut random = Random(23);
        let sound = Built::new((0..500).map(|_| random.hash()).collect());
        for round in 0..600 {
            let mut broken =
                Built { rows: sound.rows.clone(), offsets: vec![], fingerprints: vec![], numbers: vec![] };
            (broken.offsets, broken.fingerprints, broken.numbers) =
                (sound.offsets.clone(), sound.fingerprints.clone(), sound.numbers.clone());
            match round % 3 {
                0 => broken.offsets.iter_mut().for_each(|offset| *offset = random.below(700) as u32),
                1 => broken.numbers.iter_mut().for_each(|number| *number = random.below(600) as u32),
                _ => broken.offsets.chunks_exact_mut(2).for_each(|pair| pair.copy_from_slice(&[0, 500])),
            }
            let queries = [sound.rows[round % 500]];
            for simd in Simd::all() {
                let answer = broken.index().search(&queries, 31, simd);
                assert!(answer.is_err() || answer.is_ok_and(|hits| hits[0].len() <= 500));
            }
        }
    }
}

use std::io;
use std::ptr::{null, null_mut};
use std::sync::Arc;

use super::*;
use crate::hash::random::Random;

type Held = MemoryStream<Vec<u8>>;

/// Calls a stream as the library does.
struct Caller<'a>(&'a Held);

impl Caller<'_> {
    fn read(&self, length: usize) -> Result<Vec<u8>, isize> {
        let mut into = vec![0xaa; length];
        // SAFETY: the stream lives, and there are `length` bytes.
        let got = unsafe { Held::functions().0(self.0.context(), into.as_mut_ptr(), length as isize) };
        let count = usize::try_from(got).map_err(|_| got)?;
        assert!(into[count..].iter().all(|&byte| byte == 0xaa), "wrote more than it said");
        into.truncate(count);
        Ok(into)
    }

    fn seek(&self, offset: isize, whence: c_int) -> isize {
        // SAFETY: the stream lives.
        unsafe { Held::functions().1(self.0.context(), offset, whence) }
    }

    fn write(&self, data: &[u8]) -> isize {
        // SAFETY: the stream lives, and so do the bytes.
        unsafe { Held::functions().2(self.0.context(), data.as_ptr(), data.len() as isize) }
    }

    fn flush(&self) -> isize {
        // SAFETY: the stream lives.
        unsafe { Held::functions().3(self.0.context()) }
    }
}

fn bytes(stream: &Held) -> Vec<u8> {
    stream.with_bytes(<[u8]>::to_vec)
}

#[test]
fn an_input_is_read_from_any_place() {
    let stream = Held::input((0..10).collect());
    let file = Caller(&stream);
    assert_eq!(file.read(4), Ok(vec![0, 1, 2, 3]));
    assert_eq!(file.seek(2, 1), 6);
    assert_eq!(file.read(100), Ok(vec![6, 7, 8, 9]));
    assert_eq!(file.read(1), Ok(vec![]));
    assert_eq!(file.seek(-3, 2), 7);
    assert_eq!(file.read(2), Ok(vec![7, 8]));
    assert_eq!(file.seek(0, 0), 0);
    assert_eq!(file.read(1), Ok(vec![0]));
    assert_eq!(file.flush(), 0);
    assert_eq!(bytes(&stream), (0..10).collect::<Vec<u8>>());
}

#[test]
fn an_input_cannot_be_written() {
    let stream = Held::input(vec![1, 2, 3]);
    assert_eq!(Caller(&stream).write(&[9]), -1);
    assert_eq!(bytes(&stream), [1, 2, 3]);
    assert_eq!(Caller(&stream).read(3), Ok(vec![1, 2, 3]));
}

#[test]
fn an_empty_input_is_at_its_end() {
    let stream = Held::input(vec![]);
    assert_eq!(Caller(&stream).read(8), Ok(vec![]));
    assert_eq!(Caller(&stream).seek(0, 2), 0);
}

#[test]
fn an_output_grows_is_written_over_and_read_back() {
    let stream = Held::output(100, 0);
    let file = Caller(&stream);
    assert_eq!(file.write(b"picture"), 7);
    assert_eq!(file.seek(3, 0), 3);
    assert_eq!(file.write(b"TURESQUE"), 8);
    assert_eq!(bytes(&stream), b"picTURESQUE");
    assert_eq!(file.seek(1, 0), 1);
    assert_eq!(file.write(b"I"), 1);
    assert_eq!(file.read(3), Ok(b"cTU".to_vec()));
    assert_eq!(bytes(&stream), b"pIcTURESQUE");
}

#[test]
fn beyond_the_end_there_is_nothing_until_something_is_written() {
    let stream = Held::output(20, 20);
    let file = Caller(&stream);
    assert_eq!(file.seek(5, 0), 5);
    assert_eq!(file.read(3), Ok(vec![]));
    assert_eq!(bytes(&stream), b"");
    assert_eq!(file.write(b"ab"), 2);
    assert_eq!(bytes(&stream), b"\0\0\0\0\0ab");
}

#[test]
fn an_output_never_exceeds_its_limit() {
    let stream = Held::output(10, usize::MAX);
    let file = Caller(&stream);
    assert_eq!(file.write(&[1; 11]), -1);
    assert_eq!(file.write(&[1; 8]), 8);
    assert_eq!(file.write(&[2; 3]), -1);
    assert_eq!(file.write(&[2; 2]), 2);
    assert_eq!(file.write(&[3]), -1);
    for far in [10, 11, 1 << 40, isize::MAX] {
        assert_eq!(file.seek(far, 0), far);
        assert_eq!(file.write(&[4]), -1);
        assert_eq!(file.read(1), Ok(vec![]));
    }
    assert_eq!(bytes(&stream), [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
    assert!(stream.0.lock().unwrap().bytes().len() == 10);
}

#[test]
fn without_a_limit_in_reach_memory_is_what_ends_it() {
    let stream = Held::output(usize::MAX, usize::MAX);
    let file = Caller(&stream);
    assert_eq!(file.write(b"a"), 1);
    assert_eq!(file.seek(isize::MAX, 0), isize::MAX);
    assert_eq!(file.write(b"b"), -1);
    assert_eq!(file.seek(isize::MAX - 1, 0), isize::MAX - 1);
    assert_eq!(file.write(b"b"), -1);
    assert_eq!(bytes(&stream), b"a");
}

#[test]
fn places_that_cannot_be_are_refused_or_are_the_start() {
    let stream = Held::input((0..10).collect());
    let file = Caller(&stream);
    assert_eq!(file.seek(4, 0), 4);
    for (offset, whence) in [
        (-1, 0),
        (isize::MIN, 0),
        (isize::MAX, 1),
        (isize::MAX, 2),
        (0, 3),
        (0, -1),
        (0, c_int::MAX),
        (0, c_int::MIN),
    ] {
        assert_eq!(file.seek(offset, whence), -1, "{offset} {whence}");
        assert_eq!(file.seek(0, 1), 4, "moved by {offset} {whence}");
    }
    for (offset, whence) in [(-5, 1), (isize::MIN, 1), (-11, 2), (isize::MIN, 2)] {
        assert_eq!(file.seek(offset, whence), 0, "{offset} {whence}");
        assert_eq!(file.seek(4, 0), 4);
    }
}

#[test]
fn null_pointers_and_lengths_that_cannot_be_are_refused() {
    let (read, seek, write, flush) = Held::functions();
    let mut into = [0; 4];
    for stream in [Held::input(vec![1, 2, 3, 4]), Held::output(4, 4)] {
        let context = stream.context();
        // SAFETY: the stream lives; nothing is read from or written to for lengths that are refused or for null.
        unsafe {
            for length in [0, -1, isize::MIN] {
                assert_eq!(read(context, into.as_mut_ptr(), length), -1);
                assert_eq!(write(context, into.as_ptr(), length), -1);
            }
            for length in [1, 4, isize::MAX] {
                assert_eq!(read(context, null_mut(), length), -1);
                assert_eq!(write(context, null(), length), -1);
                assert_eq!(read(null(), into.as_mut_ptr(), length), -1);
                assert_eq!(write(null(), into.as_ptr(), length), -1);
            }
            assert_eq!(write(context, into.as_ptr(), isize::MAX), -1);
            assert_eq!((seek(null(), 0, 0), flush(null())), (-1, -1));
            // There is never more to read than there is.
            assert!([0, 4].contains(&read(context, into.as_mut_ptr(), isize::MAX)));
        }
    }
}

#[test]
#[cfg(unix)]
fn a_refusal_is_not_an_interrupted_call() {
    let stream = Held::output(1, 0);
    assert_eq!(Caller(&stream).write(b"ab"), -1);
    let said = io::Error::last_os_error();
    assert_ne!(said.kind(), io::ErrorKind::Interrupted);
    assert_eq!(said.raw_os_error(), Some(5));
}

#[test]
fn a_panic_inside_is_a_refusal_and_so_is_every_call_after_it() {
    struct Bad;
    impl AsRef<[u8]> for Bad {
        fn as_ref(&self) -> &[u8] {
            panic!("of the test")
        }
    }
    let stream = MemoryStream::input(Bad);
    let (_, seek, _, flush) = MemoryStream::<Bad>::functions();
    // SAFETY: the stream lives.
    unsafe { assert_eq!((seek(stream.context(), 0, 2), flush(stream.context())), (-1, -1)) };
}

#[test]
fn as_a_file_of_the_standard_library_under_any_calls() {
    use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
    let mut random = Random(5);
    for round in 0..300 {
        let first: Vec<u8> = (0..random.word() % 200).map(|_| random.word() as u8).collect();
        let writes = round % 2 == 0;
        let stream = if writes { Held::output(1 << 20, 100) } else { Held::input(first.clone()) };
        let mut expected = io::Cursor::new(if writes { vec![] } else { first });
        let file = Caller(&stream);
        for _ in 0..200 {
            let number = (random.word() % 300) as isize - 100;
            let length = (random.word() % 50) as usize + 1;
            match random.word() % 5 {
                0 => {
                    let mut into = vec![0; length];
                    let count = expected.read(&mut into).unwrap();
                    assert_eq!(file.read(length).unwrap(), into[..count]);
                }
                1 if writes => {
                    let data: Vec<u8> = (0..length).map(|_| random.word() as u8).collect();
                    assert_eq!(file.write(&data), length as isize);
                    expected.write_all(&data).unwrap();
                }
                2 if number >= 0 => {
                    assert_eq!(file.seek(number, 0), number);
                    expected.set_position(number as u64);
                }
                3 => {
                    let to = expected.seek(SeekFrom::Current(number as i64)).unwrap_or_default();
                    assert_eq!(file.seek(number, 1), to as isize);
                    expected.set_position(to);
                }
                _ => {
                    let to = expected.seek(SeekFrom::End(number as i64)).unwrap_or_default();
                    assert_eq!(file.seek(number, 2), to as isize);
                    expected.set_position(to);
                }
            }
        }
        assert_eq!(&bytes(&stream), expected.get_ref());
    }
}

#[test]
fn threads_that_share_one_lose_nothing() {
    let stream = Arc::new(Held::output(1 << 20, 0));
    let threads: Vec<_> = (1..=4)
        .map(|name| {
            let stream = Arc::clone(&stream);
            std::thread::spawn(move || (0..1000).for_each(|_| assert_eq!(Caller(&stream).write(&[name; 16]), 16)))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let all = bytes(&stream);
    assert_eq!(all.len(), 4 * 1000 * 16);
    assert!(all.as_chunks::<16>().0.iter().all(|chunk| chunk.iter().all(|byte| byte == &chunk[0])));
}

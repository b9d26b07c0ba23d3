//! Memory that a C library reads and writes as a file, through four functions that ask nobody else.
//!
//! It behaves as Python's `io.BytesIO` behind the C2PA library's own package does, which stands in where this was not
//! built, but for two things: an input cannot be written to, and an output has a limit. Whatever the library asks for,
//! the answer is a number: nothing here panics, and memory that cannot be had is a refusal like any other.

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// What the functions answer where they refuse.
const REFUSED: isize = -1;

/// Reads into `data`: how many bytes, 0 at the end.
pub type Read = unsafe extern "C" fn(*const c_void, *mut u8, isize) -> isize;
/// Moves by an offset from the start (0), the place (1) or the end (2): the new place.
pub type Seek = unsafe extern "C" fn(*const c_void, isize, c_int) -> isize;
/// Writes all of `data`: its length.
pub type Write = unsafe extern "C" fn(*const c_void, *const u8, isize) -> isize;
/// Does nothing: 0.
pub type Flush = unsafe extern "C" fn(*const c_void) -> isize;

/// An input of type `I`, or an output. Threads may share one; the four functions get its `context`.
pub struct MemoryStream<I>(Mutex<Place<I>>);

/// `at` never exceeds `isize::MAX`.
struct Place<I> {
    content: Content<I>,
    at: usize,
}

enum Content<I> {
    Input(I),
    Output { written: Vec<u8>, limit: usize },
}

impl<I: AsRef<[u8]>> MemoryStream<I> {
    /// To be read. `bytes` gives the same slice every time.
    pub fn input(bytes: I) -> Self {
        Self(Mutex::new(Place { content: Content::Input(bytes), at: 0 }))
    }

    /// To be written and read, of `limit` bytes at most. `room`: how many there will be, roughly; a wish.
    pub fn output(limit: usize, room: usize) -> Self {
        let mut written = Vec::new();
        // Without it the first write asks again, and is refused if there is none.
        let _ = written.try_reserve_exact(room.min(limit));
        Self(Mutex::new(Place { content: Content::Output { written, limit }, at: 0 }))
    }

    /// What the functions want as their first argument, as long as this lives and stays where it is.
    pub fn context(&self) -> *const c_void {
        (&raw const *self).cast()
    }

    /// Read, seek, write and flush, for the `context` of any stream of this type.
    pub fn functions() -> (Read, Seek, Write, Flush) {
        (read::<I>, seek::<I>, write::<I>, flush::<I>)
    }

    /// Hands all bytes to `use_them`, the input's or those written so far.
    pub fn with_bytes<T>(&self, use_them: impl FnOnce(&[u8]) -> T) -> T {
        use_them(self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes())
    }
}

impl<I: AsRef<[u8]>> Place<I> {
    fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Input(bytes) => bytes.as_ref(),
            Content::Output { written, .. } => written,
        }
    }

    fn read(&mut self, length: usize) -> &[u8] {
        let from = self.at;
        let count = length.min(self.bytes().len().saturating_sub(from));
        self.at += count;
        self.bytes().get(from..from + count).unwrap_or_default()
    }

    /// Before the start there is only the start, but for an offset from there: so it is with `io.BytesIO`.
    fn seek(&mut self, offset: isize, whence: c_int) -> Option<isize> {
        let base = match whence {
            0 if offset >= 0 => 0,
            1 => self.at,
            2 => self.bytes().len(),
            _ => return None,
        };
        let to = isize::try_from(base).ok()?.checked_add(offset)?.max(0);
        self.at = to.unsigned_abs();
        Some(to)
    }

    /// Whether so many bytes may be written here.
    fn takes(&self, length: usize) -> bool {
        match &self.content {
            Content::Input(_) => false,
            Content::Output { limit, .. } => self.at.checked_add(length).is_some_and(|end| end <= *limit),
        }
    }

    /// Beyond the end the bytes between are zero.
    fn write(&mut self, data: &[u8]) -> Option<()> {
        if !self.takes(data.len()) {
            return None;
        }
        let Content::Output { written, .. } = &mut self.content else { return None };
        let end = self.at.checked_add(data.len())?;
        written.try_reserve(end.saturating_sub(written.len())).ok()?;
        if written.len() < self.at {
            written.resize(self.at, 0);
        }
        let over = written.get_mut(self.at..)?;
        let (old, new) = data.split_at_checked(over.len()).unwrap_or((data, &[]));
        over.get_mut(..old.len())?.copy_from_slice(old);
        written.extend_from_slice(new);
        self.at = end;
        Some(())
    }
}

/// Answers for the stream at `context`.
///
/// # Safety
/// `context` is null or a living stream's, of this `I`.
unsafe fn answer<I>(context: *const c_void, ask: impl FnOnce(&mut Place<I>) -> Option<isize>) -> isize {
    // SAFETY: the caller promises it, and streams are shared by reference alone.
    let Some(stream) = (unsafe { context.cast::<MemoryStream<I>>().as_ref() }) else {
        return refuse();
    };
    let asked = AssertUnwindSafe(|| ask(&mut *stream.0.lock().ok()?));
    // A panic would end the process here; there is none, and this is what holds if that is wrong.
    catch_unwind(asked).ok().flatten().unwrap_or_else(refuse)
}

/// As C functions refuse: the library asks the system what went wrong, and would ask again for ever if it found an
/// interrupted call there.
fn refuse() -> isize {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        const EIO: c_int = 5;
        unsafe extern "C" {
            #[cfg_attr(target_os = "linux", link_name = "__errno_location")]
            #[cfg_attr(target_os = "macos", link_name = "__error")]
            fn errno() -> *mut c_int;
        }
        // SAFETY: gives the address of this thread's own number, for as long as the thread lives.
        unsafe { *errno() = EIO };
    }
    REFUSED
}

/// A length that a slice can have and that is not empty: `io.BytesIO` behind the library's package refuses others.
fn some<T>(data: *const T, length: isize) -> Option<usize> {
    usize::try_from(length).ok().filter(|&length| length > 0 && !data.is_null())
}

/// # Safety
/// `context` as `MemoryStream::context` gives it. `length` bytes at `data` may be written to, and are not the stream's.
unsafe extern "C" fn read<I: AsRef<[u8]>>(context: *const c_void, data: *mut u8, length: isize) -> isize {
    let ask = |place: &mut Place<I>| {
        let found = place.read(some(data, length)?);
        // SAFETY: no longer than `length`; not a slice, since nobody said that there are values in it.
        unsafe { data.copy_from_nonoverlapping(found.as_ptr(), found.len()) };
        isize::try_from(found.len()).ok()
    };
    // SAFETY: the caller's promise.
    unsafe { answer(context, ask) }
}

/// # Safety
/// `context` as `MemoryStream::context` gives it.
unsafe extern "C" fn seek<I: AsRef<[u8]>>(context: *const c_void, offset: isize, whence: c_int) -> isize {
    // SAFETY: the caller's promise.
    unsafe { answer(context, |place: &mut Place<I>| place.seek(offset, whence)) }
}

/// # Safety
/// `context` as `MemoryStream::context` gives it. There are `length` bytes at `data`, and they are not the stream's.
unsafe extern "C" fn write<I: AsRef<[u8]>>(context: *const c_void, data: *const u8, length: isize) -> isize {
    let ask = |place: &mut Place<I>| {
        let count = some(data, length).filter(|&count| place.takes(count))?;
        // SAFETY: the caller's promise; a length that nothing can have is gone already.
        place.write(unsafe { std::slice::from_raw_parts(data, count) })?;
        Some(length)
    };
    // SAFETY: the caller's promise.
    unsafe { answer(context, ask) }
}

/// # Safety
/// `context` as `MemoryStream::context` gives it.
unsafe extern "C" fn flush<I: AsRef<[u8]>>(context: *const c_void) -> isize {
    // SAFETY: the caller's promise.
    unsafe { answer(context, |_: &mut Place<I>| Some(0)) }
}

#[cfg(test)]
mod tests;

//! How much of a PDF is taken into memory. The parser bounds each stream; the sum is bounded here.

use crate::contents::Unread;
use lopdf::{Object, ObjectId};
use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::Instant;

/// The most that one stream of objects, of places or of a font may unpack to, in bytes.
pub(super) const MOST_UNPACKED: usize = 512 * 1024;
/// The most that all values of a document may take, in bytes.
const MOST_WEIGHT: usize = 32 * 1024 * 1024;
/// The most values that stand in a file as they are.
const MOST_VALUES: usize = 600_000;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A new document is read on this thread.
pub(super) fn begin(until: Instant) {
    LEFT.set(MOST_WEIGHT);
    UNTIL.set(Some(until));
}

/// Called by the parser with every object. It has no way to end the reading but to unwind out of the parser, to where the
/// thread catches it.
#[expect(clippy::unnecessary_wraps, reason = "the parser's type of a filter")]
pub(super) fn weigh(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if UNTIL.get().is_some_and(|until| Instant::now() > until) {
        resume_unwind(Box::new(Unread::TooSlow));
    }
    match LEFT.get().checked_sub(weight(object)) {
        Some(left) => LEFT.set(left),
        None => resume_unwind(Box::new(Unread::TooLarge)),
    }
    // What is given back counts for members of object streams alone, and those are never streams.
    Some((id, if matches!(object, Object::Stream(_)) { Object::Null } else { object.clone() }))
}

/// What a value takes, what it holds included. The parser bounds how deep values nest.
fn weight(object: &Object) -> usize {
    let inner = match object {
        Object::Name(bytes) | Object::String(bytes, _) => bytes.capacity(),
        Object::Array(items) => items.iter().map(weight).sum(),
        Object::Dictionary(entries) => entries.iter().map(|(key, value)| 64 + key.capacity() + weight(value)).sum(),
        // Not unpacked, and a part of the file.
        Object::Stream(stream) => {
            stream.content.len()
                + stream.dict.iter().map(|(key, value)| 64 + key.capacity() + weight(value)).sum::<usize>()
        }
        _ => 0,
    };
    size_of::<Object>() + inner
}

/// Whether so many values seem to stand in the file as they are that they would take too much: counted by what may begin
/// one. In what is packed that is one byte in fifty.
pub(super) fn too_many_objects(bytes: &[u8]) -> bool {
    let begins = |pair: &[u8]| match pair {
        [_, b'[' | b'(' | b'<' | b'/'] => true,
        [before, after] => before.is_ascii_whitespace() && after.is_ascii_graphic(),
        _ => false,
    };
    bytes.windows(2).filter(|pair| begins(pair)).count() > MOST_VALUES
}

/// Whether the file names an encryption. What is decrypted is not weighed, so it is not read; names may be written with
/// their letters in hexadecimal.
pub(super) fn wants_password(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"Encrypt";
    let is_it = |rest: &[u8]| {
        let mut rest = rest.iter().copied();
        let mut next = || match rest.next()? {
            b'#' => {
                let digit = |b: u8| char::from(b).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()
            }
            plain => Some(plain),
        };
        let is_named = NAME.iter().all(|letter| next() == Some(*letter));
        is_named && !next().is_some_and(|b| b.is_ascii_alphanumeric())
    };
    bytes.iter().enumerate().any(|(at, byte)| *byte == b'/' && bytes.get(at + 1..).is_some_and(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_encrypted_is_known_however_it_is_written() {
        for yes in ["<</Encrypt 5 0 R>>", "/E#6ecrypt<<", "/#45#6E#63#72#79#70#74 1 0 R", "<</Root 1 0 R/Encrypt"] {
            assert!(wants_password(yes.as_bytes()), "{yes}");
        }
        for no in ["/EncryptMetadata true", "/Encryption", "Encrypt", "/Enc", "/E#zzcrypt"] {
            assert!(!wants_password(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn a_file_full_of_values_is_told_from_one_full_of_packed_bytes() {
        assert!(too_many_objects(&b"0 ".repeat(MOST_VALUES + 2)));
        assert!(too_many_objects(&b"[]".repeat(MOST_VALUES + 2)));
        let mut seed = 7_u64;
        let noise: Vec<u8> = (0..10 * 1024 * 1024)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                seed.to_be_bytes()[0]
            })
            .collect();
        assert!(!too_many_objects(&noise));
    }
}

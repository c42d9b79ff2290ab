//! PDFs: the words of their pages in the order of their places. What a file may unpack to is bounded in the parser and
//! around it, for a small file can stand for gigabytes.

mod budget;
mod content;
mod font;
mod layout;

use super::Unread;
use super::sink::{Sink, Stop};
use budget::{MOST_UNPACKED, too_many_objects, wants_password, weigh};
use content::Painter;
use lopdf::{DecompressError, Document, Error, LoadOptions};

/// The pages that are read.
const MOST_PAGES: usize = 500;

/// Gives the number of pages.
pub(super) fn read(bytes: &[u8], sink: &mut Sink) -> Result<usize, Stop> {
    if wants_password(bytes) {
        return Err(Unread::Encrypted.into());
    }
    if too_many_objects(bytes) {
        return Err(Unread::TooLarge.into());
    }
    budget::begin(sink.until());
    let options =
        LoadOptions { filter: Some(weigh), max_decompressed_size: Some(MOST_UNPACKED), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| unread(&error))?;
    let pages = document.get_pages();
    if pages.is_empty() {
        return Err(Unread::Damaged.into());
    }
    let mut painter = Painter::of(&document);
    for (number, page) in pages.values().take(MOST_PAGES).enumerate() {
        if number > 0 {
            sink.push("\n\n")?;
        }
        painter.paint(*page, sink)?;
    }
    if pages.len() > MOST_PAGES { Err(Stop::Full) } else { Ok(pages.len()) }
}

fn unread(error: &Error) -> Unread {
    match error {
        Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => Unread::TooLarge,
        Error::Decryption(_) | Error::InvalidPassword => Unread::Encrypted,
        _ => Unread::Damaged,
    }
}

#[cfg(test)]
mod tests;

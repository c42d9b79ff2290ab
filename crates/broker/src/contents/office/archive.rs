//! The parts of an archive, each and all bounded by what they really unpack to: what an archive says of itself is not
//! believed.

use crate::contents::Unread;
use crate::contents::sink::Stop;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use zip::ZipArchive;

/// The most that the parts of one document may unpack to, in bytes.
const MOST_UNPACKED: usize = 24 * 1024 * 1024;
/// The longest list of shared texts.
const MOST_LISTED: u64 = 1_000_000;
/// The most parts of one kind that are read.
const MOST_PARTS: usize = 300;

/// An archive whose parts are read one after the other.
pub(in crate::contents) struct Archive<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: Cell<usize>,
}

impl<'a> Archive<'a> {
    pub(in crate::contents) fn open(bytes: &'a [u8]) -> Result<Self, Unread> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unread::Damaged)?;
        Ok(Self { archive, left: Cell::new(MOST_UNPACKED) })
    }

    /// The names of parts that begin and end so, by the number in them.
    pub(in crate::contents) fn names(&self, stem: &str, end: &str) -> Vec<String> {
        let number = |name: &str| name.strip_prefix(stem)?.strip_suffix(end)?.parse::<u32>().ok();
        let is_one = |name: &String| name.starts_with(stem) && name.ends_with(end);
        let all = self.archive.file_names().filter_map(Result::ok).map(Cow::into_owned);
        let mut names: Vec<String> = all.filter(is_one).take(MOST_PARTS).collect();
        names.sort_by_key(|name| (number(name), name.clone()));
        names
    }

    /// Reads one part.
    pub(in crate::contents) fn part(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut dyn BufRead) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let part = self.archive.by_name(name).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => Unread::Encrypted,
            _ => Unread::Damaged,
        })?;
        read(&mut BufReader::new(Bounded { part, left: &self.left }))
    }

    /// Unpacks every part but pictures once and throws it away, to know what a reader that bounds nothing would meet.
    /// `least` gets less room: the name's end, and the most in bytes.
    pub(in crate::contents) fn weigh(&mut self, least: (&str, usize)) -> Result<(), Unread> {
        for index in 0..self.archive.len() {
            let Ok(part) = self.archive.by_index(index) else { continue };
            let name = part.name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
            if name.contains("/media/") {
                continue;
            }
            let before = self.left.get();
            let mut bounded = Bounded { part, left: &self.left };
            let is_least = name.ends_with(least.0);
            if is_least && announces_too_much(&mut BufReader::new(&mut bounded)) {
                return Err(Unread::TooLarge);
            }
            if let Err(error) = io::copy(&mut bounded, &mut io::sink()) {
                return Err(if is_too_large(&error) { Unread::TooLarge } else { Unread::Damaged });
            }
            if is_least && before - self.left.get() > least.1 {
                return Err(Unread::TooLarge);
            }
        }
        Ok(())
    }
}

/// Whether a list says of itself that it is longer than any that is read. Room is made for what it says.
fn announces_too_much(list: &mut dyn BufRead) -> bool {
    let mut reader = Reader::from_reader(list);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let mut attributes = tag.attributes();
                attributes.with_checks(false);
                let is_more = |value: &str| value.trim().parse::<u64>().is_ok_and(|count| count > MOST_LISTED);
                let is_long = attributes.flatten().any(|attribute| is_more(&attribute.value));
                if is_long || tag.local_name().as_ref() == "sst" {
                    return is_long;
                }
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// A part that ends with an error where the document has unpacked to too much.
struct Bounded<'a, R> {
    part: R,
    left: &'a Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.part.read(buffer)?;
        let left = self.left.get().checked_sub(count).ok_or(io::ErrorKind::FileTooLarge)?;
        self.left.set(left);
        Ok(count)
    }
}

/// Whether reading ended because there was too much.
pub(super) fn is_too_large(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}

//! Office documents: archives of XML. What their parts unpack to is bounded, and XML is read as it comes, so that nothing
//! of it is kept.

mod archive;

pub(super) use archive::Archive;

use super::Unread;
use super::sink::{Sink, Stop};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::BufRead;

/// Parts of a Word document beside its text, in the order in which they are read.
const BESIDE: [&str; 5] = ["word/header", "word/footer", "word/footnotes", "word/endnotes", "word/comments"];

/// A text of Word.
pub(super) fn document(bytes: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    let mut archive = Archive::open(bytes)?;
    archive.part("word/document.xml", |xml| walk(xml, Words::Office, sink))?;
    for stem in BESIDE {
        for name in archive.names(stem, ".xml") {
            sink.line()?;
            archive.part(&name, |xml| walk(xml, Words::Office, sink))?;
        }
    }
    Ok(())
}

/// Slides of PowerPoint; gives their number.
pub(super) fn slides(bytes: &[u8], sink: &mut Sink) -> Result<usize, Stop> {
    let mut archive = Archive::open(bytes)?;
    let names = archive.names("ppt/slides/slide", ".xml");
    if names.is_empty() {
        return Err(Unread::Damaged.into());
    }
    for (index, name) in names.iter().enumerate() {
        sink.line()?;
        sink.push(&format!("{}# Slide {}\n", if index > 0 { "\n" } else { "" }, index + 1))?;
        archive.part(name, |xml| walk(xml, Words::Office, sink))?;
    }
    Ok(names.len())
}

/// A text, sheet or presentation of OpenDocument.
pub(super) fn open_document(bytes: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    Archive::open(bytes)?.part("content.xml", |xml| walk(xml, Words::Open, sink))
}

/// Where words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// In elements `t`, as Word and PowerPoint have it.
    Office,
    /// In paragraphs and headings.
    Open,
}

/// What is not a part of the text: words that were deleted, and the same words once more for old programs.
const SILENT: [&str; 3] = ["Fallback", "tracked-changes", "annotation"];

/// Where in the tree the reading is.
#[derive(Default)]
struct Place {
    silent: usize,
    words: usize,
    runs: usize,
    cells: usize,
}

fn walk(xml: &mut dyn BufRead, words: Words, sink: &mut Sink) -> Result<(), Stop> {
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut place = Place::default();
    loop {
        sink.step()?;
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| unread(&error))? {
            Event::Start(tag) => start(&tag, words, &mut place, sink)?,
            Event::Empty(tag) => mark(&tag, words, &place, sink)?,
            Event::End(tag) => end(tag.local_name().as_ref(), words, &mut place, sink)?,
            Event::Text(text) if place.speaks() => sink.push(&text.into_inner())?,
            Event::CData(text) if place.speaks() => sink.push(&text.into_inner())?,
            Event::GeneralRef(entity) if place.speaks() => {
                if let Some(c) = character(&entity) {
                    sink.push(c.encode_utf8(&mut [0; 4]))?;
                }
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

impl Place {
    const fn speaks(&self) -> bool {
        self.silent == 0 && self.words > 0
    }
}

fn start(tag: &BytesStart<'_>, words: Words, place: &mut Place, sink: &mut Sink) -> Result<(), Stop> {
    let name = tag.local_name();
    let name = name.as_ref();
    if place.silent > 0 || SILENT.contains(&name) {
        place.silent += 1;
        return Ok(());
    }
    match (words, name) {
        (Words::Office, "t") | (Words::Open, "p" | "h") => place.words += 1,
        (Words::Office, "r") => place.runs += 1,
        (Words::Office, "tc") | (Words::Open, "table-cell" | "covered-table-cell") => {
            place.cells += 1;
            sink.cell()?;
        }
        (Words::Open, "table") => {
            if let Some(name) = named(tag) {
                sink.line()?;
                sink.push(&format!("# {name}\n"))?;
            }
        }
        _ => mark(tag, words, place, sink)?,
    }
    Ok(())
}

/// Elements that stand for a character.
fn mark(tag: &BytesStart<'_>, words: Words, place: &Place, sink: &mut Sink) -> Result<(), Stop> {
    if place.silent > 0 {
        return Ok(());
    }
    match (words, tag.local_name().as_ref()) {
        (Words::Office, "tab") if place.runs > 0 => sink.push("\t"),
        (Words::Office, "br" | "cr") => sink.push("\n"),
        (Words::Open, "tab") if place.words > 0 => sink.push("\t"),
        (Words::Open, "s") if place.words > 0 => sink.push(" "),
        (Words::Open, "line-break") if place.words > 0 => sink.push("\n"),
        (Words::Open, "table-cell" | "covered-table-cell") => sink.cell(),
        _ => Ok(()),
    }
}

fn end(name: &str, words: Words, place: &mut Place, sink: &mut Sink) -> Result<(), Stop> {
    if place.silent > 0 {
        place.silent -= 1;
        return Ok(());
    }
    let less = |count: &mut usize| *count = count.saturating_sub(1);
    match (words, name) {
        (Words::Office, "t") => less(&mut place.words),
        (Words::Office, "r") => less(&mut place.runs),
        (Words::Office, "tc") | (Words::Open, "table-cell" | "covered-table-cell") => less(&mut place.cells),
        (_, "tr" | "table-row") => sink.line()?,
        (_, "p" | "h") => {
            if words == Words::Open {
                less(&mut place.words);
            }
            // Paragraphs of one cell stay in its line.
            if place.cells > 0 { sink.words(" ")? } else { sink.line()? }
        }
        _ => {}
    }
    Ok(())
}

fn named(tag: &BytesStart<'_>) -> Option<String> {
    let name = tag.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == "name")?;
    Some(super::one_line(name.value.as_ref(), 80))
}

/// A character by its number, or one of the five that XML names. A document cannot name others.
fn character(entity: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = entity.resolve_char_ref() {
        return Some(c);
    }
    match entity.xml10_content().as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn unread(error: &quick_xml::Error) -> Stop {
    match error {
        quick_xml::Error::Io(error) if archive::is_too_large(error) => Unread::TooLarge.into(),
        _ => Unread::Damaged.into(),
    }
}

#[cfg(test)]
pub(in crate::contents) mod tests;

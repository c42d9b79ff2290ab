//! What a file is, by its first bytes.

use std::io::Cursor;
use zip::ZipArchive;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// PDF.
    Pdf,
    /// A text of Word (`docx`).
    Document,
    /// Slides of PowerPoint (`pptx`).
    Slides,
    /// A workbook of Excel (`xlsx`, `xlsm`).
    Sheet,
    /// A text, sheet or presentation of OpenDocument.
    OpenDocument,
    /// A web page.
    Page,
    /// Anything that is text: CSV, JSON, XML, mail, source.
    Text,
    /// A picture that MCP can show, with its type.
    Picture(&'static str),
    /// Another archive.
    Archive,
    /// Anything else.
    Other,
}

impl Kind {
    /// One word for the agent.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Document => "docx",
            Self::Slides => "pptx",
            Self::Sheet => "xlsx",
            Self::OpenDocument => "opendocument",
            Self::Page => "html",
            Self::Text => "text",
            Self::Picture(_) => "image",
            Self::Archive => "archive",
            Self::Other => "binary",
        }
    }

    /// What people call it.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Pdf => "PDF file",
            Self::Document => "Word document",
            Self::Slides => "PowerPoint presentation",
            Self::Sheet => "Excel workbook",
            Self::OpenDocument => "OpenDocument file",
            Self::Page => "web page",
            Self::Text => "text file",
            Self::Picture(mime) => match mime.as_bytes() {
                b"image/png" => "PNG image",
                b"image/jpeg" => "JPEG image",
                b"image/gif" => "GIF image",
                _ => "WebP image",
            },
            Self::Archive => "archive",
            Self::Other => "file",
        }
    }
}

/// What a file is by what it holds; `declared` is Odoo's MIME type, which anybody may have set.
pub(crate) fn kind_of(bytes: &[u8], declared: &str) -> Kind {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    // Readers take a PDF whose header does not stand quite at the beginning.
    if head.windows(5).any(|five| five == b"%PDF-") {
        return Kind::Pdf;
    }
    if let Some(kind) = picture(head) {
        return kind;
    }
    if head.starts_with(b"PK\x03\x04") {
        return packed(bytes);
    }
    if !is_text(bytes, declared) {
        return Kind::Other;
    }
    if is_page(head, declared) { Kind::Page } else { Kind::Text }
}

fn picture(head: &[u8]) -> Option<Kind> {
    let mime = if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if head.starts_with(b"\xff\xd8\xff") {
        "image/jpeg"
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        "image/gif"
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        "image/webp"
    } else {
        return None;
    };
    Some(Kind::Picture(mime))
}

fn packed(bytes: &[u8]) -> Kind {
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else { return Kind::Archive };
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/document.xml") {
        Kind::Document
    } else if has("ppt/presentation.xml") {
        Kind::Slides
    } else if has("xl/workbook.xml") {
        Kind::Sheet
    } else if has("content.xml") && has("mimetype") {
        Kind::OpenDocument
    } else {
        Kind::Archive
    }
}

fn is_text(bytes: &[u8], declared: &str) -> bool {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return true;
    }
    let sample = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let strange = sample.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace()).count();
    if sample.contains(&0) || strange * 50 > sample.len() {
        return false;
    }
    // Cut in the middle of a character, perhaps.
    let is_utf8 = std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 || declared.starts_with("text/") || declared.ends_with("json") || declared.ends_with("xml")
}

fn is_page(head: &[u8], declared: &str) -> bool {
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    text.starts_with("<!doctype html")
        || text.starts_with("<html")
        || declared.starts_with("text/html") && text.contains('<')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_what_a_file_is_and_its_declared_type_does_not() {
        for (bytes, declared, kind) in [
            (&b"%PDF-1.4\n"[..], "image/png", Kind::Pdf),
            (b"\n\n%PDF-1.4\n", "text/plain", Kind::Pdf),
            (b"\x89PNG\r\n\x1a\n....", "application/pdf", Kind::Picture("image/png")),
            (b"\xff\xd8\xff\xe0", "text/plain", Kind::Picture("image/jpeg")),
            (b"GIF89a..", "text/html", Kind::Picture("image/gif")),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "", Kind::Picture("image/webp")),
            (b"RIFF\x01\x02\x03\x04WAVEfmt\0", "image/webp", Kind::Other),
            (b"PK\x03\x04 and no archive", "application/vnd.openxmlformats", Kind::Archive),
            (b"MZ\x90\0\x03\0", "text/plain", Kind::Other),
            (b"a;b\n1;2\n", "application/octet-stream", Kind::Text),
            (b"caf\xe9 cr\xe8me", "text/csv", Kind::Text),
            (b"caf\xe9 cr\xe8me", "application/octet-stream", Kind::Other),
            (b"<!DOCTYPE html><p>x", "text/plain", Kind::Page),
            (b"<p>x</p>", "text/html", Kind::Page),
            (b"<?xml version=\"1.0\"?><svg/>", "image/svg+xml", Kind::Text),
            (b"\xff\xfea\0b\0", "", Kind::Text),
            (b"", "text/plain", Kind::Text),
        ] {
            assert_eq!(kind_of(bytes, declared), kind, "{:?} {declared}", String::from_utf8_lossy(bytes));
        }
    }
}

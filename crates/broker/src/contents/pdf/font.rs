//! What the codes of a font say, and how wide they are.

use super::budget::MOST_UNPACKED;
use lopdf::{Dictionary, Document, Encoding, Object};
use std::collections::BTreeMap;

/// The most widths that are read of a font.
const MOST_WIDTHS: usize = 65_536;

/// A font of a document.
pub(super) struct Font {
    /// From codes to text, as far as the file tells.
    words: BTreeMap<u16, String>,
    /// Two bytes a code, not one.
    is_wide: bool,
    /// By code, in thousandths of the font's size.
    widths: BTreeMap<u16, f32>,
    /// Of every other code.
    usual: f32,
}

impl Font {
    pub(super) fn of(dictionary: &Dictionary, document: &Document) -> Self {
        let is_wide = dictionary.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Type0");
        let (widths, usual) =
            if is_wide { wide_widths(dictionary, document) } else { (simple_widths(dictionary, document), 500.0) };
        Self { words: words(dictionary, document, is_wide), is_wide, widths, usual }
    }

    /// The codes of a shown string.
    pub(super) fn codes<'a>(&self, shown: &'a [u8]) -> impl Iterator<Item = u16> + use<'a> {
        let size = if self.is_wide { 2 } else { 1 };
        shown.chunks(size).map(|code| code.iter().fold(0, |all, byte| all << 8 | u16::from(*byte)))
    }

    /// What a code says.
    pub(super) fn word(&self, code: u16) -> Option<&str> {
        self.words.get(&code).map(String::as_str)
    }

    /// How wide a code is, in parts of the font's size.
    pub(super) fn width(&self, code: u16) -> f32 {
        self.widths.get(&code).copied().unwrap_or(self.usual) / 1000.0
    }

    /// Whether a code is the space that word spacing widens.
    pub(super) const fn is_space(&self, code: u16) -> bool {
        !self.is_wide && code == 32
    }
}

/// Every code of the font with its text. What the font says for searching and copying comes first.
fn words(dictionary: &Dictionary, document: &Document, is_wide: bool) -> BTreeMap<u16, String> {
    let mut told = BTreeMap::new();
    let own = |font: &Dictionary, told: &mut BTreeMap<u16, String>| {
        // What cannot be read of a font ends in the standard encoding, which is one of single bytes.
        if let Ok(encoding) = font.get_font_encoding_with_limit(document, MOST_UNPACKED)
            && !(is_wide && matches!(encoding, Encoding::OneByteEncoding(_)))
        {
            add(told, &encoding, is_wide);
        }
    };
    own(dictionary, &mut told);
    if !is_wide && dictionary.has(b"ToUnicode") {
        let mut mapped = dictionary.clone();
        mapped.remove(b"Encoding");
        if let Ok(encoding @ Encoding::UnicodeMapEncoding(_)) =
            mapped.get_font_encoding_with_limit(document, MOST_UNPACKED)
        {
            add(&mut told, &encoding, is_wide);
        }
    }
    told
}

fn add(told: &mut BTreeMap<u16, String>, encoding: &Encoding<'_>, is_wide: bool) {
    for code in 0..=if is_wide { u16::MAX } else { u16::from(u8::MAX) } {
        let bytes = code.to_be_bytes();
        let bytes = if is_wide { &bytes[..] } else { &bytes[1..] };
        let Ok(text) = encoding.bytes_to_string(bytes) else { continue };
        if !text.is_empty() && text.len() <= 32 && !text.contains(['\u{fffd}', '\0']) {
            told.insert(code, text);
        }
    }
}

fn simple_widths(dictionary: &Dictionary, document: &Document) -> BTreeMap<u16, f32> {
    let first = dictionary.get_deref(b"FirstChar", document).and_then(Object::as_i64).unwrap_or(0);
    let Ok(widths) = dictionary.get_deref(b"Widths", document).and_then(Object::as_array) else {
        return BTreeMap::new();
    };
    let code = |index: usize| u16::try_from(first.checked_add(i64::try_from(index).ok()?)?).ok();
    let one = |(index, width): (usize, &Object)| Some((code(index)?, width.as_float().ok()?));
    widths.iter().take(256).enumerate().filter_map(one).collect()
}

fn wide_widths(dictionary: &Dictionary, document: &Document) -> (BTreeMap<u16, f32>, f32) {
    let mut widths = BTreeMap::new();
    let descendant = dictionary.get_deref(b"DescendantFonts", document).and_then(Object::as_array);
    let descendant = descendant.ok().and_then(|fonts| document.dereference(fonts.first()?).ok());
    let Some(descendant) = descendant.and_then(|(_, font)| font.as_dict().ok()) else { return (widths, 1000.0) };
    let usual = descendant.get_deref(b"DW", document).and_then(Object::as_float).unwrap_or(1000.0);
    let Ok(table) = descendant.get_deref(b"W", document).and_then(Object::as_array) else { return (widths, usual) };
    let code = |object: &Object| object.as_i64().ok().and_then(|code| u16::try_from(code).ok());
    let mut rest = table.as_slice();
    // Either `first [w w w]` or `first last w`.
    while let [first, second, after @ ..] = rest {
        let Some(first) = code(first) else { break };
        if let Ok(each) = second.as_array() {
            for (code, width) in (first..=u16::MAX).zip(each) {
                widths.insert(code, width.as_float().unwrap_or(usual));
            }
            rest = after;
        } else if let ([width, after @ ..], Some(last)) = (after, code(second)) {
            for code in first..=last {
                widths.insert(code, width.as_float().unwrap_or(usual));
            }
            rest = after;
        } else {
            break;
        }
        if widths.len() >= MOST_WIDTHS {
            break;
        }
    }
    (widths, usual)
}

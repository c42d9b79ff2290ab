//! Files that are text.

use super::sink::{Sink, Stop};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// UTF-8, what a byte order mark says, or else what Western spreadsheets write.
pub(super) fn read(bytes: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    let marked = Encoding::for_bom(bytes).is_some();
    let (text, _, is_flawed) = UTF_8.decode(bytes);
    if is_flawed && !marked {
        return sink.push(&WINDOWS_1252.decode(bytes).0);
    }
    sink.push(&text)
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, text_of};

    #[test]
    fn text_is_read_in_the_encoding_that_it_is_in() {
        for (bytes, text) in [
            (&b"Name;Ort\r\nM\xc3\xbcller;K\xc3\xb6ln\r\n"[..], "Name;Ort\nMüller;Köln"),
            (b"M\xfcller;K\xf6ln \x80", "Müller;Köln €"),
            (b"\xef\xbb\xbfabc", "abc"),
            (b"\xff\xfea\0\xe9\0", "aé"),
        ] {
            assert_eq!(text_of(Kind::Text, bytes).unwrap().words, text);
        }
    }
}

use super::super::{Kind, Text, Unread, kind::kind_of, text_of, text_within};
use std::io::Write as _;
use std::time::Duration;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive of these parts.
pub(in crate::contents) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Result<Text, Unread> {
    text_of(kind_of(bytes, ""), bytes)
}

/// The same on a machine that has other things to do: what ends it is the file, not the time.
fn read_at_leisure(bytes: &[u8]) -> Result<Text, Unread> {
    text_within(kind_of(bytes, ""), bytes, Duration::from_mins(2))
}

fn word(body: &str) -> Vec<u8> {
    let xml = format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    archive(&[("word/document.xml", xml.as_bytes())])
}

#[test]
fn a_text_of_word_is_its_paragraphs_and_cells() {
    let body = "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:r><w:t>Offer &amp; </w:t></w:r><w:r><w:t xml:space=\"preserve\">terms</w:t>\
                <w:tab/><w:t>2026</w:t></w:r></w:p><w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:t>new&#x20AC;</w:t><w:br/><w:t>line</w:t></w:r></w:p>\
                <w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p><w:p><w:r><w:t>B</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>C</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let file = word(body);
    assert_eq!(kind_of(&file, "image/png"), Kind::Document);
    assert_eq!(read(&file).unwrap().words, "Offer & terms\t2026\nnew€\nline\nA B\tC");
}

#[test]
fn slides_are_told_apart_and_stand_in_their_order() {
    let slide = |text: &str| format!("<p:sld><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>").into_bytes();
    let (one, two, ten) = (slide("one"), slide("two"), slide("ten"));
    let file = archive(&[
        ("ppt/presentation.xml", b"<x/>"),
        ("ppt/slides/slide10.xml", &ten),
        ("ppt/slides/slide2.xml", &two),
        ("ppt/slides/slide1.xml", &one),
    ]);
    let read = read(&file).unwrap();
    assert_eq!((read.words.as_str(), read.pages), ("# Slide 1\none\n\n# Slide 2\ntwo\n\n# Slide 3\nten", Some(3)));
}

#[test]
fn open_documents_are_read_without_what_was_deleted() {
    let xml = "<office:document-content><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>\
               <text:h>Title</text:h><text:p>a<text:s/>b<text:tab/>c<text:line-break/>d <text:span>e</text:span></text:p>\
               <table:table table:name=\"Prices\"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>\
               <table:table-cell table:number-columns-repeated=\"1000000\"/><table:table-cell><text:p>y</text:p></table:table-cell>\
               </table:table-row></table:table></office:document-content>";
    let file = archive(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", xml.as_bytes())]);
    assert_eq!(read(&file).unwrap().words, "Title\na b\tc\nd e\n# Prices\nx\ty");
}

#[test]
fn a_bomb_gets_no_room_whatever_it_says_of_its_size() {
    let bomb = word(&"<w:p><w:r><w:t>x</w:t></w:r></w:p>".repeat(1_000_000));
    assert!(bomb.len() < 400_000, "{}", bomb.len());
    let read_of = read(&bomb).unwrap();
    assert!(read_of.is_cut && read_of.words.len() < 3_000_000);
    let silent = word(&"<w:p>   </w:p>".repeat(2_500_000));
    assert_eq!(read_at_leisure(&silent), Err(Unread::TooLarge));
    let one_text = word(&format!("<w:t>{}</w:t>", "y".repeat(30_000_000)));
    assert_eq!(read_at_leisure(&one_text), Err(Unread::TooLarge));
}

#[test]
fn xml_that_nests_names_entities_or_is_broken_does_no_harm() {
    let nested = word(&"<w:p>".repeat(200_000));
    assert!(read(&nested).is_err_and(|why| why == Unread::Damaged) || read(&nested).is_ok());
    let entity = archive(&[(
        "word/document.xml",
        b"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><x><t>1&a;&b;2</t></x>",
    )]);
    assert_eq!(read(&entity).unwrap().words, "12");
    assert_eq!(read(&archive(&[("word/document.xml", b"<a><b></a>")])), Err(Unread::Damaged));
    let whole = word("<w:p><w:r><w:t>abc</w:t></w:r></w:p>");
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x21;
        drop(read(&changed));
        drop(read(&whole[..at]));
    }
}

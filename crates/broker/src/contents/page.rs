//! Web pages: their text, without what only a browser looks at.

use super::plain;
use super::sink::{Sink, Stop};
use html5gum::{Token, Tokenizer};

/// Between these nothing is text.
const SILENT: [&[u8]; 6] = [b"script", b"style", b"head", b"template", b"noscript", b"svg"];
/// These begin a line.
const BLOCKS: [&[u8]; 25] = [
    b"p",
    b"div",
    b"br",
    b"tr",
    b"li",
    b"ul",
    b"ol",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"table",
    b"section",
    b"article",
    b"header",
    b"footer",
    b"address",
    b"blockquote",
    b"pre",
    b"hr",
    b"dt",
    b"dd",
    b"main",
];

pub(super) fn read(bytes: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    let mut page = Sink::within(sink.until().saturating_duration_since(std::time::Instant::now()));
    plain::read(bytes, &mut page)?;
    let source = page.finish(Ok(None))?.text;
    let mut silent: Option<Vec<u8>> = None;
    for Ok(token) in Tokenizer::new(&source) {
        sink.step()?;
        match token {
            // A head ends without saying so.
            Token::StartTag(tag) if silent.as_deref() == Some(b"head") && *tag.name == *b"body" => silent = None,
            Token::StartTag(tag) if silent.is_none() => {
                let name: &[u8] = &tag.name;
                if SILENT.contains(&name) && !tag.self_closing {
                    silent = Some(name.to_vec());
                } else if BLOCKS.contains(&name) {
                    sink.line()?;
                } else if matches!(name, b"td" | b"th") {
                    sink.cell()?;
                }
            }
            Token::EndTag(tag) => {
                let name: &[u8] = &tag.name;
                if silent.as_deref() == Some(name) {
                    silent = None;
                } else if silent.is_none() && BLOCKS.contains(&name) {
                    sink.line()?;
                }
            }
            Token::String(text) if silent.is_none() => {
                sink.words(&String::from_utf8_lossy(&text))?;
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, text_of};

    fn text(page: &str) -> String {
        text_of(Kind::Page, page.as_bytes()).unwrap().text
    }

    #[test]
    fn a_page_is_its_words_in_lines_and_cells() {
        let page = "<!DOCTYPE html><html><head><title>no</title><style>p{}</style></head><body><h1>Order&nbsp;S1</h1>\
                    <table><tr><th>Item</th><th>Price</th></tr><tr><td>Chair</td><td>&euro;&#32;3 &lt; 4</td></tr></table>\
                    <script>alert('<p>no</p>')</script><p>Thank\n   you<br/>Anna</p><!-- no --></body></html>";
        assert_eq!(text(page), "Order S1\nItem\tPrice\nChair\t€ 3 < 4\nThank you\nAnna");
    }

    #[test]
    fn a_page_that_never_ends_what_it_began_is_still_read() {
        assert_eq!(text("<p>a<script>b"), "a");
        assert_eq!(text(&"<div><b>".repeat(50_000)), "");
        assert_eq!(text("<html><head><title>no<body>yes"), "yes");
        assert_eq!(text("<p>a <b>b</b>c &unknown; &#xFFFFFFFF;"), "a bc &unknown; \u{fffd}");
    }
}

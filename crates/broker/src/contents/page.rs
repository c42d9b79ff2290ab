//! Web pages: their text, without what only a browser looks at.

use super::plain;
use super::sink::{Sink, Stop};
use crate::html::{Piece, pieces};

pub(super) fn read(bytes: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    let mut page = Sink::within(sink.until().saturating_duration_since(std::time::Instant::now()));
    plain::read(bytes, &mut page)?;
    let source = page.finish(Ok(None))?.words;
    pieces(&source, |piece| match piece {
        Piece::Line => sink.line(),
        Piece::Entry => sink.line().and_then(|()| sink.push("- ")),
        Piece::Cell => sink.cell(),
        Piece::Words(words) => sink.words(words),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, text_of};

    fn text(page: &str) -> String {
        text_of(Kind::Page, page.as_bytes()).unwrap().words
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

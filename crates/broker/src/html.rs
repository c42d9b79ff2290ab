//! HTML as what stands in it for a reader: words, lines, list entries, cells. What only a browser looks at is left out.

use html5gum::{Token, Tokenizer};

/// What a reader meets on the way through a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A block begins or ends.
    Line,
    /// An entry of a list begins.
    Entry,
    /// A cell of a table begins or ends.
    Cell,
    /// Running text; any white space in it counts as one space.
    Words(&'a str),
}

/// Between these nothing is text.
const HIDDEN: [&[u8]; 7] = [b"script", b"style", b"head", b"title", b"template", b"noscript", b"svg"];

/// Goes through a page from its beginning, however broken it is, until it ends or `take` does not go on.
pub(crate) fn pieces<E>(html: &str, mut take: impl FnMut(Piece<'_>) -> Result<(), E>) -> Result<(), E> {
    let mut hidden: Option<&[u8]> = None;
    for Ok(token) in Tokenizer::new(html) {
        match token {
            // A head ends without saying so.
            Token::StartTag(tag) if hidden == Some(b"head") && *tag.name == *b"body" => hidden = None,
            Token::StartTag(tag) if hidden.is_none() => {
                hidden = HIDDEN.into_iter().find(|name| *name == &**tag.name && !tag.self_closing);
                match &**tag.name {
                    b"li" => take(Piece::Entry)?,
                    name => of_tag(name).map_or(Ok(()), &mut take)?,
                }
            }
            Token::EndTag(tag) if hidden == Some(&**tag.name) => hidden = None,
            Token::EndTag(tag) if hidden.is_none() => of_tag(&tag.name).map_or(Ok(()), &mut take)?,
            Token::String(text) if hidden.is_none() => take(Piece::Words(&String::from_utf8_lossy(&text)))?,
            _ => {}
        }
    }
    Ok(())
}

fn of_tag(name: &[u8]) -> Option<Piece<'static>> {
    match name {
        b"td" | b"th" => Some(Piece::Cell),
        b"p" | b"div" | b"br" | b"hr" | b"tr" | b"li" | b"ul" | b"ol" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5"
        | b"h6" | b"table" | b"section" | b"article" | b"header" | b"footer" | b"main" | b"address" | b"blockquote"
        | b"pre" | b"dl" | b"dt" | b"dd" => Some(Piece::Line),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(html: &str) -> Vec<String> {
        let mut told = Vec::new();
        let never: Result<(), ()> = pieces(html, |piece| {
            told.push(match piece {
                Piece::Words(words) => words.to_owned(),
                other => format!("{other:?}"),
            });
            Ok(())
        });
        never.unwrap();
        told
    }

    #[test]
    fn a_page_is_lines_entries_cells_and_words() {
        assert_eq!(all("<p>a <b>b</b></p>"), ["Line", "a ", "b", "Line"]);
        assert_eq!(all("<li>x</li>"), ["Entry", "x", "Line"]);
        assert_eq!(all("<td>1<th>2"), ["Cell", "1", "Cell", "2"]);
    }

    #[test]
    fn what_only_a_browser_looks_at_is_left_out() {
        assert_eq!(all("<head><title>no<body>yes"), ["yes"]);
        assert_eq!(all("<script>if (a<b) f('<p>')</script>x<style/>y"), ["x", "y"]);
        assert_eq!(all("a<svg><p>no</p></svg><!-- no -->b"), ["a", "b"]);
    }

    #[test]
    fn whoever_has_enough_is_given_no_more() {
        let mut given = 0;
        let end = pieces("<p>a</p><p>b</p>", |_| {
            given += 1;
            if given == 2 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((end, given), (Err("enough"), 2));
    }
}

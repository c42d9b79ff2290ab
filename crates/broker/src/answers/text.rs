//! Long texts and HTML, as an agent reads them.

use crate::html::{Piece, pieces};
use std::convert::Infallible;

/// The longest HTML that is turned into text, in bytes; the rest of a longer one is left out.
const MOST_HTML: usize = 1024 * 1024;

/// A piece of a text: from the character `from`, at most `longest` characters. Where more follows, the piece says so at its
/// end.
pub(super) fn piece(text: &str, from: usize, longest: usize) -> (String, bool) {
    // No text has more characters than bytes.
    if from == 0 && text.len() <= longest {
        return (text.to_owned(), false);
    }
    let rest = text.char_indices().nth(from).map_or("", |(at, _)| text.get(at..).unwrap_or_default());
    let Some((end, _)) = rest.char_indices().nth(longest) else { return (rest.to_owned(), false) };
    let (shown, more) = rest.split_at(end);
    (format!("{shown}… [{} more characters]", more.chars().count()), true)
}

/// The text of HTML: a line for each block and list entry, cells beside each other, the text of links.
pub(super) fn of_html(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.trim().to_owned();
    }
    let mut end = html.len().min(MOST_HTML);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let mut lines = Lines::default();
    let Ok(()) = pieces::<Infallible>(html.get(..end).unwrap_or_default(), |piece| {
        lines.take(piece);
        Ok(())
    });
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
    /// White space that is written once something follows it.
    gap: Gap,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Cell,
    Line,
}

impl Lines {
    fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Line => self.apart(Gap::Line),
            Piece::Entry => {
                self.apart(Gap::Line);
                self.write("- ");
            }
            Piece::Cell => self.apart(Gap::Cell),
            Piece::Words(words) => self.write(words),
        }
    }

    fn apart(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn write(&mut self, text: &str) {
        for (index, word) in text.split(char::is_whitespace).enumerate() {
            if index > 0 {
                self.apart(Gap::Space);
            }
            if word.is_empty() {
                continue;
            }
            if !self.text.is_empty() {
                match self.gap {
                    Gap::None => {}
                    Gap::Space => self.text.push(' '),
                    Gap::Cell => self.text.push_str(" | "),
                    Gap::Line => self.text.push('\n'),
                }
            }
            self.gap = Gap::None;
            self.text.push_str(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_reads_as_its_text() {
        for (html, text) in [
            ("plain", "plain"),
            ("a < b", "a < b"),
            ("<p>Hello&nbsp;<b>you</b>,</p><p>it&#39;s <a href=\"https://x\">here</a>.</p>", "Hello you,\nit's here."),
            ("<ul><li>one</li><li> two </li></ul>end", "- one\n- two\nend"),
            ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 | 2\n3"),
            ("<style>p{}</style><script>if (a<b) alert('<p>')</script>x<br/>y", "x\ny"),
            ("<div><div><p></p></div></div>", ""),
            ("a<b", "a"),
            ("<p>Tom &amp; Jerry &lt;3</p>", "Tom & Jerry <3"),
        ] {
            assert_eq!(of_html(html), text, "{html}");
        }
    }

    #[test]
    fn deep_and_large_html_costs_little() {
        let deep = "<div>".repeat(200_000) + "x";
        assert_eq!(of_html(&deep), "x");
        let large = format!("<p>{}</p>", "ü".repeat(2_000_000));
        assert!(of_html(&large).len() <= MOST_HTML);
    }

    #[test]
    fn a_piece_of_a_text_says_what_is_left() {
        assert_eq!(piece("äöü", 0, 3), ("äöü".to_owned(), false));
        assert_eq!(piece("äöü", 0, 2), ("äö… [1 more characters]".to_owned(), true));
        assert_eq!(piece("äöü", 2, 2), ("ü".to_owned(), false));
        assert_eq!(piece("äöü", 9, 2), (String::new(), false));
    }
}

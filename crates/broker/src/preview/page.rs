//! HTML as a person reads it before it is stored: the words, and in brackets what a browser would follow, fetch or run, so
//! that none of it hides behind other words.

use html5gum::{StartTag, Token, Tokenizer};

/// Attributes whose value leads somewhere.
const LEADING: [&str; 9] =
    ["action", "background", "cite", "data", "formaction", "poster", "src", "srcset", "xlink:href"];
/// Characters shown of what an image holds itself.
const DATA: usize = 40;

/// The text of a page, line by line.
pub(crate) fn readable(html: &str) -> String {
    let mut page = Page::default();
    // What stands between these tags is no running text.
    let mut inside: Option<&str> = None;
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) => {
                page.begin(&tag);
                inside =
                    ["script", "style"].into_iter().find(|name| name.as_bytes() == &**tag.name && !tag.self_closing);
            }
            Token::EndTag(tag) => {
                inside = None;
                page.end(&tag.name);
            }
            Token::String(text) => match inside {
                Some(name) => page.bracket(name, &String::from_utf8_lossy(&text)),
                None => page.words(&String::from_utf8_lossy(&text)),
            },
            Token::Comment(text) => page.bracket("comment", &String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    page.finish()
}

#[derive(Default)]
struct Page {
    text: String,
    /// Where each open link leads; none where it leads nowhere.
    links: Vec<Option<String>>,
    /// White space was met since the last word.
    is_spaced: bool,
}

impl Page {
    fn begin(&mut self, tag: &StartTag<()>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        match name.as_str() {
            "li" => {
                self.line();
                self.text.push_str("- ");
            }
            "td" | "th" => self.cell(),
            name if is_block(name) => self.line(),
            _ => {}
        }
        let mut href = None;
        for (attribute, value) in &tag.attributes {
            let attribute = String::from_utf8_lossy(attribute).into_owned();
            let value = String::from_utf8_lossy(value).into_owned();
            if attribute == "href" && name == "a" {
                href = Some(value);
            } else if is_telling(&attribute, &value) {
                self.bracket(&format!("{name} {attribute}"), &value);
            }
        }
        if name == "a" {
            self.links.push(href);
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"a" => self.follow(),
            b"td" | b"th" => self.cell(),
            name if is_block(&String::from_utf8_lossy(name)) => self.line(),
            _ => {}
        }
    }

    /// A link ends: where it leads.
    fn follow(&mut self) {
        if let Some(Some(href)) = self.links.pop() {
            self.is_spaced = !self.text.ends_with(['\n', ' ']) && !self.text.is_empty();
            self.put(&format!("<{}>", href.trim()));
        }
    }

    fn bracket(&mut self, name: &str, value: &str) {
        let value = value.trim();
        let value = match value.char_indices().nth(DATA) {
            Some((end, _)) if value.starts_with("data:image/") => {
                format!("{}… ({} characters)", &value[..end], value.len())
            }
            _ => value.to_owned(),
        };
        if !value.is_empty() {
            self.is_spaced = true;
            self.put(&format!("[{name}: {value}]"));
            self.is_spaced = true;
        }
    }

    fn words(&mut self, text: &str) {
        self.is_spaced |= text.starts_with(char::is_whitespace);
        for (place, word) in text.split_whitespace().enumerate() {
            self.is_spaced |= place > 0;
            self.put(word);
        }
        self.is_spaced |= text.ends_with(char::is_whitespace);
    }

    fn put(&mut self, word: &str) {
        if self.is_spaced && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
            self.text.push(' ');
        }
        self.is_spaced = false;
        self.text.push_str(word);
    }

    fn line(&mut self) {
        self.is_spaced = false;
        self.text.truncate(self.text.trim_end_matches([' ', '|']).len());
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn cell(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') && !self.text.ends_with(" | ") {
            self.text.push_str(" | ");
        }
        self.is_spaced = false;
    }

    fn finish(mut self) -> String {
        while !self.links.is_empty() {
            self.follow();
        }
        self.text.trim_end_matches(['\n', ' ', '|']).to_owned()
    }
}

/// Whether an attribute makes a browser, or Odoo's own templates, do something.
fn is_telling(name: &str, value: &str) -> bool {
    LEADING.contains(&name)
        || name == "href"
        || name.starts_with("on")
        || name.starts_with("t-")
        || name == "style" && value.to_ascii_lowercase().contains("url(")
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "br"
            | "hr"
            | "tr"
            | "ul"
            | "ol"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "table"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "address"
            | "blockquote"
            | "pre"
            | "dl"
            | "dt"
            | "dd"
            | "li"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_line_by_line() {
        assert_eq!(readable("<p>Dear <b>Ann</b>,</p><p>two\n lines</p>"), "Dear Ann,\ntwo lines");
        assert_eq!(readable("<ul><li>one</li><li>two</li></ul>end"), "- one\n- two\nend");
        assert_eq!(readable("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"), "1 | 2\n3");
        assert_eq!(readable("a<br/>b &amp; c"), "a\nb & c");
    }

    #[test]
    fn where_a_link_leads_stands_behind_its_words() {
        let html = r#"<p>Pay at <a href="https://evil.example/x">https://bank.example</a>.</p>"#;
        assert_eq!(readable(html), "Pay at https://bank.example <https://evil.example/x>.");
        assert_eq!(readable(r#"<a href="javascript:x()">go"#), "go <javascript:x()>");
        assert_eq!(readable("<a name=\"top\">here</a>"), "here");
    }

    #[test]
    fn what_is_fetched_or_run_does_not_hide() {
        for (html, told) in [
            (r#"<img src="https://x.example/p.png" alt="p">"#, "[img src: https://x.example/p.png]"),
            (r#"<b onclick="steal()">hi</b>"#, "[b onclick: steal()] hi"),
            ("<script>steal()</script>", "[script: steal()]"),
            (r#"<iframe src="//x.example"></iframe>"#, "[iframe src: //x.example]"),
            (r#"<form action="https://x.example"><input></form>"#, "[form action: https://x.example]"),
            ("a<!-- later -->b", "a [comment: later] b"),
            (r#"<p style="background:URL(//x)">a</p>"#, "[p style: background:URL(//x)] a"),
            (r#"<t t-out="object.name"/>"#, "[t t-out: object.name]"),
            (r#"<p style="display:none">hidden</p>"#, "hidden"),
        ] {
            assert_eq!(readable(html), told, "{html}");
        }
        let image = readable(&format!(r#"<img src="data:image/png;base64,{}">"#, "A".repeat(500)));
        assert!(image.len() < 100 && image.contains("522 characters"), "{image}");
    }
}

//! Messages as agents write them, in Markdown, become HTML that does nothing but show them: tags in it are text, links lead
//! to the web or to a mail address, and no picture is fetched when somebody reads it.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// How deep quotes and lists may stand in each other.
const MOST_DEPTH: usize = 20;

/// The HTML of a message; `None` where it nests deeper than any reader follows.
pub(crate) fn to_html(markdown: &str) -> Option<String> {
    let readable = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    let text: String = markdown.replace("\r\n", "\n").chars().filter(readable).collect();
    let mut events = Vec::new();
    let mut depth = 0_usize;
    // Whether each link that is open is shown as one.
    let mut links: Vec<bool> = Vec::new();
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_DEPTH {
            return None;
        }
        match event {
            Event::Html(tags) | Event::InlineHtml(tags) => events.push(Event::Text(tags)),
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            // In a chatter every line break is meant.
            Event::SoftBreak => events.push(Event::HardBreak),
            // The language of code would become a class.
            Event::Start(Tag::CodeBlock(_)) => events.push(Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))),
            // A picture is a link with its description: it is fetched when somebody wants it.
            Event::Start(Tag::Link { link_type, dest_url, id, .. } | Tag::Image { link_type, dest_url, id, .. }) => {
                let is_shown = (link_type == LinkType::Email || is_safe(&dest_url)) && !links.contains(&true);
                links.push(is_shown);
                if is_shown {
                    // A title would show something else than the address.
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title: CowStr::Borrowed(""), id }));
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if links.pop() == Some(true) {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            other => events.push(other),
        }
    }
    let mut page = String::with_capacity(text.len() * 2);
    html::push_html(&mut page, events.into_iter());
    Some(page.trim_end().to_owned())
}

/// Whether a link may be followed: to the web or to a mail address, and nowhere else.
fn is_safe(address: &str) -> bool {
    let known = ["https://", "http://", "mailto:"];
    let begins = |scheme: &&str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    known.iter().any(begins) && !address.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(markdown: &str) -> String {
        to_html(markdown).unwrap()
    }

    #[test]
    fn what_people_write_becomes_what_odoo_shows() {
        assert_eq!(
            page("**Called** them\nback _today_"),
            "<p><strong>Called</strong> them<br />\nback <em>today</em></p>"
        );
        assert_eq!(page("- one\n- ~~two~~"), "<ul>\n<li>one</li>\n<li><del>two</del></li>\n</ul>");
        assert_eq!(page("|a|b|\n|-|-|\n|1|2|").matches("<td>").count(), 2);
        assert_eq!(page("```js\na<b\n```"), "<pre><code>a&lt;b\n</code></pre>");
        assert_eq!(page("Price < 5 & > 3"), "<p>Price &lt; 5 &amp; &gt; 3</p>");
        assert_eq!(
            page("See [the offer](https://x.example/a?b=1&c=2 \"hidden\")"),
            "<p>See <a href=\"https://x.example/a?b=1&amp;c=2\">the offer</a></p>"
        );
        assert_eq!(page("<anna@x.example>"), "<p><a href=\"mailto:anna@x.example\">anna@x.example</a></p>");
    }

    #[test]
    fn no_tag_of_the_writer_comes_through() {
        for markdown in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div onclick=\"x\">\n\n**b**\n\n</div>",
            "<!-- <b> --> <?php ?> <![CDATA[x]]>",
            "<iframe\nsrc=\"https://x\">",
            "```<b>\n<i>\n```",
            "# <h1 x>",
            "| <b> |\n|-|\n| <i> |",
            "[<b>](https://x.example)",
            "&lt;b&gt; &#60;i&#62;",
            "\\<b>",
        ] {
            let page = page(markdown);
            for tag in page.split('<').skip(1) {
                let name = tag.trim_start_matches('/').split([' ', '>', '/']).next().unwrap();
                let own = ["p", "br", "strong", "pre", "code", "h1", "table", "thead", "tbody", "tr", "th", "td", "a"];
                assert!(own.contains(&name), "{markdown:?} gave {page}");
            }
            assert!(!page.contains("<a on") && !page.contains("<p on"), "{page}");
        }
        assert_eq!(page("<b>bold</b>"), "<p>&lt;b&gt;bold&lt;/b&gt;</p>");
    }

    #[test]
    fn links_lead_to_the_web_or_to_a_mail_address_and_nowhere_else() {
        for markdown in [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](<java\tscript:alert(1)>)",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "[x](//evil.example)",
            "[x](/web#action=1)",
            "[x](file:///etc/passwd)",
            "<javascript:alert(1)>",
            "[x]: javascript:alert(1)\n\n[x]",
        ] {
            assert!(!page(markdown).contains("href"), "{markdown} gave {}", page(markdown));
        }
        let quote = page("[x](https://x.example/\"onmouseover=\"alert(1))");
        assert!(!quote.contains("\"onmouseover") && quote.matches('"').count() == 2, "{quote}");
    }

    #[test]
    fn no_picture_is_fetched_by_who_reads_the_message() {
        assert_eq!(page("![plan](https://x.example/p.png)"), "<p><a href=\"https://x.example/p.png\">plan</a></p>");
        assert_eq!(page("![plan](data:image/png;base64,AA)"), "<p>plan</p>");
        assert_eq!(
            page("[![a](https://x.example/p)](https://y.example)"),
            "<p><a href=\"https://y.example\">a</a></p>"
        );
        assert_eq!(page("[![a](https://x.example/p)](javascript:x)"), "<p><a href=\"https://x.example/p\">a</a></p>");
    }

    #[test]
    fn a_message_that_nests_without_end_is_refused() {
        assert_eq!(to_html(&"> ".repeat(5_000)), None);
        assert_eq!(to_html(&format!("{}x", "- ".repeat(5_000))), None);
        assert!(
            to_html(&format!("{}x{}", "*".repeat(10_000), "*".repeat(10_000))).is_none_or(|page| page.len() < 200_000)
        );
        assert!(to_html(&"[".repeat(20_000)).is_some());
        assert_eq!(page("a\u{0}\u{1b}[31mb"), "<p>a[31mb</p>");
    }
}

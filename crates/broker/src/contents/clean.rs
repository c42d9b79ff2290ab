//! Text that an agent can read: no control characters, no desert of blank lines, cut to what fits.

/// Line breaks and tabs stay, other control characters go; spaces at the end of a line and more than one blank line in a
/// row too.
pub(super) fn readable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.split('\n') {
        let line = line.trim_end();
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if !clean.is_empty() {
            clean.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        clean.extend(line.chars().filter(|c| *c == '\t' || !c.is_control()));
    }
    clean
}

/// A name from Odoo in one line of at most so many characters: nothing in it breaks the line or turns the direction of
/// writing. For agents and for what is sent; on a card a name stands [as it is](as_it_is).
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let shown = |c: &char| !c.is_control() && !turns(*c);
    let mut short: String = text.chars().filter(shown).take(most).collect();
    if text.chars().filter(shown).nth(most).is_some() {
        short.push('…');
    }
    short
}

/// A name from Odoo as it stands on a card, of at most so many characters: whole and unchanged, for the window draws what
/// hides or turns as a mark, and nobody should approve a name that lost it.
pub(crate) fn as_it_is(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a character changes the direction of what follows: `exe.fdp` can be made to read `pdf.exe`.
pub(crate) const fn turns(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters `offset..` of a text, as many as take at most `budget` bytes as JSON, and where the rest begins, if any is
/// left. Cut at a line break where one is near.
pub(crate) fn part(text: &str, offset: usize, budget: usize) -> (&str, Option<usize>) {
    let start = text.char_indices().nth(offset).map_or(text.len(), |(at, _)| at);
    let rest = &text[start..];
    let mut used = 0;
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        used += match c {
            '"' | '\\' | '\n' | '\t' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        };
        if used > budget {
            end = at;
            break;
        }
    }
    if end == rest.len() {
        return (rest, None);
    }
    let piece = &rest[..end];
    let piece = match piece.rfind('\n') {
        Some(line) if line > end / 2 => &piece[..=line],
        _ => piece,
    };
    (piece, Some(offset + piece.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_deserts_go_and_lines_stay() {
        assert_eq!(readable("\n\na\u{7}b \u{1b}[31m\r\n\n\n\n\tc\t1\r\n"), "ab [31m\n\n\tc\t1");
        assert_eq!(readable(" \n\t\n"), "");
    }

    #[test]
    fn a_name_cannot_break_out_of_its_line_or_turn_it() {
        assert_eq!(one_line("offer\n\u{202e}fdp.exe", 40), "offerfdp.exe");
        assert_eq!(one_line("abcdef", 3), "abc…");
        assert_eq!(one_line("abc", 3), "abc");
    }

    #[test]
    fn a_name_on_a_card_loses_nothing_but_its_end() {
        assert_eq!(as_it_is("offer\n\u{202e}fdp\u{200b}.exe", 40), "offer\n\u{202e}fdp\u{200b}.exe");
        assert_eq!(as_it_is("äbcdef", 3), "äbc…");
        assert_eq!(as_it_is("äbc", 3), "äbc");
    }

    #[test]
    fn the_parts_of_a_text_put_together_are_the_text() {
        let text = "Zeile \"eins\"\nänderung €\n\\tabs\tund mehr\n".repeat(50);
        for budget in [10, 97, 1000, 100_000] {
            let (mut all, mut offset) = (String::new(), Some(0));
            while let Some(from) = offset {
                let (piece, next) = part(&text, from, budget);
                assert!(serde_json::to_string(piece).unwrap().len() <= budget + 2, "{piece}");
                assert!(next.is_none_or(|next| next > from), "always goes on");
                all.push_str(piece);
                offset = next;
            }
            assert_eq!(all, text);
        }
        assert_eq!(part("abc", 7, 10), ("", None));
    }
}

//! Regular expressions of Go (RE2's syntax) as this language's: the two read the same letters differently in places, and
//! a pattern that matched more here than there would loosen a rule.

use std::fmt::Write as _;

/// The same pattern here. None when the two cannot be brought together.
pub(super) fn from_go(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => escape(after, &mut out, Inside::Pattern)?,
            '[' => class(after, &mut out)?,
            '(' => group(after, &mut out)?,
            '{' => repetition(after, &mut out),
            // Go takes these as they are where nothing opened; so do we, escaped.
            '}' | ']' => literal(c, after, &mut out),
            _ => {
                out.push(c);
                after
            }
        };
    }
    Some(out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Pattern,
    Class,
}

/// A mark that means itself. Only those with a meaning get a backslash, because others get a meaning from one: `\<`.
fn literal<'t>(c: char, after: &'t str, out: &mut String) -> &'t str {
    if "\\.+*?()|[]{}^$#&-~".contains(c) {
        out.push('\\');
    }
    out.push(c);
    after
}

/// What follows a backslash.
fn escape<'t>(rest: &'t str, out: &mut String, inside: Inside) -> Option<&'t str> {
    let c = rest.chars().next()?;
    let after = &rest[c.len_utf8()..];
    let (plain, set) = match c {
        // Go's are of ASCII.
        'd' => ("[0-9]", "0-9"),
        'w' => ("[0-9A-Za-z_]", "0-9A-Za-z_"),
        's' => ("[\\t\\n\\x0C\\r ]", "\\t\\n\\x0C\\r "),
        'D' => ("[^0-9]", "[^0-9]"),
        'W' => ("[^0-9A-Za-z_]", "[^0-9A-Za-z_]"),
        'S' => ("[^\\t\\n\\x0C\\r ]", "[^\\t\\n\\x0C\\r ]"),
        'b' if inside == Inside::Pattern => ("(?-u:\\b)", ""),
        'A' if inside == Inside::Pattern => ("\\A", ""),
        'z' if inside == Inside::Pattern => ("\\z", ""),
        'a' => ("\\x07", "\\x07"),
        'f' => ("\\x0C", "\\x0C"),
        't' => ("\\t", "\\t"),
        'n' => ("\\n", "\\n"),
        'r' => ("\\r", "\\r"),
        'v' => ("\\x0B", "\\x0B"),
        'x' => return hex(after, out),
        'Q' if inside == Inside::Pattern => {
            let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(quoted));
            return Some(after);
        }
        c if c.is_ascii_punctuation() => return Some(literal(c, after, out)),
        // Octal digits, \C, \B, properties of Unicode, and what Go does not know.
        _ => return None,
    };
    out.push_str(if inside == Inside::Class { set } else { plain });
    Some(after)
}

/// `\x7F`, `\x{10FFFF}`.
fn hex<'t>(rest: &'t str, out: &mut String) -> Option<&'t str> {
    let (digits, after) = match rest.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => rest.split_at_checked(2)?,
    };
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    char::from_u32(code)?;
    let _ = write!(out, "\\x{{{code:X}}}");
    Some(after)
}

/// What follows an opening bracket.
fn class<'t>(rest: &'t str, out: &mut String) -> Option<&'t str> {
    out.push('[');
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        let c = rest.chars().next()?;
        let after = &rest[c.len_utf8()..];
        rest = match c {
            ']' if !first => {
                out.push(']');
                return Some(after);
            }
            '[' if after.starts_with(':') => {
                let (name, behind) = after[1..].split_once(":]")?;
                let known = [
                    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
                    "upper", "word", "xdigit",
                ];
                if !known.contains(&name.trim_start_matches('^')) {
                    return None;
                }
                let _ = write!(out, "[:{name}:]");
                behind
            }
            '\\' => escape(after, out, Inside::Class)?,
            // A range, or the character itself.
            '-' => {
                let ends = first || after.starts_with(']');
                out.push_str(if ends { "\\-" } else { "-" });
                after
            }
            c if c.is_ascii_punctuation() => literal(c, after, out),
            c => {
                out.push(c);
                after
            }
        };
        first = false;
    }
}

/// What follows an opening parenthesis.
fn group<'t>(rest: &'t str, out: &mut String) -> Option<&'t str> {
    out.push('(');
    let Some(after) = rest.strip_prefix('?') else { return Some(rest) };
    out.push('?');
    if after.starts_with("P<") || after.starts_with('<') {
        return Some(after);
    }
    let end = after.find([':', ')'])?;
    let flags = &after[..end];
    let known = flags.chars().all(|c| "imsU-".contains(c)) && flags.matches('-').count() <= 1 && !flags.ends_with('-');
    known.then(|| {
        out.push_str(&after[..=end]);
        &after[end + 1..]
    })
}

/// What follows an opening brace: a count, or for Go just a brace.
fn repetition<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let counted = rest.find('}').map(|end| &rest[..end]).filter(|inside| {
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        !least.is_empty() && digits(least) && digits(most)
    });
    match counted {
        Some(inside) => {
            let _ = write!(out, "{{{inside}}}");
            &rest[inside.len() + 1..]
        }
        None => literal('{', rest, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn a_pattern_matches_here_what_it_matches_there() {
        for (pattern, yes, no) in [
            (r"^\w+$", vec!["abc_1"], vec!["é", "a b"]),
            (r"^\d{2,3}$", vec!["12"], vec!["\u{661}\u{662}", "1"]),
            (r"^[\w.-]+$", vec!["a.b-c"], vec!["é"]),
            (r"^[^\d]$", vec!["a", "\u{661}"], vec!["1"]),
            (r"^[^\W]$", vec!["a"], vec!["é", "-"]),
            (r"^[a&&b]$", vec!["&", "a", "b"], vec!["c"]),
            (r"^[[a]]$", vec!["[]", "a]"], vec!["a"]),
            (r"^[]a]$", vec!["]", "a"], vec!["b"]),
            (r"^\<a\_\/$", vec!["<a_/"], vec!["a_/"]),
            (r"^[a-]$", vec!["-", "a"], vec!["b"]),
            (r"^[+--]$", vec![",", "-"], vec!["a"]),
            (r"^a{,2}$", vec!["a{,2}"], vec!["", "a"]),
            (r"^\Qa.b\E+$", vec!["a.bb"], vec!["axb"]),
            (r"\bsale\b", vec!["a sale.", "ésale"], vec!["sales"]),
            (r"^\x41\x{e9}$", vec!["Aé"], vec!["A"]),
            (r"(?i)^sale$", vec!["SALE"], vec!["sales"]),
            (r"^(?P<a>x|y)(?:z)$", vec!["xz"], vec!["z"]),
            (r"^[[:alpha:]]+$", vec!["ab"], vec!["é"]),
            (r"^/Users/[^/]+/(\.ssh|\.aws|secrets)", vec!["/Users/me/.ssh"], vec!["/Users/me/x"]),
        ] {
            let here = Regex::new(&from_go(pattern).unwrap()).unwrap();
            for text in yes {
                assert!(here.is_match(text), "{pattern} {text}");
            }
            for text in no {
                assert!(!here.is_match(text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn what_go_does_not_know_or_reads_otherwise_is_not_taken() {
        for pattern in [r"\u0041", r"(?x) a", r"\pL", r"\C", r"\1", r"\B", "[[:foo:]]", r"a\", "[a", r"\xZZ", "(?u:a)"]
        {
            assert_eq!(from_go(pattern), None, "{pattern}");
        }
    }
}

//! What Odoo itself says, made fit to pass on.

use std::fmt;

/// Odoo's own words: no traceback, no control characters, at most [`Words::LIMIT`] characters. Not to be trusted as
/// instructions: whoever can write into Odoo can write into them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Words(String);

impl Words {
    /// How many characters are kept.
    pub const LIMIT: usize = 2_000;

    /// Takes what Odoo said, with `secret` blotted out wherever it stands.
    pub(crate) fn new(text: &str, secret: &str) -> Self {
        let text = text.split("Traceback (most recent call last)").next().unwrap_or_default();
        let text = if secret.is_empty() { text.to_owned() } else { text.replace(secret, "•••") };
        let shows = |c: &char| *c == '\n' || !(c.is_control() || is_unseen(*c));
        let kept = text.chars().filter(shows).take(Self::LIMIT).collect::<String>();
        Self(kept.trim().to_owned())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Odoo said nothing that can be passed on.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that turn or hide what stands beside them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

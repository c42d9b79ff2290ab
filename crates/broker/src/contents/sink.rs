//! Where text is collected: no more than is ever handed out, and no longer than a file is worth.

use super::{Text, Unread, clean};
use std::time::{Duration, Instant};

/// The most text that is collected of a file, in bytes.
const MOST: usize = 2 * 1024 * 1024;

/// Why collecting ends before the file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is enough.
    Full,
    /// The file cannot be read further.
    Unread(Unread),
}

impl From<Unread> for Stop {
    fn from(why: Unread) -> Self {
        Self::Unread(why)
    }
}

/// Collects the text of one file.
pub(super) struct Sink {
    text: String,
    until: Instant,
    steps: u32,
}

impl Sink {
    pub(super) fn within(time: Duration) -> Self {
        Self { text: String::new(), until: Instant::now() + time, steps: 0 }
    }

    /// Adds text as it stands.
    pub(super) fn push(&mut self, text: &str) -> Result<(), Stop> {
        self.step()?;
        let room = MOST.saturating_sub(self.text.len());
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        Err(Stop::Full)
    }

    /// Begins a new line, unless the last one is empty.
    pub(super) fn line(&mut self) -> Result<(), Stop> {
        if self.text.is_empty() || self.text.ends_with('\n') { Ok(()) } else { self.push("\n") }
    }

    /// Begins a new cell of a row, unless the row has just begun.
    pub(super) fn cell(&mut self) -> Result<(), Stop> {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        if self.text.is_empty() || self.text.ends_with(['\n', '\t']) { Ok(()) } else { self.push("\t") }
    }

    /// Adds running text: any white space in it counts as one space.
    pub(super) fn words(&mut self, text: &str) -> Result<(), Stop> {
        let is_inside = |sink: &Self| !sink.text.is_empty() && !sink.text.ends_with([' ', '\n', '\t']);
        if text.starts_with(char::is_whitespace) && is_inside(self) {
            self.push(" ")?;
        }
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                self.push(" ")?;
            }
            self.push(word)?;
        }
        if text.ends_with(char::is_whitespace) && is_inside(self) {
            self.push(" ")?;
        }
        Ok(())
    }

    /// To be called in every loop that a file can make long.
    pub(super) fn step(&mut self) -> Result<(), Stop> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(256) && Instant::now() > self.until {
            return Err(Unread::TooSlow.into());
        }
        Ok(())
    }

    /// When it has taken too long.
    pub(super) const fn until(&self) -> Instant {
        self.until
    }

    /// What was collected. A file of which something was read is not lost for what comes after it.
    pub(super) fn finish(self, pages: Result<Option<usize>, Stop>) -> Result<Text, Unread> {
        let text = clean::readable(&self.text);
        match pages {
            Ok(pages) => Ok(Text { words: text, pages, is_cut: false }),
            Err(Stop::Unread(why)) if text.is_empty() => Err(why),
            Err(_) => Ok(Text { words: text, pages: None, is_cut: true }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_cut_at_a_character_and_said_so() {
        let mut sink = Sink::within(Duration::from_secs(5));
        let mut end = Ok(());
        while end.is_ok() {
            end = sink.push("äöü€\n");
        }
        assert_eq!(end, Err(Stop::Full));
        let text = sink.finish(Err(Stop::Full)).unwrap();
        assert!(text.is_cut && text.words.len() <= MOST && text.words.len() > MOST - 16);
    }

    #[test]
    fn what_takes_too_long_ends_and_what_was_read_stays() {
        let mut sink = Sink::within(Duration::ZERO);
        let mut end = Ok(());
        for _ in 0..1024 {
            end = end.and_then(|()| sink.push("x"));
        }
        assert_eq!(end, Err(Stop::Unread(Unread::TooSlow)));
        assert!(sink.finish(end.map(|()| None)).unwrap().is_cut);
        assert_eq!(Sink::within(Duration::ZERO).finish(Err(Unread::TooSlow.into())), Err(Unread::TooSlow));
    }
}

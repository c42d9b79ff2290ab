use serde_json::Value;
use std::io;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// The longest line that is taken, in bytes.
pub(crate) const LONGEST: usize = 4 * 1024 * 1024;
/// What a buffer may keep after a long line.
const KEPT: usize = 64 * 1024;

/// The lines of a stream, none longer than [`LONGEST`].
pub(crate) struct Lines<R> {
    read: BufReader<R>,
    line: Vec<u8>,
    is_taken: bool,
    skipping: Option<IdScanner>,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// A line, without its end.
    Whole(&'a [u8]),
    /// A line that was too long and is gone, with the id of its request where one was found.
    TooLong(Option<Value>),
    /// The stream ended. An unfinished last line is dropped: half a request is none.
    End,
    /// The stream broke.
    Broken(io::Error),
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(read: R) -> Self {
        Self { read: BufReader::new(read), line: Vec::new(), is_taken: false, skipping: None }
    }

    /// The next line. Losing this future loses nothing.
    pub(crate) async fn next(&mut self) -> Line<'_> {
        if std::mem::take(&mut self.is_taken) {
            self.line.clear();
            self.line.shrink_to(KEPT);
        }
        loop {
            let available = match self.read.fill_buf().await {
                Ok([]) => return Line::End,
                Ok(available) => available,
                Err(error) => return Line::Broken(error),
            };
            let (part, ends) = match available.iter().position(|byte| *byte == b'\n') {
                Some(at) => (&available[..at], true),
                None => (available, false),
            };
            if self.skipping.is_none() && self.line.len() + part.len() > LONGEST {
                let mut scanner = IdScanner::default();
                scanner.feed(&self.line);
                self.line = Vec::new();
                self.skipping = Some(scanner);
            }
            match &mut self.skipping {
                Some(scanner) => scanner.feed(part),
                None => self.line.extend_from_slice(part),
            }
            let used = part.len() + usize::from(ends);
            self.read.consume(used);
            if ends {
                if let Some(scanner) = self.skipping.take() {
                    return Line::TooLong(scanner.id());
                }
                self.is_taken = true;
                let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
                return Line::Whole(line);
            }
        }
    }
}

/// Finds the `id` of a JSON object that is not kept: clients write it first or last.
#[derive(Debug, Default)]
struct IdScanner {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The member name or the value being read at depth 1.
    word: Vec<u8>,
    /// The name of the member whose value is being read is `id`.
    in_id: bool,
    found: Option<Value>,
}

impl IdScanner {
    fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    fn id(self) -> Option<Value> {
        self.found
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.keep(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.word.clear();
            }
            b'}' | b']' => {
                if self.depth == 1 {
                    self.member_ends();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => {
                self.in_id = self.word == b"\"id\"";
                self.word.clear();
            }
            b',' if self.depth == 1 => self.member_ends(),
            byte if !byte.is_ascii_whitespace() => self.keep(byte),
            _ => {}
        }
    }

    /// Beyond 128 bytes a word is neither `"id"` nor an id that somebody uses.
    fn keep(&mut self, byte: u8) {
        if self.depth == 1 && self.word.len() < 128 {
            self.word.push(byte);
        }
    }

    fn member_ends(&mut self) {
        if self.in_id {
            let value = serde_json::from_slice(&self.word).ok();
            self.found = value.filter(|value: &Value| value.is_string() || value.is_i64() || value.is_u64());
        }
        self.in_id = false;
        self.word.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id_of(text: &str) -> Option<Value> {
        let mut scanner = IdScanner::default();
        // In pieces, as a pipe hands them over.
        for piece in text.as_bytes().chunks(3) {
            scanner.feed(piece);
        }
        scanner.id()
    }

    #[test]
    fn the_id_is_found_wherever_it_stands() {
        assert_eq!(id_of(r#"{"id":7,"method":"tools/call"}"#), Some(json!(7)));
        assert_eq!(
            id_of(r#"{ "method" : "x" , "params" : {"id": 1, "a": [{"id": 2}]} , "id" : "a\"b" }"#),
            Some(json!("a\"b"))
        );
        assert_eq!(id_of(r#"{"params":{"text":"},\"id\":9,{"},"id":-3}"#), Some(json!(-3)));
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        for text in [
            r#"{"params":{"id":1}}"#,
            r#"[{"id":1}]"#,
            r#"{"id":null}"#,
            r#"{"id":[1]}"#,
            r#"{"method":"id"}"#,
            r#"{"id":1.5}"#,
        ] {
            assert_eq!(id_of(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn lines_come_whole_however_they_arrive() {
        let mut lines = Lines::new(&b"one\r\n\ntwo\nhalf"[..]);
        let mut seen = Vec::new();
        while let Line::Whole(line) = lines.next().await {
            seen.push(String::from_utf8_lossy(line).into_owned());
        }
        assert_eq!(seen, ["one", "", "two"]);
    }

    #[tokio::test]
    async fn a_line_too_long_is_dropped_and_the_next_one_read() {
        let long = format!("{{\"method\":\"{}\",\"id\":5}}\nnext\n", "x".repeat(LONGEST));
        let mut lines = Lines::new(long.as_bytes());
        assert!(matches!(lines.next().await, Line::TooLong(Some(id)) if id == 5));
        assert!(matches!(lines.next().await, Line::Whole(b"next")));
        assert!(matches!(lines.next().await, Line::End));
    }
}

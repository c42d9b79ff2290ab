//! What a file holds, as text: read within bounds of memory and time, for whoever can write into Odoo can put any file
//! there. What a file is, its first bytes say; its declared type and name only tell texts apart.

mod clean;
mod kind;
mod office;
mod page;
mod pdf;
mod plain;
mod sheet;
mod sink;

pub(crate) use clean::{as_it_is, one_line, part, turns};
pub(crate) use kind::{Kind, kind_of};

use sink::Sink;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// The largest file that is looked into, in bytes.
pub(crate) const LARGEST: u64 = 10 * 1024 * 1024;
/// How long reading one file may take.
const WITHIN: Duration = Duration::from_secs(10);
/// Room for values that nest; parsers give up long before it is used.
const STACK: usize = 16 * 1024 * 1024;
/// Files that are read at the same time.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// Without control characters other than line breaks and tabs.
    pub(crate) words: String,
    /// How many pages, slides or sheets it has, where it has any.
    pub(crate) pages: Option<usize>,
    /// The file holds more text than is read.
    pub(crate) is_cut: bool,
}

/// Why a file's text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    /// It is not what its first bytes say, or broken.
    #[error("it is damaged, or not what it says it is")]
    Damaged,
    /// It wants a password.
    #[error("it is encrypted")]
    Encrypted,
    /// Its parts unpack to more than is read, or are too many.
    #[error("it unpacks to more than Gatehouse reads")]
    TooLarge,
    /// It took too long.
    #[error("reading it took too long")]
    TooSlow,
    /// It is of no kind that holds text.
    #[error("it is of no kind whose text Gatehouse reads")]
    NoText,
}

/// What a file is, and its text. It is looked into on a thread of its own: a file that is built to keep a parser busy, or to
/// make it fail, costs no more than its turn.
pub(crate) async fn look(bytes: Arc<Vec<u8>>, declared: &str) -> (Kind, Result<Text, Unread>) {
    let given_up = |why| (Kind::Other, Err(why));
    let Ok(turn) = TURNS.acquire().await else { return given_up(Unread::TooSlow) };
    let (done, outcome) = oneshot::channel();
    let declared = declared.to_owned();
    let looking = std::thread::Builder::new().name("contents".to_owned()).stack_size(STACK).spawn(move || {
        // Kept to the end, also when nobody waits any more.
        let _turn = turn;
        let kind = catch_unwind(|| kind_of(&bytes, &declared)).unwrap_or(Kind::Other);
        let text = catch_unwind(AssertUnwindSafe(|| text_of(kind, &bytes)));
        // Whatever it stumbled over was in the file.
        let text = text.unwrap_or_else(|stop| Err(stop.downcast_ref().copied().unwrap_or(Unread::Damaged)));
        done.send((kind, text)).ok();
    });
    if looking.is_err() {
        return given_up(Unread::TooLarge);
    }
    let late = WITHIN + Duration::from_secs(2);
    tokio::time::timeout(late, outcome)
        .await
        .map_or(given_up(Unread::TooSlow), |told| told.unwrap_or(given_up(Unread::Damaged)))
}

fn text_of(kind: Kind, bytes: &[u8]) -> Result<Text, Unread> {
    text_within(kind, bytes, WITHIN)
}

fn text_within(kind: Kind, bytes: &[u8], time: Duration) -> Result<Text, Unread> {
    let mut sink = Sink::within(time);
    let pages = match kind {
        Kind::Pdf => pdf::read(bytes, &mut sink).map(Some),
        Kind::Document => office::document(bytes, &mut sink).map(|()| None),
        Kind::Slides => office::slides(bytes, &mut sink).map(Some),
        Kind::OpenDocument => office::open_document(bytes, &mut sink).map(|()| None),
        Kind::Sheet => sheet::read(bytes, &mut sink).map(Some),
        Kind::Page => page::read(bytes, &mut sink).map(|()| None),
        Kind::Text => plain::read(bytes, &mut sink).map(|()| None),
        Kind::Picture(_) | Kind::Archive | Kind::Other => return Err(Unread::NoText),
    };
    sink.finish(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_none_of_its_kind_is_an_error_and_no_crash() {
        for kind in [Kind::Pdf, Kind::Document, Kind::Slides, Kind::OpenDocument, Kind::Sheet] {
            for bytes in [&b""[..], b"%PDF-1.7", b"PK\x03\x04", b"PK\x05\x06", &[0xff; 4096], &b"[".repeat(100_000)] {
                let head = String::from_utf8_lossy(bytes.get(..4).unwrap_or_default()).into_owned();
                assert_eq!(text_of(kind, bytes), Err(Unread::Damaged), "{kind:?} {head}");
            }
        }
    }

    #[tokio::test]
    async fn more_files_than_turns_are_all_read() {
        let file = |n: usize| Arc::new(format!("file {n}").into_bytes());
        let all = (0..8).map(|n| tokio::spawn(async move { look(file(n), "").await })).collect::<Vec<_>>();
        for (n, told) in all.into_iter().enumerate() {
            let (kind, text) = told.await.unwrap();
            assert_eq!((kind, text.unwrap().words), (Kind::Text, format!("file {n}")));
        }
    }

    #[tokio::test]
    async fn a_picture_has_no_text() {
        let picture = Arc::new(b"\x89PNG\r\n\x1a\n".to_vec());
        assert_eq!(look(picture, "text/plain").await, (Kind::Picture("image/png"), Err(Unread::NoText)));
    }
}

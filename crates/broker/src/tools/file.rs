//! A file from Odoo as an agent reads it: its text part by part, a picture as a picture, and the bytes of anything else
//! only where they are few and asked for.

use super::Site;
use super::reach::path;
use crate::contents::{Kind, LARGEST, look, part};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatehouse_core::{EdgeError, ErrorCode, FieldPath};
use gatehouse_ipc::message::Image;
use gatehouse_policy::sensitive::is_sensitive;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The most bytes of a picture that are handed out.
const MOST_PICTURE: usize = 1024 * 1024;
/// The most bytes that are handed out as they are.
const MOST_BYTES: usize = 48 * 1024;

/// What of a file is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// From which character of its text on.
    pub(super) offset: usize,
    /// How many bytes its text may take in the answer.
    pub(super) budget: usize,
    /// Its bytes, where they are few.
    pub(super) base64: bool,
}

/// A file as an agent reads it.
pub(super) struct Told {
    /// `kind`, `text`, `next_offset`, and so on.
    pub(super) parts: Map<String, Value>,
    pub(super) images: Vec<Image>,
}

/// Looks into a file. `page` is where a person can open it.
pub(super) async fn told(bytes: Vec<u8>, declared: &str, page: &str, wish: Wish) -> Told {
    let bytes = Arc::new(bytes);
    let (kind, text) = look(Arc::clone(&bytes), declared).await;
    let mut told = Told { parts: Map::new(), images: Vec::new() };
    let mut put = |name: &str, value: Value| {
        told.parts.insert(name.to_owned(), value);
    };
    put("kind", json!(kind.word()));
    let mut note = None;
    match (kind, text) {
        (Kind::Picture(mime_type), _) if bytes.len() <= MOST_PICTURE => {
            put("shown", json!("as an image beside this text"));
            told.images.push(Image { mime_type: mime_type.to_owned(), data: STANDARD.encode(bytes.as_slice()) });
        }
        (Kind::Picture(_), _) => {
            note = Some(format!("The picture is larger than 1 MB; the user can open it at {page}"));
        }
        (_, Ok(text)) if text.words.is_empty() => {
            note = Some(format!("It holds no text; a scan, perhaps. The user can open it at {page}"));
        }
        (_, Ok(text)) => {
            let (piece, next) = part(&text.words, wish.offset, wish.budget);
            put("text", json!(piece));
            if let Some(pages) = text.pages {
                put("pages", json!(pages));
            }
            if wish.offset > 0 || next.is_some() {
                put("characters", json!(text.words.chars().count()));
            }
            if let Some(next) = next {
                put("next_offset", json!(next));
            }
            if text.is_cut {
                note = Some(format!("It holds more than Gatehouse reads. The user can open it at {page}"));
            }
        }
        (_, Err(why)) => note = Some(format!("No text: {why}. The user can open it at {page}")),
    }
    if wish.base64 {
        if bytes.len() <= MOST_BYTES {
            put("base64", json!(STANDARD.encode(bytes.as_slice())));
        } else {
            note = Some(format!(
                "Its bytes are more than 48 KB, the most that is handed out. The user can open it at {page}"
            ));
        }
    }
    if let Some(note) = note {
        put("note", json!(note));
    }
    told
}

/// The bytes that Odoo sent in base64.
pub(super) fn decoded(data: &str) -> Result<Vec<u8>, EdgeError> {
    let plain;
    let data = if data.contains(['\n', '\r']) {
        plain = data.replace(['\n', '\r'], "");
        &plain
    } else {
        data
    };
    STANDARD.decode(data).map_err(|_| EdgeError::new(ErrorCode::OdooFailed, "Odoo sent a file that is not base64."))
}

/// Refuses a file of more than is looked into, before it is fetched.
pub(super) fn too_large(size: u64, page: &str) -> Option<EdgeError> {
    (size > LARGEST).then(|| {
        EdgeError::new(
            ErrorCode::TooMuch,
            format!(
                "The file has {}; Gatehouse reads at most {}. The user can open it at {page}",
                sized(size),
                sized(LARGEST)
            ),
        )
    })
}

/// Whether files of this model's records are about people, pay or messages.
pub(super) fn is_private(model: &str) -> bool {
    is_sensitive(Some(&[path(model, "attachment_ids")]))
}

/// Which of the two models a call about a file is judged by: the file's own, unless only the record's is closed to the
/// agent. Where both are, nothing of it is for the agent.
pub(super) fn judged_by(site: &Site, files: &str, record: &str, reads: &[FieldPath]) -> Result<String, EdgeError> {
    let may = |model: &str| site.may_search(model, reads);
    match (may(files), may(record)) {
        (_, true) => Ok(files.to_owned()),
        (true, false) => Ok(record.to_owned()),
        (false, false) => Err(EdgeError::new(
            ErrorCode::Denied,
            format!(
                "Policy lets you read neither {files} nor {record} without asking; a file of both is not handed out."
            ),
        )),
    }
}

/// `12 KB`, as people say it.
pub(crate) fn sized(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: Wish = Wish { offset: 0, budget: 100, base64: false };

    #[tokio::test]
    async fn a_long_text_comes_in_parts() {
        let text = "0123456789\n".repeat(30);
        let first = told(text.clone().into_bytes(), "text/plain", "x", WISH).await.parts;
        let next = first["next_offset"].as_u64().unwrap();
        assert_eq!(first["characters"], 329);
        let wish = Wish { offset: usize::try_from(next).unwrap(), ..WISH };
        let second = told(text.clone().into_bytes(), "text/plain", "x", wish).await.parts;
        let both = format!("{}{}", first["text"].as_str().unwrap(), second["text"].as_str().unwrap());
        assert!(text.starts_with(&both), "{both}");
    }

    #[tokio::test]
    async fn a_picture_comes_as_one_and_a_large_one_says_where_it_is() {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let small = told(png.clone(), "", "https://x", WISH).await;
        assert_eq!(small.images[0].mime_type, "image/png");
        assert!(!small.parts.contains_key("text"));
        png.resize(MOST_PICTURE + 1, 0);
        let large = told(png, "", "https://x", WISH).await;
        assert!(large.images.is_empty() && large.parts["note"].as_str().unwrap().contains("https://x"));
    }

    #[tokio::test]
    async fn bytes_are_handed_out_when_asked_for_and_few() {
        let wish = Wish { base64: true, ..WISH };
        let small = told(vec![0, 1, 2], "application/octet-stream", "x", wish).await.parts;
        assert_eq!((&small["kind"], &small["base64"]), (&json!("binary"), &json!("AAEC")));
        assert!(small["note"].as_str().unwrap().contains("no kind whose text"));
        let large = told(vec![0; MOST_BYTES + 1], "", "x", wish).await.parts;
        assert!(!large.contains_key("base64"));
        assert!(!told(vec![0, 1, 2], "", "x", WISH).await.parts.contains_key("base64"));
    }

    #[test]
    fn files_of_people_and_messages_are_private() {
        assert!(is_private("hr.employee") && is_private("mail.message") && is_private("res.partner.bank"));
        assert!(!is_private("sale.order") && !is_private("res.partner"));
    }

    #[test]
    fn sizes_are_told_as_people_say_them() {
        for (bytes, words) in [(0, "0 bytes"), (1023, "1023 bytes"), (1025, "2 KB"), (10 * 1024 * 1024, "10.0 MB")] {
            assert_eq!(sized(bytes), words);
        }
        assert!(too_large(LARGEST, "x").is_none() && too_large(LARGEST + 1, "x").is_some());
    }
}

//! Files: what Odoo works out from their content, and who may see them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use crate::access::{self, Operation};
use crate::env::{Env, Record};
use crate::fault::{Fault, Outcome};

/// Completes the values of a file that is created or whose content changes: size, checksum, type, searchable text.
pub(crate) fn complete(env: &Env<'_>, vals: &mut Map<String, Value>, name: &str) -> Outcome<()> {
    let raw = vals.remove("raw").filter(|raw| !raw.is_null());
    let content = match (raw, vals.get("datas")) {
        (Some(Value::String(text)), _) => text.into_bytes(),
        (_, Some(Value::String(coded))) => decoded(coded)?,
        (_, Some(Value::Number(number))) => {
            let kind = if number.is_f64() { "float" } else { "int" };
            return Err(Fault::kind(format!("argument should be a bytes-like object or ASCII string, not '{kind}'")));
        }
        _ => {
            if vals.get("type").is_some_and(|kind| kind == "url") {
                vals.insert("mimetype".into(), json!("application/octet-stream"));
            }
            return Ok(());
        }
    };
    let told = vals.get("mimetype").and_then(Value::as_str).map(str::to_owned);
    let by_name = || type_of_name(name).filter(|kind| *kind != "application/octet-stream").map(str::to_owned);
    let mut kind = told.or_else(by_name).unwrap_or_else(|| type_of_content(&content).to_owned());
    // what a browser would run is plain text unless an administrator brought it
    if !env.is_admin() && (kind.contains("ht") || kind.contains("xml")) && !kind.contains("openxml") {
        "text/plain".clone_into(&mut kind);
    }
    let checksum = hex::encode(Sha1::digest(&content));
    let index = if kind.starts_with("text/") { json!(indexed(&content)) } else { json!(false) };
    for (name, value) in [
        ("datas", json!(STANDARD.encode(&content))),
        ("file_size", json!(content.len())),
        ("store_fname", json!(format!("{}/{checksum}", &checksum[..2]))),
        ("checksum", json!(checksum)),
        ("mimetype", json!(kind)),
        ("index_content", index),
    ] {
        vals.insert(name.into(), value);
    }
    Ok(())
}

/// How many bytes a base64 text stands for.
pub(crate) fn decoded_length(coded: &str) -> usize {
    coded.len() / 4 * 3 - coded.bytes().rev().take_while(|byte| *byte == b'=').count()
}

/// The content as text, as `raw` shows it. Bytes that are no text are not JSON either: the real server breaks over them.
pub(crate) fn raw(record: &Record<'_>) -> Outcome<Option<String>> {
    let coded = record.text("datas");
    if coded.is_empty() {
        return Ok(None);
    }
    String::from_utf8(decoded(&coded)?).map(Some).map_err(|_| Fault::Broken)
}

/// Who sees a record sees its files. A file that hangs on nothing is its maker's.
pub(crate) fn is_visible(env: &Env<'_>, file: &Record<'_>) -> bool {
    if env.is_admin() || file.is_set("public") {
        return true;
    }
    match (env.schema.model(&file.text("res_model")), file.id_of("res_id").filter(|id| *id != 0)) {
        (Some(model), Some(id)) => {
            env.db.has(model, id)
                && access::check(env, model, Operation::Read).is_ok()
                && access::is_visible(env, model, id)
        }
        _ => file.id_of("create_uid") == Some(env.uid),
    }
}

/// Refuses files on a record that is not there, or that the user may not change.
pub(crate) fn check_place(env: &Env<'_>, vals: &Map<String, Value>) -> Outcome<()> {
    let id = vals.get("res_id").and_then(Value::as_i64).filter(|id| *id != 0);
    let (Some(name), Some(id)) = (vals.get("res_model").and_then(Value::as_str), id) else { return Ok(()) };
    let is_open = env.schema.model(name).is_some_and(|model| {
        env.db.has(model, id)
            && (env.sudo
                || access::check(env, model, Operation::Write).is_ok()
                    && access::check_rules(env, model, &[id], Operation::Write).is_ok())
    });
    if is_open { Ok(()) } else { Err(Fault::access("Sorry, you are not allowed to access this document.")) }
}

/// The runs of at least four ASCII letters, which is what Odoo keeps of a text for its search.
fn indexed(content: &[u8]) -> String {
    let runs = content.split(|byte| !(0x20..0x7f).contains(byte)).filter(|run| run.len() >= 4);
    runs.map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
}

fn decoded(coded: &str) -> Outcome<Vec<u8>> {
    STANDARD.decode(coded.replace(['\n', '\r'], "")).map_err(|_| {
        let letters = coded.bytes().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count();
        let message = if letters % 4 == 1 {
            format!(
                "Invalid base64-encoded string: number of data characters ({letters}) cannot be 1 more than a multiple of 4"
            )
        } else {
            "Incorrect padding".to_owned()
        };
        Fault::raised("binascii.Error", 500, message)
    })
}

fn type_of_name(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "txt" | "text" => "text/plain",
        "csv" => "text/csv",
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "ics" => "text/calendar",
        "xml" => "text/xml",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        _ => return None,
    })
}

fn type_of_content(content: &[u8]) -> &'static str {
    let signatures: [(&[u8], &str); 6] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xd0\xcf\x11\xe0", "application/msword"),
    ];
    if let Some((_, kind)) = signatures.iter().find(|(signature, _)| content.starts_with(signature)) {
        return kind;
    }
    let is_text = std::str::from_utf8(content)
        .is_ok_and(|text| !text.chars().any(|letter| letter.is_control() && !letter.is_whitespace()));
    if is_text && !content.is_empty() { "text/plain" } else { "application/octet-stream" }
}

//! Every record of a card as a file that a spreadsheet opens.

use super::Entry;
use crate::view::{FieldChange, RecordChange, RecordVerb};
use gatehouse_core::{EdgeError, ErrorCode};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Names tried for one file.
const MOST_NAMES: u32 = 1_000;

/// Writes the records into a new file in `folder`, which only the user can read. Gives its place.
pub(crate) fn export(folder: &Path, tool: &str, entries: &[Entry]) -> Result<PathBuf, EdgeError> {
    let failed = |error: &std::io::Error| {
        EdgeError::new(
            ErrorCode::Storage,
            format!("The records cannot be written into {}: {error}. Look at the folder's rights.", folder.display()),
        )
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    for number in 1..=MOST_NAMES {
        let name = if number == 1 { format!("{tool}.csv") } else { format!("{tool} ({number}).csv") };
        let path = folder.join(name);
        match new_file(&path) {
            Ok(mut file) => {
                file.write_all(table(entries).as_bytes()).and_then(|()| file.sync_all()).map_err(|e| failed(&e))?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    let message = format!("{} is full of exports. Move some of them.", folder.display());
    Err(EdgeError::new(ErrorCode::Storage, message))
}

/// A file that was not there, and no link to another.
fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A line for each field of each record: what the call changes, then what Odoo changes besides. The mark at its beginning
/// tells spreadsheets that it is UTF-8.
fn table(entries: &[Entry]) -> String {
    let mut text = "\u{feff}id,name,change,by,field,label,before,after\r\n".to_owned();
    for Entry { record, .. } in entries {
        if record.fields.is_empty() {
            line(&mut text, record, ["call", "", "", "", ""]);
        }
        for (by, changes) in [("call", &record.fields), ("Odoo", &record.besides)] {
            for change in changes {
                let (before, after) =
                    (with_unit(change.before.as_deref(), change), with_unit(change.after.as_deref(), change));
                line(&mut text, record, [by, &change.field, &change.label, &before, &after]);
            }
        }
    }
    text
}

fn with_unit(value: Option<&str>, change: &FieldChange) -> String {
    match (value, &change.unit) {
        (Some(value), Some(unit)) => format!("{value} {unit}"),
        (value, _) => value.unwrap_or_default().to_owned(),
    }
}

fn line(text: &mut String, record: &RecordChange, cells: [&str; 5]) {
    let id = record.id.map(|id| id.to_string()).unwrap_or_default();
    let verb = match record.change {
        RecordVerb::Create => "create",
        RecordVerb::Update => "change",
        RecordVerb::Delete => "delete",
    };
    let cells = [id.as_str(), &record.name, verb].into_iter().chain(cells).map(cell);
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

/// A cell that no spreadsheet takes for a formula.
fn cell(value: &str) -> String {
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let value = if is_formula { format!("'{value}") } else { value.to_owned() };
    if value.contains(['"', ',', ';', '\n', '\r', '\t']) || is_formula {
        return format!("\"{}\"", value.replace('"', "\"\""));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(name: &str, after: &str) -> Vec<Entry> {
        let fields = vec![FieldChange::new("f", "Label", None, Some(after.to_owned()))];
        let change = RecordVerb::Update;
        vec![RecordChange { id: Some(7), name: name.into(), change, fields, besides: Vec::new() }.into()]
    }

    #[test]
    fn no_cell_is_a_formula_or_breaks_out_of_its_place() {
        for value in ["=1+1", "+1", "-1", "@x", "\t=1"] {
            assert_eq!(cell(value), format!("\"'{value}\""), "{value:?}");
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("1 - 1 = 0"), "1 - 1 = 0");
        assert_eq!(table(&entries("=A", "x,y")).lines().nth(1), Some("7,\"'=A\",change,call,f,Label,,\"x,y\""));
    }

    #[test]
    fn a_deleted_record_is_told_and_what_odoo_changes_besides_is_told_apart() {
        let mut all = entries("A", "x");
        all[0].record.besides = vec![FieldChange::new("g", "Other", Some("1".into()), Some("2".into()))];
        let change = RecordVerb::Delete;
        let gone = RecordChange { id: Some(8), name: "B".into(), change, fields: Vec::new(), besides: Vec::new() };
        all.push(gone.into());
        let table = table(&all);
        let lines = [
            "\u{feff}id,name,change,by,field,label,before,after",
            "7,A,change,call,f,Label,,x",
            "7,A,change,Odoo,g,Other,1,2",
            "8,B,delete,call,,,,",
        ];
        assert_eq!(table.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_file_is_the_user_s_alone_and_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("new");
        let first = export(&inside, "odoo_write", &entries("a", "1")).unwrap();
        let second = export(&inside, "odoo_write", &entries("a", "2")).unwrap();
        assert_ne!(first, second);
        assert!(std::fs::read_to_string(&first).unwrap().ends_with("7,a,change,call,f,Label,,1\r\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(second.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            std::os::unix::fs::symlink(folder.path().join("elsewhere"), inside.join("odoo_unlink.csv")).unwrap();
        }
        let third = export(&inside, "odoo_unlink", &entries("a", "3")).unwrap();
        assert!(!folder.path().join("elsewhere").exists() && third.ends_with("odoo_unlink (2).csv"));
    }
}

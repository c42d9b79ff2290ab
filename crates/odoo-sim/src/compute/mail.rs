//! What is worked out of messages, activities and files.

use super::without_tags;
use crate::cell::Cell;
use crate::clock;
use crate::env::Record;

pub(super) fn message(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "record_name" => {
            let env = record.env;
            let about = env.schema.model(&record.text("model")).zip(record.id_of("res_id"));
            about.map_or(Cell::Null, |(model, id)| Cell::some_text(&env.record(model, id).name()))
        }
        "preview" => Cell::text(without_tags(&record.text("body"))),
        "notified_partner_ids" => {
            Cell::Ids(record.many("notification_ids").iter().filter_map(|told| told.id_of("res_partner_id")).collect())
        }
        "needaction" => {
            let me = record.env.user().and_then(|user| user.id_of("partner_id"));
            let mine = |told: &Record<'_>| told.id_of("res_partner_id") == me && !told.is_set("is_read");
            Cell::Bool(record.many("notification_ids").iter().any(mine))
        }
        _ => Cell::Null,
    }
}

pub(super) fn activity(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "res_name" => name_of(record),
        "state" => {
            let (due, today) = (record.text("date_deadline"), clock::date(record.env.now));
            Cell::text(match due.cmp(&today) {
                _ if !record.is_set("active") => "done",
                std::cmp::Ordering::Less => "overdue",
                std::cmp::Ordering::Equal => "today",
                std::cmp::Ordering::Greater => "planned",
            })
        }
        _ => Cell::Null,
    }
}

pub(super) fn file(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "res_name" => name_of(record),
        "local_url" => Cell::text(format!("/web/image/{}?unique={}", record.id, record.text("checksum"))),
        "raw" => crate::attachment::raw(record).ok().flatten().map_or(Cell::Null, Cell::text),
        _ => Cell::Null,
    }
}

/// The name of the record that a file or an activity hangs on.
fn name_of(record: &Record<'_>) -> Cell {
    let about = record.env.schema.model(&record.text("res_model")).zip(record.id_of("res_id"));
    about.map_or(Cell::Null, |(model, id)| Cell::some_text(&record.env.record(model, id).name()))
}

/// How many files hang on a record.
pub(super) fn files(record: &Record<'_>) -> usize {
    let files = record.env.schema.model("ir.attachment").and_then(|files| Some((files, files.field("res_id")?)));
    files.map_or(0, |(files, res_id)| {
        let hanging = record.env.db.pointing(files, res_id.index, record.id).into_iter();
        hanging.filter(|file| record.env.record(files, *file).text("res_model") == record.model.name).count()
    })
}

//! Activities: what is to be done about a record, by whom and until when.

use serde_json::{Map, Value, json};

use super::{ACTIVITIES, Draft, NOTE, paragraph, post};
use crate::cell::Cell;
use crate::clock;
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;
use crate::write;

/// Plans something to be done about a record; another user who shall do it is told.
pub(crate) fn plan(env: &mut Env<'_>, model: &'static Model, id: i64, vals: &Map<String, Value>) -> Outcome<i64> {
    let (activities, models) = (env.model("mail.activity")?, env.model("ir.model")?);
    let of = env.db.ids(models).find(|at| env.record(models, *at).text("model") == model.name);
    let mut vals = vals.clone();
    vals.insert("res_model_id".into(), json!(of));
    vals.insert("res_id".into(), json!(id));
    write::create(env, activities, &vals)
}

/// Tells the user whom an activity was given to.
pub(crate) fn activity_given(env: &mut Env<'_>, activity: i64) -> Outcome<()> {
    let activities = env.model("mail.activity")?;
    let record = env.record(activities, activity);
    let user = record.one("user_id").filter(|user| user.id != env.uid);
    let Some(partner) = user.and_then(|user| user.id_of("partner_id")) else { return Ok(()) };
    let (Ok(model), Some(id)) = (env.model(&record.text("res_model")), record.id_of("res_id")) else { return Ok(()) };
    let body = format!(
        "<p>You have been assigned the activity \"{}\" on {}, due {}.</p>",
        record.name(),
        record.text("res_name"),
        record.text("date_deadline")
    );
    let draft = Draft { message_type: "user_notification", recipients: vec![partner], ..Draft::log(body, NOTE) };
    post(env, model, id, &draft)?;
    Ok(())
}

/// Marks activities as done: they are archived and noted on their record. Gives the last note.
pub(crate) fn done(env: &mut Env<'_>, ids: &[i64], feedback: Option<&str>) -> Outcome<Option<i64>> {
    let activities = env.model("mail.activity")?;
    let today = clock::date(env.now);
    let mut last = None;
    for id in ids {
        let record = env.record(activities, *id);
        let (Ok(model), Some(about)) = (env.model(&record.text("res_model")), record.id_of("res_id")) else { continue };
        let kind = record.one("activity_type_id").map(|kind| kind.name()).unwrap_or_default();
        let summary = record.text("summary");
        let mut body = format!("<div><p>{kind} done: {summary}</p>");
        if let Some(feedback) = feedback {
            body.push_str(&paragraph(feedback));
        }
        body.push_str("</div>");
        last = Some(post(env, model, about, &Draft::log(body, ACTIVITIES))?);
        env.put(activities, *id, "active", Cell::Bool(false));
        env.put(activities, *id, "date_done", Cell::text(today.as_str()));
        env.put(activities, *id, "feedback", feedback.map_or(Cell::Null, Cell::text));
    }
    Ok(last)
}

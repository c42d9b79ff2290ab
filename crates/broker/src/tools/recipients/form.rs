//! Whom a message names that is written as a record: mail, text messages, and the forms that send. From the values it has,
//! or is to be made with.

use super::{Addressees, Author, Kind};
use crate::contents::one_line;
use gatehouse_odoo::Record;
use serde_json::Value;

/// The form that writes a message.
pub(crate) const COMPOSER: &str = "mail.compose.message";
/// The form that sends an invoice.
pub(crate) const INVOICE_SENDER: &str = "account.move.send.wizard";

/// The fields that say who gets a message, or what a form sends, as far as its version of Odoo has them; empty for any other
/// model.
pub(crate) fn fields_of(model: &str) -> &'static [&'static str] {
    match model {
        COMPOSER => &[
            "author_id",
            "composition_mode",
            "model",
            "notify_skip_followers",
            "partner_ids",
            "res_domain",
            "res_id",
            "res_ids",
            "subtype_id",
            "template_id",
        ],
        INVOICE_SENDER => &["checkbox_send_mail", "mail_partner_ids", "move_id", "sending_methods"],
        "mail.message" => {
            &["author_id", "email_to", "model", "outgoing_email_to", "partner_ids", "res_id", "subtype_id"]
        }
        "mail.mail" => &["email_cc", "email_to", "recipient_ids"],
        "sms.sms" => &["number", "partner_id"],
        "sms.composer" => &["numbers", "recipient_single_number_itf", "res_id", "res_ids", "res_model"],
        _ => &[],
    }
}

/// Whether records of a model are messages, or write them: their values say who gets it.
pub(crate) fn sends(model: &str) -> bool {
    !fields_of(model).is_empty()
}

impl Addressees {
    /// Adds whom a record of this model writes to, by its values. `is_made`: Odoo has filled in by now what was left out.
    /// Of a model that does not send it adds nobody.
    pub(crate) fn add(&mut self, model: &str, values: &Record, is_made: bool) {
        match model {
            COMPOSER => self.composed(values, is_made),
            INVOICE_SENDER => self.invoiced(values),
            "mail.message" => self.message(values),
            "mail.mail" => {
                self.authors.insert(Author::Nobody);
                self.partners(values, "recipient_ids");
                self.written(values, &["email_to", "email_cc"]);
            }
            "sms.sms" => {
                self.authors.insert(Author::Nobody);
                self.named.extend(values.get("partner_id").and_then(id));
                self.written(values, &["number"]);
            }
            "sms.composer" => self.texted(values),
            _ => {}
        }
    }

    /// A message being written: a comment on records, or a mail for each of them.
    fn composed(&mut self, values: &Record, is_made: bool) {
        let is_mass = text(values, "composition_mode") == Some("mass_mail");
        let records = records(values);
        let on = text(values, "model").unwrap_or_default();
        let has_template = values.get("template_id").and_then(id).is_some();
        let names_partners = self.partners(values, "partner_ids");
        if is_by_domain(values) {
            self.other("whoever belongs to the records that its domain finds then");
        }
        if is_mass {
            return self.mailed_for_each(values, names_partners);
        }
        self.authors.insert(values.get("author_id").and_then(id).map_or(Author::User, Author::Partner));
        // What its template or the message before it names, Odoo fills in when the form is made; for several records later.
        if has_template && (records.len() > 1 || !is_made && !values.contains_key("partner_ids")) {
            self.other("whom its template names");
        }
        if !is_made && values.get("parent_id").and_then(id).is_some() && !values.contains_key("partner_ids") {
            self.other("whom the message that it answers names");
        }
        let skips = values.get("notify_skip_followers") == Some(&Value::Bool(true))
            || !is_made && text(values, "composition_comment_option") == Some("forward");
        if !skips && !on.is_empty() && !records.is_empty() {
            let kind = values.get("subtype_id").and_then(id).map_or(Kind::Comment, Kind::Subtype);
            self.followed.entry((on.to_owned(), kind)).or_default().extend(records);
        }
    }

    /// A mail for each record: to whom its template names, else to whom the form names, else to the record's own contact.
    fn mailed_for_each(&mut self, values: &Record, names_partners: bool) {
        self.authors.insert(Author::Nobody);
        let (records, by_domain) = (records(values), is_by_domain(values));
        let each = match records.len() {
            _ if by_domain => "each record that its domain finds then".to_owned(),
            1 => "1 record".to_owned(),
            count => format!("each of {count} records"),
        };
        let to = if values.get("template_id").and_then(id).is_some() {
            self.other("whom its template names for each record");
            "to whom its template names"
        } else if names_partners {
            "to the same recipients"
        } else {
            if let Some(model) = text(values, "model").filter(|_| !by_domain) {
                self.contacts.entry(model.to_owned()).or_default().extend(records);
            }
            "to each record's own contact"
        };
        self.note(format!("A mail of its own goes out for {each}, {to}."));
    }

    /// An invoice being sent. By mail it is a note on the invoice, which names its recipients.
    fn invoiced(&mut self, values: &Record) {
        let methods = values.get("sending_methods").and_then(Value::as_array);
        let methods: Option<Vec<&str>> = methods.map(|all| all.iter().filter_map(Value::as_str).collect());
        let is_mail = match &methods {
            Some(methods) => methods.contains(&"email"),
            // Odoo says `false` where nothing is ticked, and before 18 there was a box instead.
            None if values.contains_key("sending_methods") => false,
            None => values.get("checkbox_send_mail") != Some(&Value::Bool(false)),
        };
        self.authors.insert(Author::User);
        if is_mail {
            self.partners(values, "mail_partner_ids");
            if let Some(invoice) = values.get("move_id").and_then(id) {
                self.followed.entry(("account.move".to_owned(), Kind::Note)).or_default().insert(invoice);
            }
        } else {
            self.note("E-mail is not ticked: no mail goes out.");
        }
        for method in methods.into_iter().flatten().filter(|method| !matches!(*method, "email" | "manual")) {
            self.note(format!("It is also sent by {}, to the invoice's own contact.", one_line(method, 40)));
        }
    }

    /// A message on a record.
    fn message(&mut self, values: &Record) {
        self.authors.insert(values.get("author_id").and_then(id).map_or(Author::User, Author::Partner));
        self.partners(values, "partner_ids");
        self.written(values, &["outgoing_email_to", "email_to"]);
        let on = text(values, "model").unwrap_or_default();
        if let Some(record) = values.get("res_id").and_then(id).filter(|_| !on.is_empty()) {
            let kind = values.get("subtype_id").and_then(id).map_or(Kind::Any, Kind::Subtype);
            self.followed.entry((on.to_owned(), kind)).or_default().insert(record);
        }
    }

    /// A text message being written: to numbers, or to the contacts of records.
    fn texted(&mut self, values: &Record) {
        self.authors.insert(Author::Nobody);
        let numbers = ["numbers", "recipient_single_number_itf"];
        self.written(values, &numbers);
        let records = records(values);
        let on = text(values, "res_model").unwrap_or_default();
        if numbers.iter().all(|name| text(values, name).is_none()) && !on.is_empty() {
            self.contacts.entry(on.to_owned()).or_default().extend(records);
            self.note("It goes to the phone numbers that these contacts have.");
        }
    }

    /// Adds the partners of a field, and tells whether there are any.
    fn partners(&mut self, values: &Record, field: &str) -> bool {
        let before = self.named.len() + self.addresses.len();
        for item in values.get(field).and_then(Value::as_array).into_iter().flatten() {
            match (item.as_i64(), item.get(0).and_then(Value::as_i64), item.get(2)) {
                (Some(partner), ..) => drop(self.named.insert(partner)),
                (None, Some(4), _) => self.named.extend(item.get(1).and_then(Value::as_i64)),
                (None, Some(6), Some(ids)) => {
                    self.named.extend(ids.as_array().into_iter().flatten().filter_map(Value::as_i64));
                }
                // A contact that is made together with the message.
                (None, Some(0), Some(Value::Object(new))) => {
                    let (name, email) = (text(new, "name").unwrap_or("a new contact"), text(new, "email"));
                    self.addresses.insert(match email {
                        Some(email) => format!("{name} <{email}>"),
                        None => format!("{name} (no e-mail address)"),
                    });
                }
                _ => {}
            }
        }
        self.named.len() + self.addresses.len() > before
    }

    /// Adds addresses and numbers as they stand in these fields.
    fn written(&mut self, values: &Record, fields: &[&str]) {
        self.addresses.extend(fields.iter().filter_map(|field| text(values, field)).map(str::to_owned));
    }
}

/// Whether Odoo finds the records of a form by a domain, when it sends.
fn is_by_domain(values: &Record) -> bool {
    text(values, "res_domain").is_some_and(|domain| domain.trim() != "[]")
}

/// The records that a form is about: a Python list as text, or one id.
fn records(values: &Record) -> Vec<i64> {
    let listed = text(values, "res_ids").unwrap_or_default();
    let ids: Vec<i64> = listed.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    if ids.is_empty() { values.get("res_id").and_then(id).into_iter().collect() } else { ids }
}

/// The id of a link, alone or with its name.
pub(super) fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.get(0)?.as_i64()).filter(|id| *id > 0)
}

fn text<'a>(values: &'a Record, field: &str) -> Option<&'a str> {
    values.get(field).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    #[expect(clippy::needless_pass_by_value, reason = "values made on the spot")]
    fn of(model: &str, values: Value, is_made: bool) -> Addressees {
        let mut wanted = Addressees::default();
        wanted.add(model, values.as_object().unwrap(), is_made);
        wanted
    }

    fn followed(wanted: &Addressees) -> Vec<(&str, Kind, Vec<i64>)> {
        let all = wanted.followed.iter();
        all.map(|((model, kind), ids)| (model.as_str(), *kind, ids.iter().copied().collect())).collect()
    }

    #[test]
    fn a_comment_goes_to_whom_it_names_and_to_the_followers_of_its_records() {
        let values = json!({
            "composition_mode": "comment", "model": "sale.order", "res_ids": "[3, 5]", "partner_ids": [[6, 0, [9]], [4, 10, 0]],
        });
        let wanted = of(COMPOSER, values, false);
        assert_eq!(wanted.named, BTreeSet::from([9, 10]));
        assert_eq!(followed(&wanted), [("sale.order", Kind::Comment, vec![3, 5])]);
        assert_eq!(wanted.authors, BTreeSet::from([Author::User]));
        let read = json!({
            "composition_mode": "comment", "model": "sale.order", "res_ids": "[3]", "partner_ids": [9],
            "subtype_id": [2, "Note"], "author_id": [7, "Ann"], "template_id": [1, "T"], "notify_skip_followers": false,
        });
        let wanted = of(COMPOSER, read.clone(), true);
        assert_eq!(followed(&wanted), [("sale.order", Kind::Subtype(2), vec![3])]);
        assert_eq!(wanted.authors, BTreeSet::from([Author::Partner(7)]));
        assert!(wanted.others.is_empty(), "Odoo has filled in by now what its template names");
        let mut forwarded = read;
        forwarded["notify_skip_followers"] = json!(true);
        assert!(followed(&of(COMPOSER, forwarded, true)).is_empty());
    }

    #[test]
    fn what_a_template_or_an_answered_message_names_is_told_to_be_open() {
        let base = json!({"model": "sale.order", "res_ids": "[3]", "template_id": 5});
        assert_eq!(of(COMPOSER, base.clone(), false).others, ["whom its template names"]);
        let answer = json!({"model": "sale.order", "res_ids": "[3]", "parent_id": 5});
        assert_eq!(of(COMPOSER, answer, false).others, ["whom the message that it answers names"]);
        let mut named = base;
        named["partner_ids"] = json!([[6, 0, [9]]]);
        assert!(of(COMPOSER, named, false).others.is_empty());
    }

    #[test]
    fn a_mail_for_each_record_goes_to_each_record_s_own_contact() {
        let values = json!({"composition_mode": "mass_mail", "model": "crm.lead", "res_ids": "[3, 5]"});
        let wanted = of(COMPOSER, values.clone(), true);
        assert_eq!(wanted.contacts["crm.lead"], BTreeSet::from([3, 5]));
        assert!(wanted.followed.is_empty() && wanted.others.is_empty());
        assert!(wanted.notes[0].contains("each of 2 records, to each record's own contact"), "{:?}", wanted.notes);
        let with = |name: &str, value: Value| {
            let mut values = values.clone();
            values[name] = value;
            of(COMPOSER, values, true)
        };
        assert!(with("partner_ids", json!([9])).contacts.is_empty(), "then all of them go to whom the form names");
        assert_eq!(with("template_id", json!([1, "T"])).others, ["whom its template names for each record"]);
        assert!(with("res_domain", json!("[('id', '>', 0)]")).notes[0].contains("each record that its domain finds"));
    }

    #[test]
    fn an_invoice_goes_by_the_ways_that_are_ticked() {
        let by = |methods: Value| {
            of(
                INVOICE_SENDER,
                json!({"move_id": [8, "INV/1"], "mail_partner_ids": [4], "sending_methods": methods}),
                true,
            )
        };
        let mailed = by(json!(["email", "snailmail"]));
        assert_eq!((mailed.named.len(), followed(&mailed)), (1, vec![("account.move", Kind::Note, vec![8])]));
        assert_eq!(mailed.notes, ["It is also sent by snailmail, to the invoice's own contact."]);
        for none in [json!([]), json!(false), json!(["manual"])] {
            let wanted = by(none.clone());
            assert!(wanted.named.is_empty() && wanted.followed.is_empty(), "{none}");
            assert_eq!(wanted.notes, ["E-mail is not ticked: no mail goes out."]);
        }
        let before_18 = |ticked: bool| {
            of(INVOICE_SENDER, json!({"mail_partner_ids": [4], "checkbox_send_mail": ticked}), true).named.len()
        };
        assert_eq!((before_18(true), before_18(false)), (1, 0));
    }

    #[test]
    fn mail_and_text_messages_go_where_they_are_written_to() {
        let mail = json!({"email_to": "a@x.example", "email_cc": "b@x.example", "recipient_ids": [[6, 0, [3]]]});
        let wanted = of("mail.mail", mail, false);
        assert_eq!(wanted.addresses, BTreeSet::from(["a@x.example".into(), "b@x.example".into()]));
        assert_eq!(wanted.named, BTreeSet::from([3]));
        let text = of("sms.sms", json!({"number": "+32 1", "partner_id": 4}), false);
        assert_eq!((text.named.first(), text.addresses.first().map(String::as_str)), (Some(&4), Some("+32 1")));
        let message =
            of("mail.message", json!({"model": "sale.order", "res_id": 3, "partner_ids": [[4, 9, 0]]}), false);
        assert_eq!(followed(&message), [("sale.order", Kind::Any, vec![3])]);
        assert_eq!(message.named, BTreeSet::from([9]));
        let composer = of("sms.composer", json!({"res_model": "crm.lead", "res_ids": "[3, 4]"}), false);
        assert_eq!(composer.contacts["crm.lead"].len(), 2);
        let numbers = json!({"res_model": "crm.lead", "res_ids": "[3]", "numbers": "+32 1,+32 2"});
        assert!(of("sms.composer", numbers, false).contacts.is_empty());
        assert_eq!(of("res.partner", json!({"email": "a@x.example"}), false), Addressees::default());
    }

    #[test]
    fn a_contact_made_with_the_message_is_named_as_it_will_be() {
        let new = json!({"partner_ids": [[0, 0, {"name": "New", "email": "new@x.example"}]]});
        assert_eq!(of(COMPOSER, new, false).addresses, BTreeSet::from(["New <new@x.example>".into()]));
    }
}

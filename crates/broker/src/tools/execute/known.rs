//! Business methods whose doing is known: in words, with effects, severity and the way back. What Odoo's own modules do is
//! the least that happens; other apps may add to it.

mod documents;
mod wizards;

use gatehouse_core::{Effect, Severity, Undo, UndoCall};
use gatehouse_odoo::Fields;
use serde_json::{Map, Value, json};

/// A method whose doing is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Empty for what every model of a kind can do.
    pub(super) model: &'static str,
    pub(super) method: &'static str,
    /// What it does, a sentence or two.
    pub(super) words: &'static str,
    pub(super) effects: &'static [Effect],
    pub(super) severity: Severity,
    /// The arguments that are part of what is known. Any other makes the call an unknown one.
    kwargs: &'static [&'static str],
    back: Back,
    leaves: &'static str,
}

/// Plans an activity; on every model that has activities. An ordinary user cannot create one otherwise: it wants the model's
/// id, and models are closed to them. Gives the activities' ids.
static SCHEDULE: Known = Known {
    kwargs: &["act_type_xmlid", "activity_type_id", "date_deadline", "note", "summary", "user_id"],
    effects: &[Effect::MailPossible],
    back: Back::DeletingGiven("mail.activity"),
    leaves: "Whoever it was assigned to has been told.",
    ..Known::new(
        "",
        "activity_schedule",
        "Plans an activity on each record: for nobody unless user_id says whom, who is then told, and a to-do for today \
         unless kind and day are given.",
    )
};

/// How it is taken back.
#[derive(Debug, Clone, Copy)]
enum Back {
    /// These methods on the same records, in order.
    By(&'static [&'static str]),
    /// These methods on the records of this model that it made and opened.
    ByOnMade(&'static str, &'static [&'static str]),
    /// Deleting the records of this model that it made and opened: drafts.
    Deleting(&'static str),
    /// Deleting the records of this model that it gave back.
    DeletingGiven(&'static str),
    /// Making the same records active again.
    Unarchiving,
    /// There is none, and why.
    None(&'static str),
}

impl Known {
    /// The entry for a call, where everything that is called is known.
    pub(super) fn of(model: &str, method: &str, kwargs: &Map<String, Value>) -> Option<&'static Self> {
        let mut all = documents::METHODS.iter().chain(wizards::METHODS);
        all.find(|known| known.model == model && known.method == method).filter(|known| known.takes(kwargs))
    }

    /// The same for a model of these fields: also what every model with activities can do.
    pub(super) fn on(fields: &Fields, method: &str, kwargs: &Map<String, Value>) -> Option<&'static Self> {
        let has_activities =
            || fields.get("activity_ids").is_some_and(|field| field.relation.as_deref() == Some("mail.activity"));
        let planned = || (method == SCHEDULE.method && SCHEDULE.takes(kwargs) && has_activities()).then_some(&SCHEDULE);
        Self::of(fields.model(), method, kwargs).or_else(planned)
    }

    /// Whether it plans activities: then whom they are for is told, and nobody else.
    pub(super) fn is_planning(&self) -> bool {
        self.method == SCHEDULE.method
    }

    fn takes(&self, kwargs: &Map<String, Value>) -> bool {
        kwargs.keys().all(|name| self.kwargs.contains(&name.as_str()))
    }

    /// The methods of a wizard that are known.
    pub(super) fn of_wizard(model: &str) -> impl Iterator<Item = &'static Self> {
        wizards::METHODS.iter().filter(move |known| known.model == model)
    }

    /// Whether records of `model` are made for a known wizard only: Odoo removes them by itself.
    pub(super) fn is_wizard(model: &str) -> bool {
        Self::of_wizard(model).next().is_some()
    }

    /// How a call on `ids` is taken back that made or opened `made`, records of `opened`.
    pub(super) fn undo(&self, ids: &[i64], opened: Option<&str>, made: &[i64]) -> Undo {
        let run = |model: &str, ids: &[i64], method: &&str| UndoCall {
            tool: super::NAME.to_owned(),
            arguments: json!({"model": model, "method": method, "ids": ids}),
        };
        let calls: Vec<UndoCall> = match self.back {
            Back::By(methods) => methods.iter().map(|method| run(self.model, ids, method)).collect(),
            Back::ByOnMade(model, methods) if opened == Some(model) && !made.is_empty() => {
                methods.iter().map(|method| run(model, made, method)).collect()
            }
            Back::Deleting(model) if opened == Some(model) && !made.is_empty() => vec![deleting(model, made)],
            Back::DeletingGiven(model) if !made.is_empty() => vec![deleting(model, made)],
            Back::Unarchiving => vec![UndoCall {
                tool: super::super::WRITE.to_owned(),
                arguments: json!({"model": self.model, "ids": ids, "values": {"active": true}}),
            }],
            Back::ByOnMade(..) | Back::Deleting(_) | Back::DeletingGiven(_) => {
                return Undo::none("Odoo did not say which records it made, so nothing can be taken back.");
            }
            Back::None(why) => return Undo::none(why),
        };
        let undo = Undo::Calls { calls, leaves: Vec::new() };
        if self.leaves.is_empty() { undo } else { undo.leaving(self.leaves) }
    }

    const fn new(model: &'static str, method: &'static str, words: &'static str) -> Self {
        Self {
            model,
            method,
            words,
            effects: &[Effect::State],
            severity: Severity::Medium,
            kwargs: &[],
            back: Back::None("Odoo has no way back for this."),
            leaves: "",
        }
    }

    const fn doing(self, effects: &'static [Effect]) -> Self {
        Self { effects, ..self }
    }

    const fn high(self) -> Self {
        Self { severity: Severity::High, ..self }
    }

    const fn taking(self, kwargs: &'static [&'static str]) -> Self {
        Self { kwargs, ..self }
    }

    const fn back_by(self, methods: &'static [&'static str]) -> Self {
        Self { back: Back::By(methods), ..self }
    }

    const fn back_by_on_made(self, model: &'static str, methods: &'static [&'static str]) -> Self {
        Self { back: Back::ByOnMade(model, methods), ..self }
    }

    const fn back_by_deleting(self, model: &'static str) -> Self {
        Self { back: Back::Deleting(model), ..self }
    }

    const fn back_by_unarchiving(self) -> Self {
        Self { back: Back::Unarchiving, ..self }
    }

    const fn no_way_back(self, why: &'static str) -> Self {
        Self { back: Back::None(why), ..self }
    }

    const fn leaving(self, leaves: &'static str) -> Self {
        Self { leaves, ..self }
    }
}

impl Known {
    /// Whether there is a way back, and what stays all the same: for the card.
    pub(super) fn way_back_in_words(&self) -> String {
        let way = match self.back {
            Back::By(methods) | Back::ByOnMade(_, methods) => {
                format!("It can be taken back by {}.", methods.join(" and "))
            }
            Back::Deleting(_) | Back::DeletingGiven(_) => "It can be taken back by deleting what it makes.".to_owned(),
            Back::Unarchiving => "It can be taken back by making the records active again.".to_owned(),
            Back::None("Nothing was changed.") => return "It changes nothing that would have to be taken back.".into(),
            Back::None("Odoo has no way back for this.") => return "There is no way back.".into(),
            Back::None(why) => return format!("There is no way back: {why}"),
        };
        if self.leaves.is_empty() { way } else { format!("{way} {}", self.leaves) }
    }
}

fn deleting(model: &str, ids: &[i64]) -> UndoCall {
    UndoCall { tool: super::super::UNLINK.to_owned(), arguments: json!({"model": model, "ids": ids}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Known> {
        documents::METHODS.iter().chain(wizards::METHODS)
    }

    #[test]
    fn each_method_stands_once_with_words_and_sorted_effects() {
        let mut seen = std::collections::BTreeSet::new();
        for known in all() {
            assert!(seen.insert((known.model, known.method)), "{} {}", known.model, known.method);
            assert!(known.words.ends_with('.') && !known.words.is_empty(), "{}", known.words);
            assert!(known.effects.windows(2).all(|pair| pair[0] < pair[1]), "{} {}", known.model, known.method);
            assert!(super::super::refused::why(known.model, known.method).is_none(), "{}", known.method);
        }
    }

    #[test]
    fn the_way_back_of_a_method_is_a_method_that_is_known_itself() {
        for known in all() {
            if let Back::By(methods) | Back::ByOnMade(_, methods) = known.back {
                let model = if let Back::ByOnMade(model, _) = known.back { model } else { known.model };
                for method in methods {
                    assert!(Known::of(model, method, &Map::new()).is_some(), "{model} {method}");
                }
            }
        }
    }

    #[test]
    fn an_argument_that_is_not_known_makes_the_call_unknown() {
        let with = |name: &str| Map::from_iter([(name.to_owned(), json!("x"))]);
        assert!(Known::of("mail.activity", "action_feedback", &with("feedback")).is_some());
        assert!(Known::of("mail.activity", "action_feedback", &with("anything")).is_none());
        assert!(Known::of("crm.lead", "action_set_lost", &with("user_id")).is_none());
    }

    #[test]
    fn confirming_an_order_goes_back_by_cancel_and_draft_and_says_what_stays() {
        let known = Known::of("sale.order", "action_confirm", &Map::new()).unwrap();
        let Undo::Calls { calls, leaves } = known.undo(&[7], None, &[]) else { panic!("no way back") };
        let methods: Vec<_> = calls.iter().map(|call| call.arguments["method"].as_str().unwrap()).collect();
        assert_eq!(methods, ["action_cancel", "action_draft"]);
        assert_eq!(calls[0].arguments["ids"], json!([7]));
        assert!(leaves[0].contains("order date"), "{leaves:?}");
    }

    #[test]
    fn an_activity_is_planned_on_models_that_have_them_and_goes_back_by_deleting_it() {
        let fields = |model: &str, table: Value| Fields::parse(model, table).unwrap();
        let lead = fields("crm.lead", json!({"activity_ids": {"type": "one2many", "relation": "mail.activity"}}));
        let kwargs = Map::from_iter([("user_id".to_owned(), json!(2))]);
        let known = Known::on(&lead, "activity_schedule", &kwargs).unwrap();
        assert_eq!((known.effects, known.severity), ([Effect::MailPossible].as_slice(), Severity::Medium));
        let Undo::Calls { calls, .. } = known.undo(&[7], None, &[63]) else { panic!("no way back") };
        assert_eq!(calls[0].arguments, json!({"model": "mail.activity", "ids": [63]}));
        assert!(matches!(known.undo(&[7], None, &[]), Undo::None { .. }));
        let other = Map::from_iter([("automated".to_owned(), json!(true))]);
        assert!(Known::on(&lead, "activity_schedule", &other).is_none());
        let country = fields("res.country", json!({"activity_ids": {"type": "char"}}));
        assert!(Known::on(&country, "activity_schedule", &kwargs).is_none());
        assert!(Known::on(&lead, "action_set_won", &Map::new()).is_some());
    }

    #[test]
    fn the_card_says_whether_there_is_a_way_back_and_what_stays() {
        let words = |model: &str, method: &str| Known::of(model, method, &Map::new()).unwrap().way_back_in_words();
        let confirmed = words("sale.order", "action_confirm");
        assert!(confirmed.starts_with("It can be taken back by action_cancel and action_draft. The order date"));
        assert_eq!(
            words("mail.compose.message", "action_send_mail"),
            "There is no way back: A message that went out does not come back."
        );
        assert!(words("sale.order", "action_quotation_send").starts_with("It changes nothing"));
        assert!(words("sale.advance.payment.inv", "create_invoices").contains("deleting what it makes"));
        assert!(words("crm.lead", "action_set_lost").contains("active again. The probability"));
        for known in all() {
            let words = known.way_back_in_words();
            assert!(words.ends_with('.') && words.len() > 10, "{} {}: {words}", known.model, known.method);
        }
    }

    #[test]
    fn what_a_wizard_made_is_deleted_where_it_is_known() {
        let known = Known::of("sale.advance.payment.inv", "create_invoices", &Map::new()).unwrap();
        let Undo::Calls { calls, .. } = known.undo(&[3], Some("account.move"), &[62]) else { panic!("no way back") };
        assert_eq!((calls[0].tool.as_str(), &calls[0].arguments["ids"]), ("odoo_unlink", &json!([62])));
        assert!(matches!(known.undo(&[3], None, &[]), Undo::None { .. }));
        assert!(Known::is_wizard("sale.advance.payment.inv") && !Known::is_wizard("sale.order"));
    }
}

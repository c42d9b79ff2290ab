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
    /// Fields that it changes in every record that was not so already; empty where it fails on such records, or where no
    /// field tells.
    moves: &'static [&'static str],
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

/// What a call came to that ran.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ran<'a> {
    /// The records that it ran on.
    pub(super) ids: &'a [i64],
    /// The model of what it made or opened.
    pub(super) opened: Option<&'a str>,
    /// The records that it made or opened.
    pub(super) made: &'a [i64],
}

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

    /// The records on which methods take it back, by their model; none where no method does.
    pub(super) fn back_on<'a>(&self, ran: &Ran<'a>) -> Option<(&'static str, &'a [i64])> {
        match self.back {
            Back::By(_) => Some((self.model, ran.ids)),
            Back::ByOnMade(model, _) if ran.opened == Some(model) && !ran.made.is_empty() => Some((model, ran.made)),
            _ => None,
        }
    }

    /// How a call that ran is taken back. `before` and `left` are the states of its records, by record and field; `left` is
    /// none where they could not be read.
    pub(super) fn undo(&self, ran: &Ran<'_>, before: &Value, left: Option<&Value>) -> Undo {
        let (opened, made) = (ran.opened, ran.made);
        let run = |(place, (model, ids, method)): (usize, (&str, &[i64], &&str))| UndoCall {
            // Later ones run on what the first one leaves.
            left: left.filter(|_| place == 0).cloned().unwrap_or_default(),
            ..UndoCall::new(super::NAME, json!({"model": model, "method": method, "ids": ids}))
        };
        let calls: Vec<UndoCall> = match self.back {
            Back::By(methods) => {
                let ids = self.moved(ran.ids, before, left);
                if ids.is_empty() {
                    return Undo::none("It changed nothing: that is how it was before.");
                }
                methods.iter().map(|method| (self.model, ids.as_slice(), method)).enumerate().map(run).collect()
            }
            Back::ByOnMade(model, methods) if opened == Some(model) && !made.is_empty() => {
                methods.iter().map(|method| (model, made, method)).enumerate().map(run).collect()
            }
            Back::Deleting(model) if opened == Some(model) && !made.is_empty() => vec![deleting(model, made)],
            Back::DeletingGiven(model) if !made.is_empty() => vec![deleting(model, made)],
            Back::ByOnMade(..) | Back::Deleting(_) | Back::DeletingGiven(_) => {
                return Undo::none("Odoo did not say which records it made, so nothing can be taken back.");
            }
            Back::None(why) => return Undo::none(why),
        };
        let mut undo = Undo::Calls { calls, leaves: Vec::new() };
        if !self.leaves.is_empty() {
            undo = undo.leaving(self.leaves);
        }
        if !self.is_planning()
            && self.effects.iter().any(|effect| matches!(effect, Effect::Mail | Effect::MailPossible))
        {
            undo = undo.leaving("A message that went out stays.");
        }
        if left.is_none() && self.back_on(ran).is_some() {
            undo = undo.leaving("Whether somebody has changed these records since is not known.");
        }
        undo
    }

    /// Those of the records that it changed. One that was so already is not taken back: it was not this call's doing.
    fn moved(&self, ids: &[i64], before: &Value, left: Option<&Value>) -> Vec<i64> {
        let is_moved = |id: &&i64| {
            let id = id.to_string();
            let (Some(before), Some(left)) = (before.get(&id), left.and_then(|left| left.get(&id))) else {
                return true;
            };
            let mut known = self.moves.iter().filter(|name| before.get(**name).is_some()).peekable();
            known.peek().is_none() || known.any(|name| before.get(*name) != left.get(*name))
        };
        ids.iter().filter(is_moved).copied().collect()
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
            moves: &[],
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

    const fn moving(self, moves: &'static [&'static str]) -> Self {
        Self { moves, ..self }
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
            Back::None("Nothing was changed.") => return "It changes nothing that would have to be taken back.".into(),
            Back::None("Odoo has no way back for this.") => return "There is no way back.".into(),
            Back::None(why) => return format!("There is no way back: {why}"),
        };
        if self.leaves.is_empty() { way } else { format!("{way} {}", self.leaves) }
    }
}

fn deleting(model: &str, ids: &[i64]) -> UndoCall {
    UndoCall::new(super::super::UNLINK, json!({"model": model, "ids": ids}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Known> {
        documents::METHODS.iter().chain(wizards::METHODS)
    }

    fn undone(known: &Known, ids: &[i64], opened: Option<&str>, made: &[i64]) -> Undo {
        known.undo(&Ran { ids, opened, made }, &Value::Null, Some(&Value::Null))
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
        let Undo::Calls { calls, leaves } = undone(known, &[7], None, &[]) else { panic!("no way back") };
        let methods: Vec<_> = calls.iter().map(|call| call.arguments["method"].as_str().unwrap()).collect();
        assert_eq!(methods, ["action_cancel", "action_draft"]);
        assert_eq!(calls[0].arguments["ids"], json!([7]));
        assert!(leaves[0].contains("order date"), "{leaves:?}");
    }

    #[test]
    fn only_what_a_method_moved_is_moved_back_and_what_it_left_is_kept() {
        let known = Known::of("sale.order", "action_lock", &Map::new()).unwrap();
        let state = |seven: bool, eight: bool| json!({"7": {"state": "sale", "locked": seven}, "8": {"state": "sale", "locked": eight}});
        let ran = Ran { ids: &[7, 8], opened: None, made: &[] };
        let left = state(true, true);
        let Undo::Calls { calls, leaves } = known.undo(&ran, &state(true, false), Some(&left)) else {
            panic!("no way back")
        };
        assert_eq!((&calls[0].arguments["ids"], &calls[0].left), (&json!([8]), &left));
        assert!(leaves.is_empty(), "{leaves:?}");
        assert!(matches!(known.undo(&ran, &left, Some(&left)), Undo::None { .. }), "both were locked before");
        let Undo::Calls { calls, leaves } = known.undo(&ran, &state(true, false), None) else { panic!("no way back") };
        assert_eq!(calls[0].arguments["ids"], json!([7, 8]));
        assert!(leaves[0].contains("is not known"), "{leaves:?}");
    }

    #[test]
    fn an_activity_is_planned_on_models_that_have_them_and_goes_back_by_deleting_it() {
        let fields = |model: &str, table: Value| Fields::parse(model, table).unwrap();
        let lead = fields("crm.lead", json!({"activity_ids": {"type": "one2many", "relation": "mail.activity"}}));
        let kwargs = Map::from_iter([("user_id".to_owned(), json!(2))]);
        let known = Known::on(&lead, "activity_schedule", &kwargs).unwrap();
        assert_eq!((known.effects, known.severity), ([Effect::MailPossible].as_slice(), Severity::Medium));
        let Undo::Calls { calls, .. } = undone(known, &[7], None, &[63]) else { panic!("no way back") };
        assert_eq!(calls[0].arguments, json!({"model": "mail.activity", "ids": [63]}));
        assert!(matches!(undone(known, &[7], None, &[]), Undo::None { .. }));
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
        assert!(
            words("crm.lead", "action_set_lost").starts_with("It can be taken back by action_restore. Its probability")
        );
        for known in all() {
            let words = known.way_back_in_words();
            assert!(words.ends_with('.') && words.len() > 10, "{} {}: {words}", known.model, known.method);
        }
    }

    #[test]
    fn what_a_wizard_made_is_deleted_where_it_is_known() {
        let known = Known::of("sale.advance.payment.inv", "create_invoices", &Map::new()).unwrap();
        let Undo::Calls { calls, .. } = undone(known, &[3], Some("account.move"), &[62]) else { panic!("no way back") };
        assert_eq!((calls[0].tool.as_str(), &calls[0].arguments["ids"]), ("odoo_unlink", &json!([62])));
        assert!(matches!(undone(known, &[3], None, &[]), Undo::None { .. }));
        assert!(Known::is_wizard("sale.advance.payment.inv") && !Known::is_wizard("sale.order"));
    }
}

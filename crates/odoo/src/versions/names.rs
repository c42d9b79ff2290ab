//! Models, fields and methods that are called otherwise in another version, so that whoever knows the wrong one is told the
//! right one. Only what was found in Odoo's own migrations and on running servers stands here.

use super::Release;
use crate::{Fields, Version};
use std::iter::successors;

/// From the first version on.
const EVER: Release = (0, 0);
/// To the last version there is.
const NEVER: Release = (u16::MAX, 0);
/// How many names are followed from one to the next.
const MOST_STEPS: usize = 4;

/// One thing and its names, each with the release from which it holds.
struct Renamed {
    /// The models that have it; empty for a model itself.
    models: &'static [&'static str],
    names: &'static [(Release, &'static str)],
}

/// A name that lived for a while, and the name of something else that serves where it does not live.
struct Replaced {
    models: &'static [&'static str],
    name: &'static str,
    from: Release,
    until: Release,
    by: &'static str,
}

const fn renamed(models: &'static [&'static str], names: &'static [(Release, &'static str)]) -> Renamed {
    Renamed { models, names }
}

const fn gone(models: &'static [&'static str], name: &'static str, until: Release, by: &'static str) -> Replaced {
    Replaced { models, name, from: EVER, until, by }
}

static FIELDS: [Renamed; 23] = [
    renamed(&["project.task"], &[(EVER, "user_id"), ((15, 0), "user_ids")]),
    renamed(&["stock.picking"], &[(EVER, "move_lines"), ((16, 0), "move_ids")]),
    renamed(&["stock.rule"], &[(EVER, "location_id"), ((16, 0), "location_dest_id")]),
    renamed(&["account.analytic.line"], &[(EVER, "move_id"), ((16, 0), "move_line_id")]),
    renamed(&["stock.move"], &[(EVER, "quantity_done"), ((17, 0), "quantity")]),
    renamed(&["stock.move.line"], &[(EVER, "qty_done"), ((17, 0), "quantity")]),
    renamed(&["project.task"], &[(EVER, "planned_hours"), ((17, 0), "allocated_hours")]),
    renamed(&["mail.tracking.value"], &[(EVER, "field"), ((17, 0), "field_id")]),
    renamed(&["account.move"], &[(EVER, "payment_id"), ((18, 0), "origin_payment_id")]),
    renamed(&["account.move"], &[(EVER, "reversal_move_id"), ((18, 0), "reversal_move_ids")]),
    renamed(&["account.payment"], &[(EVER, "ref"), ((18, 0), "memo")]),
    renamed(&["project.project"], &[(EVER, "analytic_account_id"), ((18, 0), "account_id")]),
    renamed(&["sale.order.line"], &[(EVER, "tax_id"), ((19, 0), "tax_ids")]),
    renamed(&["purchase.order.line"], &[(EVER, "taxes_id"), ((19, 0), "tax_ids")]),
    renamed(&["sale.order.line", "purchase.order.line"], &[(EVER, "product_uom"), ((19, 0), "product_uom_id")]),
    renamed(&["purchase.order"], &[(EVER, "notes"), ((19, 0), "note")]),
    renamed(
        &["res.users", "ir.actions.act_window", "ir.actions.report", "ir.actions.server", "ir.ui.menu", "ir.ui.view"],
        &[(EVER, "groups_id"), ((19, 0), "group_ids")],
    ),
    renamed(&["res.groups"], &[(EVER, "users"), ((19, 0), "user_ids")]),
    renamed(&["crm.stage"], &[(EVER, "team_id"), ((19, 0), "team_ids")]),
    renamed(&["product.product"], &[(EVER, "packaging_ids"), ((19, 0), "product_uom_ids")]),
    renamed(&["stock.move.line"], &[(EVER, "package_level_id"), ((19, 0), "package_history_id")]),
    renamed(&["stock.picking"], &[(EVER, "package_level_ids"), ((19, 0), "package_history_ids")]),
    renamed(&["stock.route"], &[(EVER, "packaging_selectable"), ((19, 0), "package_type_selectable")]),
];

static REPLACED_FIELDS: [Replaced; 10] = [
    gone(&["account.account"], "user_type_id", (16, 0), "account_type"),
    gone(&["account.move.line"], "analytic_account_id", (16, 0), "analytic_distribution"),
    gone(&["stock.move.line"], "reserved_uom_qty", (17, 0), "quantity"),
    gone(&["project.task"], "kanban_state", (17, 0), "state"),
    gone(&["res.partner", "crm.lead"], "mobile", (19, 0), "phone"),
    gone(&["product.template", "product.product"], "uom_po_id", (19, 0), "uom_id"),
    gone(&["stock.picking"], "move_ids_without_package", (19, 0), "move_ids"),
    gone(&["account.move"], "type", EVER, "move_type"),
    Replaced {
        models: &["product.template", "product.product"],
        name: "detailed_type",
        from: (15, 0),
        until: (18, 0),
        by: "type",
    },
    Replaced {
        models: &["product.template", "product.product"],
        name: "is_storable",
        from: (18, 0),
        until: NEVER,
        by: "detailed_type",
    },
];

static MODELS: [Renamed; 15] = [
    renamed(&[], &[(EVER, "stock.location.route"), ((16, 0), "stock.route")]),
    renamed(&[], &[(EVER, "stock.production.lot"), ((16, 0), "stock.lot")]),
    renamed(&[], &[(EVER, "payment.acquirer"), ((16, 0), "payment.provider")]),
    renamed(&[], &[(EVER, "account.analytic.group"), ((16, 0), "account.analytic.plan")]),
    renamed(&[], &[(EVER, "account.tax.report"), ((16, 0), "account.report")]),
    renamed(&[], &[(EVER, "coupon.program"), ((16, 0), "loyalty.program")]),
    renamed(&[], &[(EVER, "coupon.coupon"), ((16, 0), "loyalty.card")]),
    renamed(&[], &[(EVER, "coupon.reward"), ((16, 0), "loyalty.reward")]),
    renamed(&[], &[(EVER, "coupon.rule"), ((16, 0), "loyalty.rule")]),
    renamed(&[], &[(EVER, "mail.channel"), ((17, 0), "discuss.channel")]),
    renamed(
        &[],
        &[(EVER, "mail.channel.partner"), ((16, 0), "mail.channel.member"), ((17, 0), "discuss.channel.member")],
    ),
    renamed(&[], &[(EVER, "stock.quant.package"), ((19, 0), "stock.package")]),
    renamed(&[], &[(EVER, "stock.package_level"), ((19, 0), "stock.package.history")]),
    renamed(&[], &[(EVER, "procurement.group"), ((19, 0), "stock.reference")]),
    renamed(&[], &[(EVER, "product.packaging"), ((19, 0), "product.uom")]),
];

static REPLACED_MODELS: [Replaced; 4] = [
    gone(&[], "account.invoice", EVER, "account.move"),
    gone(&[], "account.invoice.line", EVER, "account.move.line"),
    gone(&[], "account.invoice.tax", EVER, "account.move.line"),
    gone(&[], "hr.contract", (19, 0), "hr.version"),
];

static METHODS: [Renamed; 2] = [
    renamed(&["sale.order"], &[(EVER, "action_done"), ((17, 0), "action_lock")]),
    renamed(&["purchase.order"], &[(EVER, "button_done"), ((19, 0), "button_lock")]),
];

/// What this version calls a field that another version calls `name`; `None` where nothing is known of it, or where this is
/// its name. Tells names, not that the server has the field: its app may not be installed.
pub fn renamed_field(model: &str, name: &str, version: Version) -> Option<&'static str> {
    renamed_in(&FIELDS, &REPLACED_FIELDS, model, name, version)
}

/// What this version calls a model that another version calls `name`.
pub fn renamed_model(name: &str, version: Version) -> Option<&'static str> {
    renamed_in(&MODELS, &REPLACED_MODELS, "", name, version)
}

/// What this version calls a business method that another version calls `name`.
pub fn renamed_method(model: &str, name: &str, version: Version) -> Option<&'static str> {
    renamed_in(&METHODS, &[], model, name, version)
}

/// The field of this server that another version calls `name`: looked for among the fields that are there, so it also holds
/// on versions between two yearly ones. `None` where nothing fits.
pub fn field_by_another_name(name: &str, fields: &Fields) -> Option<&'static str> {
    let of_model = |models: &[&str]| models.contains(&fields.model());
    let mut known: Vec<&str> = vec![name];
    let mut next = 0;
    while let Some(&name) = known.get(next) {
        next += 1;
        let others = FIELDS.iter().filter(|row| of_model(row.models) && row.names.iter().any(|(_, one)| *one == name));
        let instead = REPLACED_FIELDS.iter().filter(|row| of_model(row.models) && row.name == name).map(|row| row.by);
        for other in others.flat_map(|row| row.names.iter().rev().map(|(_, one)| *one)).chain(instead) {
            if fields.get(other).is_some() {
                return Some(other);
            }
            if !known.contains(&other) {
                known.push(other);
            }
        }
    }
    None
}

fn renamed_in(
    rows: &'static [Renamed],
    replaced: &'static [Replaced],
    model: &str,
    name: &str,
    version: Version,
) -> Option<&'static str> {
    let is_of = |models: &[&str]| models.is_empty() || models.contains(&model);
    let step = |name: &str| {
        let row = rows.iter().find(|row| is_of(row.models) && row.names.iter().any(|(_, one)| *one == name));
        if let Some(row) = row {
            let now = row.names.iter().rfind(|(since, _)| version.is_since(*since)).map(|(_, one)| *one);
            return now.filter(|now| *now != name);
        }
        let lives = |row: &&Replaced| version.is_since(row.from) && !version.is_since(row.until);
        let row = replaced.iter().find(|row| is_of(row.models) && row.name == name);
        row.filter(|row| !lives(row)).map(|row| row.by)
    };
    // What took a name's place may itself be called otherwise in this version.
    successors(step(name), |found| step(found)).take(MOST_STEPS).last().filter(|found| *found != name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn version(release: Release) -> Version {
        Version { major: release.0.max(14), minor: release.1, saas: release.1 > 0 }
    }

    /// The newest version of Odoo Online before a yearly one.
    fn just_before(release: Release) -> Version {
        Version { major: release.0 - 1, minor: 4, saas: true }
    }

    #[test]
    fn every_renamed_field_method_and_model_has_its_old_name_before_and_its_new_one_from_its_release_on() {
        let tables: [(&'static [Renamed], &'static [Replaced]); 3] =
            [(&FIELDS, &REPLACED_FIELDS), (&MODELS, &REPLACED_MODELS), (&METHODS, &[])];
        for (rows, replaced) in tables {
            for row in rows {
                let models = if row.models.is_empty() { &[""] } else { row.models };
                for model in models {
                    let last = row.names[row.names.len() - 1];
                    for pair in row.names.windows(2) {
                        let [(_, old), (since, new)] = pair else { panic!("two of them") };
                        let told = |name, version| renamed_in(rows, replaced, model, name, version);
                        assert_eq!(told(old, version(*since)), Some(*new), "{model}.{old}");
                        assert_eq!(told(old, version((30, 0))), Some(last.1), "{model}.{old}");
                        assert_eq!(told(new, just_before(*since)), Some(*old), "{model}.{new}");
                        assert_eq!(told(new, version(*since)), None, "{model}.{new} is its name");
                        assert_eq!(told(old, just_before(*since)), None, "{model}.{old} is its name");
                    }
                }
            }
        }
    }

    #[test]
    fn every_name_that_is_gone_leads_to_what_took_its_place_and_never_while_it_lives() {
        let tables: [(&'static [Renamed], &'static [Replaced]); 2] =
            [(&FIELDS, &REPLACED_FIELDS), (&MODELS, &REPLACED_MODELS)];
        for (rows, replaced) in tables {
            for row in replaced {
                let model = row.models.first().copied().unwrap_or_default();
                let told = |version| renamed_in(rows, replaced, model, row.name, version);
                if row.until != NEVER {
                    assert!(told(version(row.until)).is_some(), "{model}.{}", row.name);
                }
                if row.from > EVER {
                    assert!(told(just_before(row.from)).is_some(), "{model}.{}", row.name);
                    assert_eq!(told(version(row.from)), None, "{model}.{}", row.name);
                }
                if row.until > (14, 0) && row.until != NEVER {
                    assert_eq!(told(just_before(row.until)), None, "{model}.{}", row.name);
                }
            }
        }
    }

    #[test]
    fn what_agents_trip_over_is_told_both_ways() {
        let told = |model, name, text| renamed_field(model, name, Version::parse(text).unwrap());
        assert_eq!(told("sale.order.line", "tax_id", "19.0"), Some("tax_ids"));
        assert_eq!(told("sale.order.line", "tax_ids", "saas~18.2"), Some("tax_id"));
        assert_eq!(told("res.users", "groups_id", "20.0"), Some("group_ids"));
        assert_eq!(told("res.partner", "mobile", "19.0"), Some("phone"));
        assert_eq!(told("res.partner", "phone", "18.0"), None);
        assert_eq!(told("account.tax", "tax_id", "19.0"), None, "another model's field");
        assert_eq!(told("product.template", "is_storable", "17.0"), Some("detailed_type"));
        assert_eq!(told("product.template", "is_storable", "14.0"), Some("type"));
        assert_eq!(told("product.template", "detailed_type", "14.0"), Some("type"));
        assert_eq!(told("product.template", "detailed_type", "saas~18.1"), Some("type"));
        let model = |name, text| renamed_model(name, Version::parse(text).unwrap());
        assert_eq!(model("account.invoice", "14.0"), Some("account.move"));
        assert_eq!(model("mail.channel.partner", "18.0"), Some("discuss.channel.member"));
        assert_eq!(model("discuss.channel.member", "16.0"), Some("mail.channel.member"));
        assert_eq!(model("res.partner", "19.0"), None);
        let method = |name, text| renamed_method("sale.order", name, Version::parse(text).unwrap());
        assert_eq!(method("action_done", "19.0"), Some("action_lock"));
        assert_eq!(method("action_confirm", "19.0"), None);
    }

    #[test]
    fn a_field_by_another_name_is_one_that_is_there() {
        let fields = |names: &[&str]| {
            let table = names.iter().map(|name| ((*name).to_owned(), json!({"type": "char"}))).collect();
            Fields::parse("product.template", serde_json::Value::Object(table)).unwrap()
        };
        assert_eq!(field_by_another_name("is_storable", &fields(&["type"])), Some("type"));
        assert_eq!(field_by_another_name("is_storable", &fields(&["type", "detailed_type"])), Some("detailed_type"));
        assert_eq!(field_by_another_name("detailed_type", &fields(&["name"])), None);
        assert_eq!(field_by_another_name("name", &fields(&["type"])), None);
        let lines = Fields::parse("sale.order.line", json!({"tax_ids": {"type": "many2many"}})).unwrap();
        assert_eq!(field_by_another_name("tax_id", &lines), Some("tax_ids"));
    }
}

//! Fields that are worked out when they are read.

mod invoices;
mod mail;

use std::collections::BTreeSet;

use crate::cell::Cell;
use crate::clock;
use crate::env::Record;
use crate::schema::Field;

/// The value of a computed field; `Null` where the record is gone.
pub(crate) fn value(record: Record<'_>, field: &Field) -> Cell {
    if !record.env.db.has(record.model, record.id) {
        return Cell::Null;
    }
    if field.name == "display_name" {
        return Cell::some_text(&display_name(&record));
    }
    match field.name.as_str() {
        "has_message" => return Cell::Bool(record.is_set("message_ids")),
        "message_attachment_count" => return counted(mail::files(&record)),
        "activity_state" => {
            return record.many("activity_ids").first().map_or(Cell::Null, |activity| activity.cell("state"));
        }
        _ => {}
    }
    match record.model.name.as_str() {
        "res.partner" => partner(&record, &field.name),
        "res.users" => user(&record, &field.name),
        "crm.lead" => lead(&record, &field.name),
        "product.template" | "product.product" => product(&record, &field.name),
        "product.category" => category(&record, &field.name),
        "sale.order" => order(&record, &field.name),
        "sale.order.line" => line(&record, &field.name),
        "mail.message" => mail::message(&record, &field.name),
        "mail.activity" => mail::activity(&record, &field.name),
        "ir.attachment" => mail::file(&record, &field.name),
        "account.move" => invoices::document(&record, &field.name),
        "account.move.line" => invoices::item(&record, &field.name),
        "account.payment" => record.cell("invoice_ids"),
        "account.payment.register" => invoices::difference(&record),
        "sale.advance.payment.inv" => invoices::billing(&record, &field.name),
        "uom.uom" => unit(&record, &field.name),
        "res.currency" => Cell::Float(1.0),
        _ => Cell::Null,
    }
}

fn display_name(record: &Record<'_>) -> String {
    match record.model.name.as_str() {
        "res.partner" => partner_name(record),
        "res.country.state" => {
            let country = record.one("country_id").map(|country| country.text("code")).unwrap_or_default();
            format!("{} ({country})", record.text("name"))
        }
        "res.partner.category" | "product.category" => path(record, "parent_id"),
        "product.template" | "product.product" => match record.text("default_code") {
            code if code.is_empty() => record.text("name"),
            code => format!("[{code}] {}", record.text("name")),
        },
        "sale.order.line" => {
            let order = record.one("order_id");
            let number = order.map(|order| order.text("name")).unwrap_or_default();
            let customer =
                order.and_then(|order| order.one("partner_id")).map(|partner| partner.name()).unwrap_or_default();
            let text = record.text("name");
            format!("{number} - {} ({customer})", text.lines().next().unwrap_or_default())
        }
        "mail.message" => record.text("subject"),
        "mail.followers" => record.one("partner_id").map(|partner| partner.name()).unwrap_or_default(),
        "mail.notification" => record.one("res_partner_id").map(|partner| partner.name()).unwrap_or_default(),
        "mail.activity" => match record.text("summary") {
            summary if summary.is_empty() => record.one("activity_type_id").map(|kind| kind.name()).unwrap_or_default(),
            summary => summary,
        },
        "account.move" => crate::invoice::display_name(record),
        "account.move.line" => invoices::item_name(record),
        _ if record.model.transient => format!("{},{}", record.model.name, record.id),
        "ir.model.fields" => {
            format!("{} ({})", record.text("field_description"), record.text("model"))
        }
        _ => record.text("name"),
    }
}

fn partner(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "complete_name" => Cell::text(partner_name(record)),
        "company_type" => Cell::text(if record.is_set("is_company") { "company" } else { "person" }),
        "email_normalized" => Cell::some_text(&normalized(&record.text("email"))),
        "email_formatted" => match normalized(&record.text("email")) {
            email if email.is_empty() => Cell::Null,
            email => Cell::text(format!("\"{}\" <{email}>", record.text("name"))),
        },
        "commercial_partner_id" => Cell::Int(commercial(record).id),
        "commercial_company_name" => {
            let commercial = commercial(record);
            Cell::some_text(&commercial_name(record, &commercial))
        }
        "contact_address" => Cell::text(address(record).join("\n")),
        "contact_address_inline" => {
            let parts: Vec<String> = address(record).into_iter().filter(|part| !part.trim().is_empty()).collect();
            Cell::text(parts.join(", "))
        }
        "total_invoiced" => {
            let posted = record.many("invoice_ids").into_iter().filter(|document| {
                document.text("state") == "posted" && document.text("move_type").starts_with("out_")
            });
            Cell::Float(rounded(posted.map(|document| document.number("amount_untaxed_signed")).sum()))
        }
        "partner_share" => Cell::Bool(!record.many("user_ids").iter().any(|user| !user.is_set("share"))),
        "employee" => Cell::Bool(record.many("user_ids").iter().any(|user| !user.is_set("share"))),
        "opportunity_count" => {
            counted(family(record).iter().map(|partner| partner.many("opportunity_ids").len()).sum::<usize>())
        }
        "sale_order_count" => {
            counted(family(record).iter().map(|partner| partner.many("sale_order_ids").len()).sum::<usize>())
        }
        _ => Cell::Null,
    }
}

/// `Azure Interior, Brandon Freeman` for a contact of a company.
fn partner_name(record: &Record<'_>) -> String {
    let own = match record.text("name") {
        name if name.is_empty() => match record.text("type").as_str() {
            "invoice" => "Invoice".to_owned(),
            "delivery" => "Delivery".to_owned(),
            "other" => "Other".to_owned(),
            _ => name,
        },
        name => name,
    };
    let above = record.one("parent_id").map(|parent| parent.text("name")).filter(|name| !name.is_empty());
    match above.or_else(|| Some(record.text("company_name")).filter(|name| !name.is_empty())) {
        Some(company) if !record.is_set("is_company") => format!("{company}, {own}").trim().to_owned(),
        _ => own.trim().to_owned(),
    }
}

fn commercial<'e>(record: &Record<'e>) -> Record<'e> {
    let mut at = *record;
    while !at.is_set("is_company") {
        match at.one("parent_id") {
            Some(parent) if parent.id != record.id => at = parent,
            _ => break,
        }
    }
    at
}

/// The name of the company that a partner belongs to.
fn commercial_name(record: &Record<'_>, commercial: &Record<'_>) -> String {
    if commercial.is_set("is_company") { commercial.text("name") } else { record.text("company_name") }
}

/// The partner and everybody below.
fn family<'e>(record: &Record<'e>) -> Vec<Record<'e>> {
    let mut all = vec![*record];
    all.extend(record.many("child_ids"));
    all
}

fn address(record: &Record<'_>) -> Vec<String> {
    let state = record.one("state_id").map(|state| state.text("code")).unwrap_or_default();
    let country = record.one("country_id").map(|country| country.text("name")).unwrap_or_default();
    let place = format!("{} {state} {}", record.text("city"), record.text("zip"));
    let mut lines = vec![record.text("street"), record.text("street2"), place, country];
    let company = commercial_name(record, &commercial(record));
    if !company.is_empty() {
        lines.insert(0, company);
    }
    lines
}

/// `Vendor / Desk Manufacturers`.
fn path(record: &Record<'_>, parent: &str) -> String {
    let mut names = vec![record.text("name")];
    let mut at = *record;
    while let Some(above) = at.one(parent) {
        names.insert(0, above.text("name"));
        if names.len() > 20 {
            break;
        }
        at = above;
    }
    names.join(" / ")
}

fn user(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "companies_count" => {
            let companies = record.env.schema.model("res.company").map_or(0, |model| record.env.db.ids(model).count());
            counted(companies)
        }
        "share" => Cell::Bool(record.id > 5),
        "role" => Cell::text(if record.id <= 2 { "group_system" } else { "group_user" }),
        "state" => Cell::text("active"),
        "tz_offset" => Cell::text("+0100"),
        "sale_team_id" => {
            let teams = record.env.schema.model("crm.team");
            let team = teams.and_then(|model| {
                let mut ids = record.env.db.ids(model);
                ids.find(|id| record.env.record(model, *id).cell("member_ids").ids().contains(&record.id))
            });
            Cell::one(team)
        }
        "api_key_ids" => {
            let keys = record.env.schema.model("res.users.apikeys").map_or_else(Vec::new, |model| {
                let of_user = |id: &i64| record.env.record(model, *id).id_of("user_id") == Some(record.id);
                record.env.db.ids(model).filter(of_user).collect()
            });
            Cell::Ids(keys)
        }
        _ => Cell::Null,
    }
}

fn lead(record: &Record<'_>, field: &str) -> Cell {
    let orders = || record.many("order_ids");
    match field {
        "email_normalized" => Cell::some_text(&normalized(&record.text("email_from"))),
        "prorated_revenue" => {
            Cell::Float(rounded(record.number("expected_revenue") * record.number("probability") / 100.0))
        }
        "won_status" => Cell::text(if record.one("stage_id").is_some_and(|stage| stage.is_set("is_won")) {
            "won"
        } else if !record.is_set("active") && record.number("probability") == 0.0 {
            "lost"
        } else {
            "pending"
        }),
        "commercial_partner_id" => Cell::one(record.one("partner_id").map(|partner| commercial(&partner).id)),
        "is_automated_probability" => {
            Cell::Bool((record.number("probability") - record.number("automated_probability")).abs() < 0.005)
        }
        "quotation_count" => counted(orders().iter().filter(|order| is_quotation(order)).count()),
        "sale_order_count" => counted(orders().iter().filter(|order| order.text("state") == "sale").count()),
        "sale_amount_total" => {
            let sold = orders().into_iter().filter(|order| order.text("state") == "sale");
            Cell::Float(rounded(sold.map(|order| order.number("amount_untaxed")).sum()))
        }
        "day_open" | "day_close" => {
            let end = record.text(if field == "day_open" { "date_open" } else { "date_closed" });
            match (clock::seconds(&record.text("create_date")), clock::seconds(&end)) {
                #[expect(clippy::cast_precision_loss, reason = "a number of days")]
                (Some(from), Some(to)) => Cell::Float(((to - from).abs() / 86_400) as f64),
                _ => Cell::Float(0.0),
            }
        }
        _ => Cell::Null,
    }
}

fn is_quotation(order: &Record<'_>) -> bool {
    matches!(order.text("state").as_str(), "draft" | "sent")
}

fn product(record: &Record<'_>, field: &str) -> Cell {
    let is_variant = record.model.name == "product.product";
    match field {
        "is_product_variant" => Cell::Bool(is_variant),
        "product_variant_id" => Cell::one(record.cell("product_variant_ids").ids().first().copied()),
        "product_variant_count" => counted(record.cell("product_variant_ids").ids().len()),
        "currency_id" => Cell::Int(1),
        "service_type" => Cell::text("manual"),
        "volume_uom_name" => Cell::text("m³"),
        "weight_uom_name" => Cell::text("kg"),
        "lst_price" => Cell::Float(record.number("list_price") + record.number("price_extra")),
        "code" => record.cell("default_code"),
        "partner_ref" => record.cell("display_name"),
        "sales_count" => {
            let variants: BTreeSet<i64> = if is_variant {
                [record.id].into()
            } else {
                record.cell("product_variant_ids").ids().into_iter().collect()
            };
            let lines = record.env.schema.model("sale.order.line").map_or(0.0, |model| {
                let lines = record.env.db.ids(model).map(|id| record.env.record(model, id));
                let sold = lines.filter(|line| line.text("state") == "sale");
                sold.filter(|line| line.id_of("product_id").is_some_and(|id| variants.contains(&id)))
                    .map(|line| line.number("product_uom_qty"))
                    .sum()
            });
            Cell::Float(lines)
        }
        _ => Cell::Null,
    }
}

fn category(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "complete_name" => Cell::text(path(record, "parent_id")),
        "parent_path" => {
            let mut ids = vec![record.id];
            let mut at = *record;
            while let Some(above) = at.one("parent_id").filter(|_| ids.len() < 20) {
                ids.insert(0, above.id);
                at = above;
            }
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            Cell::text(format!("{}/", ids.join("/")))
        }
        "product_count" => {
            let env = record.env;
            let below = |at: Option<Record<'_>>| {
                at.is_some_and(|at| at.text("parent_path").split('/').any(|id| id == record.id.to_string()))
            };
            let count = env.schema.model("product.template").map_or(0, |model| {
                env.db.ids(model).filter(|id| below(env.record(model, *id).one("categ_id"))).count()
            });
            counted(count)
        }
        _ => Cell::Null,
    }
}

fn order(record: &Record<'_>, field: &str) -> Cell {
    let is_sold = record.text("state") == "sale";
    match field {
        "currency_rate" => Cell::Float(1.0),
        "amount_paid" => Cell::Float(0.0),
        "amount_invoiced" => Cell::Float(invoices::invoiced(record)),
        "amount_to_invoice" => Cell::Float(rounded(record.number("amount_total") - invoices::invoiced(record))),
        "amount_undiscounted" => {
            let lines = record.many("order_line");
            Cell::Float(rounded(
                lines.iter().map(|line| line.number("price_unit") * line.number("product_uom_qty")).sum(),
            ))
        }
        "invoice_ids" => Cell::Ids(invoices::of_order(record)),
        "invoice_count" => counted(invoices::of_order(record).len()),
        "invoice_status" => Cell::text(match record.many("order_line") {
            _ if !is_sold => "no",
            lines if lines.iter().any(|line| line.number("qty_to_invoice") != 0.0) => "to invoice",
            lines if lines.iter().any(|line| line.number("qty_invoiced") != 0.0) => "invoiced",
            _ => "no",
        }),
        "type_name" => Cell::text(if is_sold { "Sales Order" } else { "Quotation" }),
        "access_url" => crate::portal::address(record).map_or(Cell::Null, Cell::text),
        "expected_date" => record.cell("date_order"),
        "is_expired" => {
            let until = record.text("validity_date");
            Cell::Bool(is_quotation(record) && !until.is_empty() && until < clock::date(record.env.now))
        }
        _ => Cell::Null,
    }
}

fn line(record: &Record<'_>, field: &str) -> Cell {
    let is_sold = record.text("state") == "sale";
    let each = |total: &str| match record.number("product_uom_qty") {
        0.0 => Cell::Float(0.0),
        quantity => Cell::Float(rounded(record.number(total) / quantity)),
    };
    match field {
        "price_reduce_taxexcl" => each("price_subtotal"),
        "price_reduce_taxinc" => each("price_total"),
        "qty_to_invoice" if is_sold && !record.is_set("is_downpayment") => {
            Cell::Float(record.number("product_uom_qty") - record.number("qty_invoiced"))
        }
        "qty_to_invoice" => Cell::Float(0.0),
        "invoice_status" => Cell::text(if record.number("qty_to_invoice") != 0.0 {
            "to invoice"
        } else if is_sold && record.number("qty_invoiced") != 0.0 {
            "invoiced"
        } else {
            "no"
        }),
        _ => Cell::Null,
    }
}

fn unit(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "factor" => {
            let base = record.one("relative_uom_id").map_or(1.0, |base| base.number("factor"));
            Cell::Float(record.number("relative_factor") * base)
        }
        _ => Cell::Null,
    }
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag => text.push(letter),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn normalized(email: &str) -> String {
    let bare = email.rsplit_once('<').map_or(email, |(_, rest)| rest.trim_end_matches('>')).trim();
    if bare.contains('@') { bare.to_lowercase() } else { String::new() }
}

fn counted(count: usize) -> Cell {
    Cell::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Money has two decimals.
pub(crate) fn rounded(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

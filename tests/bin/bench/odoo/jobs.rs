//! The five reads that are timed, as each server takes them.

use serde_json::{Value, json};

/// One read, straight and through each server.
pub(super) struct Job {
    pub(super) name: &'static str,
    /// Model, method and named arguments, as JSON-2 takes them.
    pub(super) straight: (&'static str, &'static str, Value),
    /// Tool and arguments.
    pub(super) ours: (&'static str, Value),
    /// The same for `mcp-server-odoo`, `odoo-mcp` and `odoo-safe-mcp`.
    pub(super) peers: [(&'static str, Value); 3],
}

/// All five; `ids` are records of `res.partner`.
pub(super) fn jobs(ids: &[i64]) -> Vec<Job> {
    let companies = json!([["is_company", "=", true]]);
    let fields = json!(["name", "email", "phone"]);
    let found = json!([["id", "in", ids]]);
    let with = |mut arguments: Value, model: &str| {
        arguments["model"] = json!(model);
        arguments
    };
    let search = json!({ "domain": companies, "fields": fields, "limit": 20 });
    let count = json!({ "domain": companies });
    let read = json!({ "ids": ids, "fields": fields });
    vec![
        Job {
            name: "search_read",
            straight: ("res.partner", "search_read", search.clone()),
            ours: ("odoo_search_read", with(search.clone(), "res.partner")),
            peers: [
                ("search_records", with(search.clone(), "res.partner")),
                ("search_records", with(search.clone(), "res.partner")),
                ("odoo_search", with(search, "res.partner")),
            ],
        },
        Job {
            name: "read",
            straight: ("res.partner", "read", read.clone()),
            ours: ("odoo_read", with(read.clone(), "res.partner")),
            peers: [
                ("search_records", json!({ "model": "res.partner", "domain": found, "fields": fields })),
                ("execute_method", json!({ "model": "res.partner", "method": "read", "kwargs": read })),
                ("odoo_read", with(read, "res.partner")),
            ],
        },
        Job {
            name: "count",
            straight: ("res.partner", "search_count", count.clone()),
            ours: ("odoo_search_count", with(count.clone(), "res.partner")),
            peers: [
                ("aggregate_records", with(count.clone(), "res.partner")),
                ("execute_method", json!({ "model": "res.partner", "method": "search_count", "kwargs": count })),
                ("odoo_count", with(count, "res.partner")),
            ],
        },
        Job {
            name: "group",
            straight: (
                "sale.order",
                "formatted_read_group",
                json!({ "domain": [], "groupby": ["state"], "aggregates": ["__count", "amount_total:sum"] }),
            ),
            ours: (
                "odoo_read_group",
                json!({ "model": "sale.order", "group_by": ["state"], "aggregates": ["amount_total:sum"] }),
            ),
            peers: [
                (
                    "aggregate_records",
                    json!({ "model": "sale.order", "groupby": ["state"], "aggregates": ["__count", "amount_total:sum"] }),
                ),
                (
                    "aggregate_records",
                    json!({ "model": "sale.order", "group_by": ["state"], "measures": ["amount_total:sum"] }),
                ),
                (
                    "odoo_aggregate",
                    json!({ "model": "sale.order", "groupby": ["state"], "fields": ["amount_total:sum"] }),
                ),
            ],
        },
        Job {
            name: "fields",
            straight: ("sale.order", "fields_get", json!({ "attributes": ATTRIBUTES })),
            ours: ("odoo_fields_get", json!({ "model": "sale.order" })),
            peers: [
                ("get_fields", json!({ "model": "sale.order" })),
                ("get_model_fields", json!({ "model": "sale.order" })),
                ("odoo_describe_model", json!({ "model": "sale.order" })),
            ],
        },
    ]
}

/// What describes a field.
pub(super) const ATTRIBUTES: [&str; 6] = ["string", "type", "relation", "required", "readonly", "selection"];

use serde_json::{Map, Value, json};

use super::Domain;
use crate::account::Account;
use crate::data;
use crate::env::{ADMIN, Env};
use crate::fault::Fault;
use crate::records::Database;
use crate::schema::Schema;

fn database() -> (&'static Schema, Database) {
    let schema = Schema::shared().unwrap();
    let accounts = [Account::new("admin", ADMIN).unwrap(), Account::new("demo", data::DEMO_USER).unwrap()];
    (schema, data::load(schema, [&accounts[0], &accounts[1]], 0).unwrap())
}

fn with_env<T>(ask: impl FnOnce(&Env<'_>) -> T) -> T {
    let (schema, mut db) = database();
    ask(&Env { db: &mut db, schema, uid: ADMIN, sudo: true, context: Map::new(), now: crate::clock::now() })
}

/// The names of the companies that fit.
fn companies(domain: &Value) -> Vec<String> {
    with_env(|env| {
        let model = env.model("res.partner").unwrap();
        let domain = Domain::parse(env, model, domain).unwrap();
        let fits = |id: &i64| env.record(model, *id).is_set("is_company") && domain.matches(env, model, *id);
        env.db.ids(model).filter(fits).map(|id| env.record(model, id).text("name")).collect()
    })
}

fn complaint(domain: &Value) -> String {
    with_env(|env| {
        let model = env.model("res.partner").unwrap();
        match Domain::parse(env, model, domain) {
            Err(Fault::Raised(exception)) => format!("{}: {}", exception.class, exception.message),
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn text_operators_find_what_odoo_finds() {
    let azure = vec!["Azure Interior".to_owned()];
    assert_eq!(companies(&json!([["name", "=", "Azure Interior"]])), azure);
    assert_eq!(companies(&json!([["name", "ilike", "AZURE"]])), azure);
    assert_eq!(companies(&json!([["name", "like", "AZURE"]])), Vec::<String>::new());
    assert_eq!(companies(&json!([["name", "=like", "Az%r"]])), azure);
    assert_eq!(companies(&json!([["name", "=ilike", "azure_interior"]])), azure);
    assert_eq!(companies(&json!([["name", "in", ["Azure Interior", "nobody"]]])), azure);
    assert_eq!(companies(&json!([["name", "=like", "Az%"], ["name", "not ilike", "interior"]])), Vec::<String>::new());
    // nothing is also not like something
    assert!(companies(&json!([["ref", "not ilike", "x"]])).contains(&azure[0]));
    assert!(companies(&json!([["ref", "!=", "x"]])).contains(&azure[0]));
    assert!(companies(&json!([["ref", "=", false]])).contains(&azure[0]));
}

#[test]
fn logic_is_prefix_and_leaves_without_an_operator_are_joined_by_and() {
    let two =
        companies(&json!(["|", ["name", "=", "Azure Interior"], ["name", "=", "Deco Addict"], ["active", "=", true]]));
    assert_eq!(two, ["Azure Interior", "Deco Addict"]);
    assert!(!companies(&json!(["!", ["name", "=", "Azure Interior"]])).contains(&"Azure Interior".to_owned()));
    assert_eq!(companies(&json!(["&", ["name", "ilike", "a"], ["name", "=", "Deco Addict"]])), ["Deco Addict"]);
    assert_eq!(companies(&json!([[0, "=", 1]])), Vec::<String>::new());
    assert_eq!(companies(&json!([])).len(), companies(&json!([[1, "=", 1]])).len());
}

#[test]
fn relations_are_found_by_id_by_name_by_path_and_by_ancestry() {
    let belgian = vec!["Deco Addict".to_owned(), "Old Mill Carpentry".to_owned()];
    assert_eq!(companies(&json!([["country_id", "=", 20]])), belgian);
    assert_eq!(companies(&json!([["country_id", "=", "Belgium"]])), belgian);
    assert_eq!(companies(&json!([["country_id", "ilike", "belg"]])), belgian);
    assert_eq!(companies(&json!([["country_id.code", "in", ["BE"]]])), belgian);
    assert_eq!(companies(&json!([["child_ids.name", "ilike", "brandon"]])), ["Azure Interior"]);
    assert_eq!(companies(&json!([["child_ids", "any", [["function", "=", "Creative Director"]]]])), ["Azure Interior"]);
    assert_eq!(
        companies(&json!([["category_id", "child_of", "Vendor"], ["country_id", "=", "Belgium"]])),
        ["Deco Addict"]
    );
    assert_eq!(companies(&json!([["id", "child_of", 15]])), ["Azure Interior"]);
    assert!(companies(&json!([["category_id", "=", false]])).contains(&"Lumber Inc".to_owned()));
}

#[test]
fn complaints_are_odoos_own() {
    assert_eq!(
        complaint(&json!([["nope", "=", 1]])),
        "builtins.ValueError: Invalid field res.partner.nope in condition ('nope', '=', 1)"
    );
    assert_eq!(
        complaint(&json!([["name", "~", 1]])),
        "builtins.ValueError: Invalid operator in condition ('name', '~', 1)"
    );
    assert_eq!(
        complaint(&json!([["name", "="]])),
        "builtins.ValueError: Domain() invalid item in domain: ['name', '=']"
    );
    assert_eq!(complaint(&json!("x")), "builtins.TypeError: Domain() invalid argument type for domain: 'x'");
    assert_eq!(
        complaint(&json!(["&", ["name", "=", "x"]])),
        "builtins.ValueError: Domain() malformed domain ['&', ['name', '=', 'x']]"
    );
    assert_eq!(
        complaint(&json!([["country_id.nope", "=", 1]])),
        "builtins.ValueError: Invalid field res.country.nope in condition ('nope', '=', 1)"
    );
    assert_eq!(
        complaint(&json!([["create_date", ">", "2026-01-01T00:00:00Z"]])),
        "builtins.ValueError: expecting only datetimes with no timezone: '2026-01-01T00:00:00Z'"
    );
}

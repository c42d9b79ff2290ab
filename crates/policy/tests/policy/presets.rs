use super::{facts, judge, risk, said, tools, write_facts};
use gatehouse_core::{AgentId, CallFacts, Category, Decision, Effect, Environment};
use gatehouse_policy::{Call, DefaultAnswer, Layer, Policy, Preset, evaluate, is_hidden, local_tools};
use serde_json::json;

const READS: [&str; 8] = [
    "odoo_list_models",
    "odoo_fields_get",
    "odoo_search_read",
    "odoo_read",
    "odoo_search_count",
    "odoo_read_group",
    "odoo_attachment_download",
    "odoo_report",
];
const WRITES: [&str; 4] = ["odoo_create", "odoo_write", "odoo_message_post", "odoo_attachment_upload"];
const EXECUTES: [&str; 2] = ["odoo_execute", "odoo_plan"];
const LOCAL: [&str; 7] = [
    "open_connection_manager",
    "user_connection_list",
    "user_connection_add",
    "user_connection_activate",
    "user_connection_delete",
    "odoo_connect",
    "odoo_disconnect",
];

fn word(preset: Preset, facts: &CallFacts) -> String {
    let verdict = judge(&[&preset.policy(&tools())], facts, &json!({}));
    said(&verdict).split(' ').next().unwrap().to_owned()
}

fn call(tool: &str, category: Category) -> CallFacts {
    CallFacts { tool: tool.into(), risk: risk(category), effects: vec![], ..write_facts() }
}

fn limits_of(preset: Preset, tool: &str) -> Vec<(u64, &'static str)> {
    preset.policy(&tools()).limits(tool).map(|limit| (limit.max, limit.window.as_str())).collect()
}

#[test]
fn every_preset_is_a_policy_in_the_language_and_answers_as_its_row_of_the_table() {
    //          read    sensitive  write   execute  destructive
    let table = [
        (Preset::Locked, ["deny", "deny", "deny", "deny", "deny"]),
        (Preset::ReadOnly, ["allow", "ask", "deny", "deny", "deny"]),
        (Preset::AskFirst, ["allow", "ask", "ask", "ask", "ask"]),
        (Preset::AskForRisky, ["allow", "ask", "allow", "ask", "ask"]),
        (Preset::Trusted, ["allow", "allow", "allow", "allow", "ask"]),
    ];
    for (preset, [read, sensitive, write, execute, destructive]) in table {
        assert!(Policy::parse(preset.text(), &tools()).is_ok(), "{preset:?}");
        assert_eq!(preset.policy(&tools()).default(), DefaultAnswer::Deny);
        for tool in READS {
            assert_eq!(word(preset, &call(tool, Category::Read)), read, "{preset:?} {tool}");
            let mut personal = call(tool, Category::Read);
            personal.sensitive = true;
            assert_eq!(word(preset, &personal), sensitive, "{preset:?} {tool}");
            let unknown = CallFacts { reads: None, ..call(tool, Category::Read) };
            assert_eq!(word(preset, &unknown), sensitive, "{preset:?} {tool}");
        }
        for tool in WRITES {
            assert_eq!(word(preset, &call(tool, Category::Write)), write, "{preset:?} {tool}");
        }
        for tool in EXECUTES {
            assert_eq!(word(preset, &call(tool, Category::Execute)), execute, "{preset:?} {tool}");
        }
        assert_eq!(word(preset, &call("odoo_unlink", Category::Destructive)), destructive, "{preset:?}");
        let policy = preset.policy(&tools());
        let hidden = is_hidden(&[Layer::new("connection:con_1", &policy)], "odoo_unlink");
        assert_eq!(hidden, matches!(preset, Preset::Locked | Preset::ReadOnly), "{preset:?}");
        for tool in LOCAL {
            assert_eq!(word(preset, &call(tool, Category::Write)), "allow", "{preset:?} {tool}");
        }
        assert_eq!(word(preset, &call("no_such_tool", Category::Read)), "deny");
    }
}

#[test]
fn the_quotas_are_those_of_the_table() {
    assert_eq!(limits_of(Preset::ReadOnly, "odoo_read"), [(60, "minute")]);
    assert_eq!(limits_of(Preset::AskFirst, "odoo_search_read"), [(60, "minute"), (20_000, "day")]);
    assert_eq!(limits_of(Preset::AskFirst, "odoo_write"), [(30, "minute")]);
    assert_eq!(limits_of(Preset::AskFirst, "odoo_execute"), [(10, "minute")]);
    assert_eq!(limits_of(Preset::AskFirst, "odoo_unlink"), [(10, "minute")]);
    assert_eq!(limits_of(Preset::AskForRisky, "odoo_read"), [(120, "minute")]);
    assert_eq!(limits_of(Preset::AskForRisky, "odoo_create"), [(30, "minute")]);
    assert_eq!(limits_of(Preset::AskForRisky, "odoo_plan"), [(10, "minute")]);
    assert_eq!(limits_of(Preset::Trusted, "odoo_read"), [(300, "minute"), (60, "minute")]);
    assert_eq!(limits_of(Preset::Trusted, "odoo_write"), [(60, "minute")]);
    assert_eq!(limits_of(Preset::Trusted, "odoo_execute"), [(30, "minute")]);
    assert_eq!(limits_of(Preset::Trusted, "odoo_unlink"), [(10, "minute")]);
    let plain = judge(&[&Preset::Trusted.policy(&tools())], &call("odoo_read", Category::Read), &json!({}));
    assert_eq!(
        plain.charges.iter().map(|charge| charge.amount).collect::<Vec<_>>(),
        [1, 0],
        "a plain read is no sensitive one"
    );
}

#[test]
fn many_records_ask_from_10_in_ask_for_risky_and_from_100_in_trusted() {
    let mut write = call("odoo_write", Category::Write);
    for (records, risky, trusted) in
        [(Some(9), "allow", "allow"), (Some(10), "ask", "allow"), (Some(100), "ask", "ask"), (None, "ask", "ask")]
    {
        write.records = records;
        assert_eq!(word(Preset::AskForRisky, &write), risky, "{records:?}");
        assert_eq!(word(Preset::Trusted, &write), trusted, "{records:?}");
    }
}

#[test]
fn in_every_preset_an_effect_mail_posting_payment_or_state_asks_but_in_trusted() {
    let effects = [
        Effect::Mail,
        Effect::MailPossible,
        Effect::Posting,
        Effect::Payment,
        Effect::State,
        Effect::Code,
        Effect::Access,
    ];
    let changing = WRITES.map(|tool| (tool, Category::Write)).into_iter();
    let changing = changing.chain(EXECUTES.map(|tool| (tool, Category::Execute)));
    for (tool, category) in changing.chain([("odoo_unlink", Category::Destructive)]) {
        for (preset, effect) in Preset::ALL.into_iter().flat_map(|preset| effects.map(|effect| (preset, effect))) {
            let facts = CallFacts { effects: vec![effect], records: Some(1), ..call(tool, category) };
            let expected = match (preset, category) {
                (Preset::Locked | Preset::ReadOnly, _) => "deny",
                (Preset::AskFirst | Preset::AskForRisky, _) | (Preset::Trusted, Category::Destructive) => "ask",
                (Preset::Trusted, _) => "allow",
            };
            assert_eq!(word(preset, &facts), expected, "{preset:?} {tool} {effect:?}");
        }
    }
}

#[test]
fn ask_first_is_for_production_ask_for_risky_for_staging_trusted_for_development() {
    assert_eq!(Preset::of_environment(Environment::Production), Preset::AskFirst);
    assert_eq!(Preset::of_environment(Environment::Staging), Preset::AskForRisky);
    assert_eq!(Preset::of_environment(Environment::Development), Preset::Trusted);
}

#[test]
fn the_local_tools_are_allowed_at_their_rates_and_deleting_and_disconnecting_ask() {
    let local = local_tools(&tools());
    for (tool, max, asks) in [
        ("open_connection_manager", 6, false),
        ("user_connection_list", 30, false),
        ("user_connection_add", 30, false),
        ("user_connection_activate", 30, false),
        ("user_connection_delete", 10, true),
        ("odoo_connect", 30, false),
        ("odoo_disconnect", 10, true),
    ] {
        let verdict = judge(&[&local], &facts(tool, Category::Write), &json!({}));
        assert_eq!(matches!(verdict.decision, Decision::Ask(_)), asks, "{tool}");
        assert_eq!(verdict.charges.iter().map(|charge| charge.max).collect::<Vec<_>>(), [max], "{tool}");
    }
    assert_eq!(said(&judge(&[&local], &write_facts(), &json!({}))), "allow");
}

#[test]
fn the_local_tools_layer_alone_allows_no_other_tool() {
    let local = local_tools(&tools());
    let layers = [Layer::new(Layer::LOCAL, &local)];
    let agent = AgentId::parse("claude").unwrap();
    let word = |facts: &CallFacts| {
        said(&evaluate(&layers, &Call { facts, arguments: &json!({}), connection: None, agent: &agent }))
    };
    assert_eq!(word(&facts("user_connection_list", Category::Read)), "allow");
    assert_eq!(word(&write_facts()), "deny (default deny)");
}

use super::{facts, judge, risk, said, tools, write_facts};
use gatehouse_core::{AgentId, CallFacts, Category, Decision, Effect, Environment, Timestamp};
use gatehouse_policy::{Call, DefaultAnswer, Layer, Limits, Policy, Preset, evaluate, is_hidden, local_tools};
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
fn every_preset_is_a_policy_in_the_language_and_says_what_its_table_says() {
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
fn many_records_and_effects_are_risky() {
    let mut write = call("odoo_write", Category::Write);
    for (records, risky, trusted) in
        [(Some(9), "allow", "allow"), (Some(10), "ask", "allow"), (Some(100), "ask", "ask"), (None, "ask", "ask")]
    {
        write.records = records;
        assert_eq!(word(Preset::AskForRisky, &write), risky, "{records:?}");
        assert_eq!(word(Preset::Trusted, &write), trusted, "{records:?}");
    }
    write.records = Some(1);
    for effect in [
        Effect::Mail,
        Effect::MailPossible,
        Effect::Posting,
        Effect::Payment,
        Effect::State,
        Effect::Code,
        Effect::Access,
    ] {
        write.effects = vec![effect];
        assert_eq!(word(Preset::AskForRisky, &write), "ask", "{effect:?}");
    }
}

#[test]
fn an_environment_carries_its_preset() {
    assert_eq!(Preset::of_environment(Environment::Production), Preset::AskFirst);
    assert_eq!(Preset::of_environment(Environment::Staging), Preset::AskForRisky);
    assert_eq!(Preset::of_environment(Environment::Development), Preset::Trusted);
}

#[test]
fn the_local_tools_have_their_row_and_all_others_pass_it() {
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

#[test]
fn the_five_recommended_rules_load_and_act_unchanged() {
    let rate = |tool: &str, max: u32| {
        format!(
            r#"{{"version":"1","default":"deny","tools":{{"{tool}":{{"limits":[{{"counter":"{tool}_rate","window":"minute","max":{max},"scope":"grant"}}]}}}}}}"#
        )
    };
    for (tool, max) in [("user_connection_add", 30), ("user_connection_activate", 30), ("open_connection_manager", 10)]
    {
        let policy = Policy::parse(&rate(tool, max), &tools()).unwrap();
        let mut limits = Limits::new();
        let now = Timestamp::from_millis(1_700_000_000_000);
        let verdict = judge(&[&policy], &facts(tool, Category::Write), &json!({}));
        assert_eq!(said(&verdict), "allow");
        for _ in 0..max {
            limits.reserve(&verdict.charges, now).unwrap();
        }
        let full = limits.reserve(&verdict.charges, now).unwrap_err();
        assert_eq!(full.rule, format!("user:/tools/{tool}/limits/0"));
        let next = now.plus(full.retry_after.unwrap());
        assert!(limits.reserve(&verdict.charges, next).is_ok());
        for other in LOCAL.into_iter().chain(READS).filter(|other| *other != tool) {
            assert_eq!(said(&judge(&[&policy], &facts(other, Category::Read), &json!({}))), "deny (default deny)");
        }
    }
    for tool in ["user_connection_delete", "odoo_disconnect"] {
        let policy =
            Policy::parse(&format!(r#"{{"version":"1","default":"deny","hide":["{tool}"]}}"#), &tools()).unwrap();
        assert!(is_hidden(&[Layer::new("user", &policy)], tool));
        assert_eq!(said(&judge(&[&policy], &facts(tool, Category::Destructive), &json!({}))), "deny (hidden)");
    }
}

#[test]
fn a_call_without_a_connection_matches_nothing_about_one() {
    let policy = super::policy(&json!({"version": "1", "default": "deny", "tools": {"user_connection_add": {
        "deny_if": [{"conditions": [{"path": "connection.environment", "op": "neq", "value": "development"}]}]}}}));
    let layers = [Layer::new("user", &policy)];
    let facts = facts("user_connection_add", Category::Write);
    let agent = AgentId::parse("claude").unwrap();
    let arguments = json!({});
    let verdict = evaluate(&layers, &Call { facts: &facts, arguments: &arguments, connection: None, agent: &agent });
    assert_eq!(said(&verdict), "allow");
}

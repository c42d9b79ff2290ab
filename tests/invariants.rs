//! The invariants of ARCHITECTURE.md, as far as sources and manifests show them.

use gatehouse_tests::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

#[test]
fn the_bridge_reaches_neither_vault_store_odoo_nor_broker() {
    let reached = reached_from("gatehouse-bridge");
    for forbidden in ["gatehouse-vault", "gatehouse-store", "gatehouse-odoo", "gatehouse-broker", "gatehouse-policy"] {
        assert!(!reached.contains(forbidden), "gatehouse-bridge reaches {forbidden}");
    }
    for forbidden in ["keyring", "rusqlite", "reqwest", "tauri"] {
        assert!(!reached.contains(forbidden), "gatehouse-bridge reaches {forbidden}");
    }
}

#[test]
fn each_large_dependency_has_one_home() {
    let packages = packages();
    for (dependency, home) in [
        ("tauri", "gatehouse"),
        ("rmcp", "gatehouse-bridge"),
        ("keyring", "gatehouse-vault"),
        ("rusqlite", "gatehouse-store"),
    ] {
        let users: Vec<&str> =
            packages.members().filter(|name| packages.direct(name).iter().any(|used| used == dependency)).collect();
        assert_eq!(users, [home], "{dependency} is used by {users:?}");
    }
}

#[test]
fn arrows_point_down_only() {
    let packages = packages();
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("gatehouse-core", &[][..]),
        ("gatehouse-policy", &["gatehouse-core"][..]),
        ("gatehouse-odoo", &["gatehouse-core"][..]),
        ("gatehouse-vault", &["gatehouse-core"][..]),
        ("gatehouse-store", &["gatehouse-core"][..]),
        ("gatehouse-ipc", &["gatehouse-core"][..]),
        ("gatehouse-odoo-sim", &[][..]),
        ("gatehouse-bridge", &["gatehouse-core", "gatehouse-ipc"][..]),
        (
            "gatehouse-broker",
            &[
                "gatehouse-core",
                "gatehouse-ipc",
                "gatehouse-odoo",
                "gatehouse-policy",
                "gatehouse-store",
                "gatehouse-vault",
            ][..],
        ),
        ("gatehouse", &["gatehouse-broker", "gatehouse-core", "gatehouse-ipc", "gatehouse-odoo-sim"][..]),
        ("gatehouse-xtask", &[][..]),
    ]);
    for (package, below) in allowed {
        for used in packages.direct(package).iter().filter(|name| name.starts_with("gatehouse")) {
            assert!(below.contains(&used.as_str()), "{package} leans on {used}");
        }
    }
}

#[test]
fn the_app_has_no_points_where_a_call_can_be_held() {
    let naming: Vec<String> =
        manifests().into_iter().filter(|(_, text)| text.contains("failpoints")).map(|(file, _)| file).collect();
    assert_eq!(naming, ["crates/broker/Cargo.toml"], "who turns the feature on, for itself or others");
    let broker = std::fs::read_to_string(root().join("crates/broker/Cargo.toml")).unwrap();
    let broker: toml::Table = broker.parse().unwrap();
    let features = broker["features"].as_table().unwrap();
    let turned_on = features.values().flat_map(|on| on.as_array().unwrap()).any(|on| on.as_str() == Some("failpoints"));
    assert!(!turned_on && features["failpoints"].as_array().unwrap().is_empty(), "{features:?}");
}

#[test]
fn core_and_policy_do_no_io() {
    for package in ["gatehouse-core", "gatehouse-policy"] {
        let reached = reached_from(package);
        for forbidden in ["tokio", "reqwest", "rusqlite", "keyring", "directories", "getrandom", "chrono", "time"] {
            assert!(!reached.contains(forbidden), "{package} reaches {forbidden}");
        }
    }
    for folder in ["crates/core/src", "crates/policy/src"] {
        for (file, text) in sources(folder) {
            for forbidden in
                ["std::fs", "std::net", "std::env", "std::process", "std::thread", "SystemTime", "Instant::now"]
            {
                assert!(!text.contains(forbidden), "{file} uses {forbidden}");
            }
        }
    }
}

#[test]
fn only_ipc_may_hold_unsafe() {
    for folder in ["crates", "src-tauri/src", "tests"] {
        for (file, text) in sources(folder) {
            let holds = text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl")
            });
            assert!(
                !holds || file.contains("crates/ipc/") || file.ends_with("invariants.rs"),
                "{file} holds unsafe code"
            );
        }
    }
}

#[test]
fn no_command_and_no_message_gives_a_secret() {
    // What the windows are given: no type that can be written out may hold a secret.
    let views = ["view.rs", "view/policy.rs"]
        .map(|file| std::fs::read_to_string(root().join("crates/broker/src").join(file)).unwrap());
    let views = views.join("\n");
    let mut derive = String::new();
    let mut item = String::new();
    for line in views.lines() {
        if line.starts_with("#[derive") {
            line.clone_into(&mut derive);
        }
        if line.starts_with("pub struct") || line.starts_with("pub enum") {
            line.clone_into(&mut item);
        }
        if line.contains("SecretString") {
            assert!(!derive.contains("Serialize"), "{item} holds a secret and can be written out");
        }
    }
    // What the agents are given.
    for (file, text) in sources("crates/ipc/src") {
        assert!(!text.contains("SecretString") && !text.contains("secrecy"), "{file} knows secrets");
    }
    // What the commands give back.
    for file in ["main_window.rs", "policy.rs", "approval_window.rs"] {
        let text = std::fs::read_to_string(root().join("src-tauri/src/commands").join(file)).unwrap();
        for line in text.lines().filter(|line| line.contains("->")) {
            let gives = line.split("->").nth(1).unwrap_or_default();
            assert!(!gives.contains("Secret") && !gives.contains("Credential"), "{file}: {line}");
        }
    }
}

#[test]
fn nothing_but_the_approval_window_can_decide() {
    const DECIDES: [&str; 3] = ["allow-queue", "allow-present-card", "allow-decide"];
    let (main, approval) = (capability("main"), capability("approval"));
    assert_eq!(main["windows"], serde_json::json!(["main"]));
    assert_eq!(approval["windows"], serde_json::json!(["approval"]));
    let (main, approval) = (permissions(&main), permissions(&approval));
    for permission in DECIDES {
        assert!(!main.contains(permission), "the main window has {permission}");
        assert!(approval.contains(permission), "the approval window lacks {permission}");
    }
    for granted in main.iter().chain(&approval) {
        assert!(!granted.ends_with(":default") && !granted.contains('*'), "{granted} grants more than it says");
    }
    // Only the commands of the approval window hold the power to decide.
    for (file, text) in sources("src-tauri/src/commands") {
        assert!(file.ends_with("approval_window.rs") || !text.contains("Approver"), "{file} reaches the Approver");
    }
    // No message on the socket names it.
    let messages = std::fs::read_to_string(root().join("crates/ipc/src/message.rs")).unwrap();
    let requests = messages.split("pub enum Request").nth(1).unwrap().split("\n}").next().unwrap();
    let verbs: Vec<&str> = requests
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.trim_end_matches([',', '{', ' ']).split('(').next().unwrap_or_default())
        .collect();
    assert_eq!(
        verbs,
        ["ListTools", "CallTool", "Show", "Status"],
        "a new verb on the socket: can it approve anything?"
    );
}

#[test]
fn every_command_is_granted_to_one_window_and_known_to_the_build() {
    let text = std::fs::read_to_string(root().join("src-tauri/build.rs")).unwrap();
    let listed: BTreeSet<String> =
        text.lines().filter_map(|line| Some(line.trim().strip_prefix('"')?.strip_suffix("\",")?.to_owned())).collect();
    let commands: BTreeSet<String> = sources("src-tauri/src/commands")
        .into_iter()
        .flat_map(|(_, text)| {
            text.split("#[tauri::command")
                .skip(1)
                .filter_map(|rest| Some(rest.split("fn ").nth(1)?.split('(').next()?.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(commands, listed, "src-tauri/build.rs does not list the commands");
    let (main, approval) = (permissions(&capability("main")), permissions(&capability("approval")));
    for command in &commands {
        let permission = format!("allow-{}", command.replace('_', "-"));
        let granted = usize::from(main.contains(&permission)) + usize::from(approval.contains(&permission));
        assert_eq!(granted, 1, "{command} is granted to {granted} windows");
    }
}

#[test]
fn the_windows_load_nothing_from_elsewhere() {
    let text = std::fs::read_to_string(root().join("src-tauri/tauri.conf.json")).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    let security = &config["app"]["security"];
    let csp = security["csp"].as_str().unwrap();
    assert!(csp.starts_with("default-src 'none'"), "{csp}");
    for forbidden in ["unsafe-inline", "unsafe-eval", "https:", "*"] {
        assert!(!csp.contains(forbidden), "the content security policy allows {forbidden}");
    }
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(config["app"]["withGlobalTauri"], false);
    assert_eq!(security["capabilities"], serde_json::json!(["main", "approval"]));
    assert_eq!(config["app"]["windows"], serde_json::json!([]), "a window is made before it is needed");
}

fn capability(name: &str) -> Value {
    let path = root().join(format!("src-tauri/capabilities/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn permissions(capability: &Value) -> BTreeSet<String> {
    capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|permission| permission.as_str().unwrap().to_owned())
        .collect()
}

/// Every Rust file under a folder of the repository, with its text.
/// Every manifest of the workspace, by its path in the repository.
fn manifests() -> Vec<(String, String)> {
    let crates = std::fs::read_dir(root().join("crates")).unwrap();
    let crates = crates.map(|entry| format!("crates/{}", entry.unwrap().file_name().to_str().unwrap()));
    let folders = crates.chain(["src-tauri", "tests", "."].map(str::to_owned));
    let manifests = folders.map(|folder| format!("{folder}/Cargo.toml"));
    manifests.map(|file| (file.clone(), std::fs::read_to_string(root().join(file)).unwrap())).collect()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no source");
    found
}

/// Who leans on whom, as cargo resolved it; build and test dependencies left out.
struct Packages {
    direct: BTreeMap<String, BTreeSet<String>>,
}

fn packages() -> Packages {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name_of: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let mut direct: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let used = direct.entry(name_of[node["id"].as_str().unwrap()].to_owned()).or_default();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                used.insert(name_of[dependency["pkg"].as_str().unwrap()].to_owned());
            }
        }
    }
    Packages { direct }
}

/// What other systems need is not looked at: it is not even downloaded here.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

impl Packages {
    fn members(&self) -> impl Iterator<Item = &str> {
        self.direct.keys().map(String::as_str).filter(|name| name.starts_with("gatehouse"))
    }

    fn direct(&self, package: &str) -> &BTreeSet<String> {
        self.direct.get(package).unwrap_or_else(|| panic!("there is no package {package}"))
    }
}

/// Everything that a package leans on when it is built by itself, through however many others.
fn reached_from(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.lines()
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .filter(|name| name != package)
        .collect()
}

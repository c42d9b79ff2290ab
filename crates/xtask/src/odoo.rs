//! A real Odoo 19: from Docker where its engine answers, else from Debian's package.

use crate::place;
use crate::step::{Outcome, Step, begin};
use std::path::PathBuf;

/// How to reach it, with a fresh key of an administrator and of an ordinary user.
pub(crate) struct Access {
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) admin_key: String,
    pub(crate) demo_key: String,
}

impl Access {
    /// The environment that the tests read.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 4] {
        [
            ("GATEHOUSE_ODOO_URL", &self.url),
            ("GATEHOUSE_ODOO_DB", &self.database),
            ("GATEHOUSE_ODOO_ADMIN_KEY", &self.admin_key),
            ("GATEHOUSE_ODOO_DEMO_KEY", &self.demo_key),
        ]
    }
}

/// `cargo xtask odoo …`
pub(crate) fn run(verb: &str, rest: &[&str]) -> Outcome {
    if !["up", "key", "reset", "down"].contains(&verb) {
        return Err(format!("odoo knows up, key [admin|demo], reset and down; not {verb}"));
    }
    let mut words = vec![verb];
    words.extend(rest);
    script(&words)?.run()
}

/// Starts it and makes the keys.
pub(crate) fn up() -> Outcome<Access> {
    begin("a real Odoo 19");
    let told = script(&["up"])?.read()?;
    let value = |name: &str| {
        told.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
            .ok_or_else(|| format!("the Odoo script did not tell {name}"))
    };
    Ok(Access {
        url: value("ODOO_URL")?,
        database: value("ODOO_DB")?,
        admin_key: key("admin")?,
        demo_key: key("demo")?,
    })
}

fn key(login: &str) -> Outcome<String> {
    let key = script(&["key", login])?.read()?.trim().to_owned();
    if key.is_empty() { Err(format!("Odoo made no API key for {login}")) } else { Ok(key) }
}

fn script(words: &[&str]) -> Outcome<Step> {
    let scripts = place::root().join("crates/xtask/odoo");
    let run = |script: PathBuf| {
        let script = script.display().to_string();
        let mut all = vec![script.as_str()];
        all.extend(words);
        Step::new("bash", &all)
    };
    // The client alone is no engine: asked for what only the engine knows.
    if Step::new("docker", &["info"]).works() {
        return Ok(run(scripts.join("docker.sh")));
    }
    if Step::new("apt-get", &["--version"]).works() {
        return Ok(run(scripts.join("debian.sh")));
    }
    Err("a real Odoo needs a running Docker engine, or Debian or Ubuntu with apt-get; neither is here. \
         `cargo xtask demo` works without it"
        .to_owned())
}

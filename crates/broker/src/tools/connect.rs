//! `odoo_connect`: signs in and tells version, user, company, languages, rights.

use super::arguments::Arguments;
use super::reach::path;
use super::{Call, Done, Site, Target, Tool, define};
use crate::answers::record_url;
use crate::sessions::Session;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use gatehouse_odoo::Record;
use gatehouse_odoo::versions::renamed_field;
use serde_json::{Value, json};

pub(crate) const NAME: &str = "odoo_connect";

pub(crate) struct Connect;

#[async_trait]
impl Tool for Connect {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Sign in",
            Category::Execute,
            Severity::Medium,
            "Tells who you are in an Odoo: version, user, companies, languages, rights. Other calls sign in by \
             themselves.",
            &json!({"connection": {"type": "string"}}),
            &[],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        Ok(Box::new(ConnectCall(CallFacts::local(NAME, site.risk(NAME)))))
    }
}

struct ConnectCall(CallFacts);

#[async_trait]
impl Call for ConnectCall {
    fn facts(&self) -> &CallFacts {
        &self.0
    }

    fn resolved(&self) -> Value {
        json!({})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let connection = site.connection()?;
        let session = site.session().await?;
        let me = &session.sign_in;
        // Not worth failing for: some users may not see the languages.
        let languages = session.client.languages().await.unwrap_or_default();
        let rights = rights(site, &session).await;
        let companies: Vec<Value> = me.companies.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
        let mut answer = json!({
            "connection": connection.name,
            "host": connection.host(),
            "database": connection.database,
            "environment": connection.environment,
            "version": me.version.to_string(),
            "protocol": me.protocol,
            "user": {"id": me.uid, "login": me.login, "name": me.user_name, "is_admin": me.is_admin},
            "company": {"id": me.company.0, "name": me.company.1},
            "companies": companies,
            "lang": me.lang,
            "timezone": me.tz,
            "record_url": record_url(&session.client, "{model}"),
            "languages": languages.into_iter().map(|(code, _)| code).collect::<Vec<_>>(),
        });
        if connection.read_only {
            answer["read_only"] = json!(true);
        }
        if let Some(rights) = rights {
            answer["rights"] = json!(rights);
        }
        Ok(Done { answer, summary: format!("signed in as {}", me.login), rows: 0, outcome: None, images: Vec::new() })
    }
}

/// The names of the groups that give the user its rights; none where Odoo or a policy keeps them.
async fn rights(site: &Site, session: &Session) -> Option<Vec<String>> {
    let field = renamed_field("res.users", "groups_id", session.client.version()).unwrap_or("groups_id");
    if site.is_redacted(&path("res.users", field)) || site.is_redacted(&path("res.groups", "display_name")) {
        return None;
    }
    let user = session.client.read("res.users", &[session.sign_in.uid], &[field], None).await.ok()?;
    let ids: Vec<i64> = user.first()?.get(field)?.as_array()?.iter().filter_map(Value::as_i64).collect();
    if ids.is_empty() {
        return None;
    }
    let groups = session.client.read("res.groups", &ids, &["display_name"], None).await.ok()?;
    let name = |group: &Record| group.get("display_name").and_then(Value::as_str).map(str::to_owned);
    Some(groups.iter().filter_map(name).collect())
}

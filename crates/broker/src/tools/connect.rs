//! `odoo_connect`: signs in and tells version, user, company, languages, rights.

use super::arguments::Arguments;
use super::{Call, Done, Site, Target, Tool, define};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
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
            "Signs in to a connection and tells version, user, companies, languages and whether the user administers Odoo. \
             Not needed before other calls, which sign in by themselves.",
            &json!({"connection": {"type": "string", "description": "Connection name; see user_connection_list"}}),
            &[],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, _: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        Ok(Box::new(ConnectCall(CallFacts::local(NAME, self.definition().risk))))
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
        let companies: Vec<Value> = me.companies.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
        Ok(Done {
            answer: json!({
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
                "languages": languages.into_iter().map(|(code, _)| code).collect::<Vec<_>>(),
            }),
            summary: format!("signed in as {}", me.login),
            rows: 0,
            outcome: None, images: Vec::new(),
        })
    }
}

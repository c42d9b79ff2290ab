//! One suite for every server that says it is an Odoo: the real one and the one in a process. It creates its own contacts
//! and removes them.

mod errors;
mod groups;
mod names;
mod records;
mod session;

use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::{Client, Credential, Endpoint, OdooError, SignIn};

/// A server, a database and one of its users.
#[derive(Debug, Clone)]
pub(crate) struct SuiteTarget {
    /// Scheme, host and port.
    pub(crate) url: String,
    /// The database's name.
    pub(crate) database: String,
    /// The user's login.
    pub(crate) login: String,
    /// The user's key or password.
    pub(crate) secret: Credential,
    /// The user may change settings.
    pub(crate) is_admin: bool,
}

impl SuiteTarget {
    fn endpoint(&self) -> Endpoint {
        Endpoint {
            origin: self.url.clone(),
            database: self.database.clone(),
            login: self.login.clone(),
            tls: Tls::System,
        }
    }

    async fn sign_in(&self, protocol: Protocol) -> Result<(Client, SignIn), OdooError> {
        Client::sign_in(self.endpoint(), self.secret.clone(), protocol).await
    }
}

/// Runs everything under each protocol that the secret allows.
pub(crate) async fn run(target: SuiteTarget) {
    let protocols: &[Protocol] =
        if target.secret.is_api_key() { &[Protocol::Json2, Protocol::JsonRpc] } else { &[Protocol::JsonRpc] };
    for protocol in protocols {
        println!("{} as {} over {protocol:?}", target.url, target.login);
        let client = session::signing_in_tells_who_and_where(&target, *protocol).await;
        session::models_languages_and_fields_are_told_to_an_ordinary_user(&client).await;
        session::the_columns_of_a_list_are_told_to_an_ordinary_user(&client, target.is_admin).await;
        session::a_user_s_rights_are_told(&client, target.is_admin).await;
        session::a_language_is_remembered_by_itself(&client).await;
        records::a_contact_is_created_found_changed_and_removed(&client, *protocol).await;
        records::a_method_that_returns_nothing_is_a_success_with_null(&client, *protocol).await;
        groups::records_are_counted_and_summed_up_by_group(&client, *protocol).await;
        groups::a_group_lists_its_different_values(&client).await;
        names::records_are_found_by_every_name_they_have(&client).await;
        names::a_contact_does_not_stand_above_itself(&client).await;
        groups::what_odoo_says_of_a_field_leads_to_where_it_comes_from(&client).await;
        errors::every_refusal_is_its_own_error(&client, target.is_admin).await;
        errors::every_mistake_gets_a_code_a_sentence_and_a_next_step(&client).await;
        errors::what_takes_too_long_or_too_much_is_told_so(&target, &client, *protocol).await;
        errors::a_wrong_secret_and_a_wrong_database_are_told_apart(&target, *protocol).await;
    }
    session::the_protocol_is_chosen_by_version_and_secret(&target).await;
    session::the_test_of_a_connection_passes_every_step(&target).await;
    session::the_test_of_a_connection_names_what_is_wrong(&target).await;
}

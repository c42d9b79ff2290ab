use super::server::{Reply, Server};
use super::{endpoint, keeps_secrets, key, read, short, signed_in, write};
use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, OdooError};

#[tokio::test]
async fn no_redirect_is_followed_and_no_key_reaches_the_other_host() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(|_| Reply::page(200)).await;
        let location = format!("{}/json/2/res.partner/search_read", other.origin);
        let (server, client) =
            signed_in(move |_| Reply::Http(status, vec![("location", location.clone())], Vec::new())).await;
        for outcome in [read(&client).await.map(drop), write(&client).await] {
            let error = outcome.unwrap_err();
            assert!(matches!(&error, OdooError::Redirected { to, .. } if *to == other.origin), "{error:?}");
        }
        assert!(other.heard().is_empty());
        assert_eq!((server.count("/search_read"), server.count("/write")), (1, 1));
    }
}

#[tokio::test]
async fn a_sign_in_is_not_led_away_either() {
    let other = Server::start(|_| Reply::page(200)).await;
    let location = format!("{}/web/login", other.origin);
    let server = Server::start(move |_| Reply::Http(303, vec![("location", location.clone())], Vec::new())).await;
    let led = keeps_secrets(Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await);
    assert!(matches!(led.unwrap_err(), OdooError::Redirected { to, .. } if to == other.origin));
    assert!(other.heard().is_empty());
    assert!(server.heard().iter().all(|heard| !heard.all.contains(super::KEY)));
}

#[tokio::test]
async fn a_redirect_to_a_page_of_its_own_names_no_other_host() {
    let (_server, client) = signed_in(|_| Reply::Http(303, vec![("location", "/web/login".into())], Vec::new())).await;
    assert!(matches!(read(&client).await, Err(OdooError::Redirected { to, .. }) if to == "another page of its own"));
}

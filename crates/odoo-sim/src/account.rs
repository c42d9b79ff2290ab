//! Who may sign in.

use std::fmt;

use crate::SimError;

/// A user that can sign in. The key is new at every start.
#[derive(Clone)]
pub struct Account {
    /// The login name: `admin` or `demo`.
    pub login: String,
    /// The password, for JSON-RPC.
    pub password: String,
    /// The API key: 40 hexadecimal digits, for JSON-2 and in place of the password.
    pub api_key: String,
    uid: i64,
}

impl Account {
    pub(crate) fn new(login: &str, uid: i64) -> Result<Self, SimError> {
        let mut key = [0; 20];
        getrandom::fill(&mut key).map_err(SimError::Random)?;
        Ok(Self { login: login.to_owned(), password: login.to_owned(), api_key: hex::encode(key), uid })
    }

    /// The id of the user in `res.users`.
    pub fn uid(&self) -> i64 {
        self.uid
    }

    pub(crate) fn opens(&self, secret: &str) -> bool {
        secret == self.password || secret == self.api_key
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("login", &self.login).field("uid", &self.uid).finish_non_exhaustive()
    }
}

//! One Odoo: its records, who may sign in, and the way of a call through it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::access;
use crate::account::Account;
use crate::clock;
use crate::env::{Env, ROOT};
use crate::fault::Outcome;
use crate::log::Seen;
use crate::methods::Method;
use crate::portal::{self, Printed};
use crate::records::Database;
use crate::schema::Schema;

const LOG_LENGTH: usize = 10_000;

/// The state behind the HTTP routes.
pub(crate) struct Server {
    pub(crate) schema: &'static Schema,
    pub(crate) database: String,
    pub(crate) admin: Account,
    pub(crate) demo: Account,
    pub(crate) latency: Duration,
    db: Mutex<Database>,
    log: Mutex<VecDeque<Seen>>,
}

/// How the arguments came.
pub(crate) enum Call {
    /// JSON-2: everything by name.
    Named { ids: Option<Value>, arguments: Map<String, Value> },
    /// JSON-RPC: the ids first where the method works on records.
    Positional { positional: Vec<Value>, named: Map<String, Value> },
}

impl Server {
    pub(crate) fn new(
        schema: &'static Schema,
        db: Database,
        (admin, demo): (Account, Account),
        database: String,
        latency: Duration,
    ) -> Self {
        Self { schema, database, admin, demo, latency, db: Mutex::new(db), log: Mutex::default() }
    }

    /// The user that a key belongs to.
    pub(crate) fn by_key(&self, key: &str) -> Option<i64> {
        [&self.admin, &self.demo].into_iter().find(|account| account.api_key == key).map(Account::uid)
    }

    /// The user that signs in with a password, or with a key in its place.
    pub(crate) fn by_login(&self, login: &str, secret: &str) -> Option<i64> {
        let accounts = [&self.admin, &self.demo];
        accounts.into_iter().find(|account| account.login == login && account.opens(secret)).map(Account::uid)
    }

    /// Whether the secret is that user's.
    pub(crate) fn is_secret_of(&self, uid: i64, secret: &str) -> bool {
        [&self.admin, &self.demo].into_iter().any(|account| account.uid() == uid && account.opens(secret))
    }

    /// Runs one call in a transaction of its own: when it fails, nothing has changed.
    pub(crate) fn call(
        &self,
        uid: i64,
        model: &str,
        method: &str,
        call: Call,
        context: Map<String, Value>,
    ) -> Outcome<Value> {
        let mut db = locked(&self.db);
        let before = db.mark();
        let mut env = Env { db: &mut db, schema: self.schema, uid, sudo: false, context, now: clock::now() };
        let outcome = self.run(&mut env, model, method, call);
        if outcome.is_err() {
            db.undo_to(before);
        }
        db.keep();
        outcome
    }

    /// The document behind a page for customers, if the token is its own.
    pub(crate) fn print(&self, page: &str, id: i64, token: &str) -> Option<Printed> {
        let mut db = locked(&self.db);
        let context = Map::new();
        let env = Env { db: &mut db, schema: self.schema, uid: ROOT, sudo: true, context, now: clock::now() };
        portal::open(&env, page, id, token)
    }

    /// The calls that came, oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        locked(&self.log).iter().cloned().collect()
    }

    fn run(&self, env: &mut Env<'_>, name: &str, method: &str, call: Call) -> Outcome<Value> {
        let bound = bind(env, name, method, call);
        let ids = bound.as_ref().map_or_else(|_| Vec::new(), |(_, _, ids, _)| ids.clone());
        self.note(Seen { uid: env.uid, model: name.to_owned(), method: method.to_owned(), ids });
        let (model, method, ids, arguments) = bound?;
        access::check_companies(env)?;
        (method.run)(env, model, &ids, &arguments)
    }

    fn note(&self, seen: Seen) {
        let mut log = locked(&self.log);
        if log.len() == LOG_LENGTH {
            log.pop_front();
        }
        log.push_back(seen);
    }
}

fn bind(env: &Env<'_>, model: &str, method: &str, call: Call) -> Outcome<Bound> {
    let model = env.model(model)?;
    let method = Method::find(model, method)?;
    match call {
        Call::Named { ids, arguments } => {
            if ids.is_some() && !method.takes_ids {
                return Err(crate::fault::Fault::unprocessable(format!(
                    "cannot call {}.{} with ids",
                    model.name, method.name
                )));
            }
            Ok((model, method, ids_of(ids.as_ref()), method.bind_named(arguments)?))
        }
        Call::Positional { mut positional, named } => {
            let mut ids = Vec::new();
            if method.takes_ids {
                if positional.is_empty() {
                    return Err(crate::fault::Fault::raised("builtins.IndexError", 500, "list index out of range"));
                }
                ids = ids_of(Some(&positional.remove(0)));
            }
            Ok((model, method, ids, method.bind_positional(&positional, named)?))
        }
    }
}

type Bound = (&'static crate::schema::Model, &'static Method, Vec<i64>, crate::methods::Arguments);

/// What `browse` makes of ids: one or a list; anything that is no number is no record.
fn ids_of(ids: Option<&Value>) -> Vec<i64> {
    match ids {
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_i64).collect(),
        Some(one) => one.as_i64().into_iter().collect(),
        None => Vec::new(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `/web/version` and `common.version` tell.
pub(crate) fn version_info() -> Value {
    json!([19, 0, 0, "final", 0, ""])
}

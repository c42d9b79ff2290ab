//! The methods that can be called, each with its signature, as Odoo binds them.

mod actions;
mod arguments;
mod fields;
mod groups;
mod invoices;
mod mail;
mod models;
mod onchange;
mod portal;
mod records;
mod sales;
mod search;
mod users;
mod views;
mod web;
mod wizards;

use serde_json::{Map, Value};

pub(crate) use arguments::Arguments;

use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::Model;

/// One method of one, some or all models.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) on: On,
    /// Called on records (`ids`), not on the model.
    pub(crate) takes_ids: bool,
    /// In positional order.
    pub(crate) params: &'static [Param],
    /// Takes any further named argument.
    pub(crate) is_open: bool,
    pub(crate) run: fn(&mut Env<'_>, &'static Model, &[i64], &Arguments) -> Outcome<Value>,
}

/// Where a method is defined.
pub(crate) enum On {
    Every,
    Thread,
    One(&'static str),
}

/// A parameter and whether it must be given.
pub(crate) struct Param(pub(crate) &'static str, pub(crate) bool);

/// The one record that a method is called on.
fn one(model: &Model, ids: &[i64]) -> Outcome<i64> {
    match ids {
        [id] => Ok(*id),
        ids => {
            let listed = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Fault::value(format!("Expected singleton: {}({listed})", model.name)))
        }
    }
}

impl Method {
    /// Finds a public method of a model.
    pub(crate) fn find(model: &Model, name: &str) -> Outcome<&'static Self> {
        if name.starts_with('_') {
            return Err(Fault::access(format!(
                "Private methods (such as '{}.{name}') cannot be called remotely.",
                model.name
            )));
        }
        let tables = [
            search::METHODS,
            records::METHODS,
            fields::METHODS,
            onchange::METHODS,
            groups::METHODS,
            web::METHODS,
            views::METHODS,
            mail::METHODS,
            sales::METHODS,
            invoices::METHODS,
            actions::METHODS,
            wizards::METHODS,
            portal::METHODS,
            users::METHODS,
            models::METHODS,
        ];
        let mut all = tables.into_iter().flatten().filter(|method| method.name == name);
        all.find(|method| match method.on {
            On::Every => true,
            On::Thread => model.thread,
            On::One(only) => model.name == only,
        })
        .ok_or_else(|| Fault::NoMethod(format!("{}.{name}", model.name)))
    }

    /// Binds named arguments, with the messages of Python's `Signature.bind`.
    pub(crate) fn bind_named(&self, given: Map<String, Value>) -> Outcome<Arguments> {
        if let Some(Param(name, _)) =
            self.params.iter().find(|Param(name, required)| *required && !given.contains_key(*name))
        {
            return Err(Fault::unprocessable(format!("missing a required argument: '{name}'")));
        }
        match given.keys().find(|name| !self.knows(name)) {
            Some(name) => Err(Fault::unprocessable(format!("got an unexpected keyword argument '{name}'"))),
            None => Ok(Arguments::new(given)),
        }
    }

    /// Binds positional and named arguments, with the messages of a Python call.
    pub(crate) fn bind_positional(&self, positional: &[Value], named: Map<String, Value>) -> Outcome<Arguments> {
        if positional.len() > self.params.len() {
            let required = self.params.iter().filter(|Param(_, required)| *required).count();
            return Err(Fault::kind(format!(
                "BaseModel.{}() takes from {} to {} positional arguments but {} were given",
                self.name,
                required + 1,
                self.params.len() + 1,
                positional.len() + 1
            )));
        }
        if let Some(name) = named.keys().find(|name| !self.knows(name)) {
            return Err(Fault::kind(format!("BaseModel.{}() got an unexpected keyword argument '{name}'", self.name)));
        }
        let mut given = named;
        for (Param(name, _), value) in self.params.iter().zip(positional) {
            given.insert((*name).to_owned(), value.clone());
        }
        match self.params.iter().find(|Param(name, required)| *required && !given.contains_key(*name)) {
            Some(Param(name, _)) => {
                Err(Fault::kind(format!("BaseModel.{}() missing 1 required positional argument: '{name}'", self.name)))
            }
            None => Ok(Arguments::new(given)),
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.is_open || self.params.iter().any(|Param(known, _)| *known == name)
    }
}

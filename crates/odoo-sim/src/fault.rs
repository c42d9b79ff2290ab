//! How Odoo says no: the exception classes, their HTTP statuses, and the two shapes they travel in.

use serde_json::{Value, json};

/// What went wrong with a call. The first two say different things over JSON-2 and over JSON-RPC.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The model is not installed.
    NoModel(String),
    /// `model.method` does not exist.
    NoMethod(String),
    /// Python raised this.
    Raised(Exception),
    /// The answer is no JSON: the server breaks over it outside of any protocol and answers with a page.
    Broken,
}

/// An exception as Odoo serializes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    /// The Python class with its module, such as `odoo.exceptions.AccessError`.
    pub(crate) class: &'static str,
    pub(crate) message: String,
    /// The HTTP status over JSON-2.
    pub(crate) status: u16,
}

pub(crate) type Outcome<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn access(message: impl Into<String>) -> Self {
        Self::raised("odoo.exceptions.AccessError", 403, message)
    }

    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::raised("odoo.exceptions.UserError", 422, message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::raised("odoo.exceptions.ValidationError", 422, message)
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::raised("builtins.ValueError", 500, message)
    }

    pub(crate) fn key(key: impl Into<String>) -> Self {
        Self::raised("builtins.KeyError", 500, key)
    }

    pub(crate) fn kind(message: impl Into<String>) -> Self {
        Self::raised("builtins.TypeError", 500, message)
    }

    pub(crate) fn attribute(message: impl Into<String>) -> Self {
        Self::raised("builtins.AttributeError", 500, message)
    }

    /// The arguments of a JSON-2 call do not fit the method's signature.
    pub(crate) fn unprocessable(message: impl Into<String>) -> Self {
        Self::raised("werkzeug.exceptions.UnprocessableEntity", 422, message)
    }

    pub(crate) fn missing(model: &str, id: i64, uid: i64) -> Self {
        Self::raised(
            "odoo.exceptions.MissingError",
            404,
            format!("Record does not exist or has been deleted.\n(Record: {model}({id},), User: {uid})"),
        )
    }

    pub(crate) fn raised(class: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self::Raised(Exception { class, message: message.into(), status })
    }

    /// As `/json/2` raises it.
    pub(crate) fn over_json2(&self) -> Exception {
        let not_found = |message| Exception { class: "werkzeug.exceptions.NotFound", message, status: 404 };
        match self {
            Self::NoModel(model) => not_found(format!("the model '{model}' does not exist")),
            Self::NoMethod(method) => not_found(format!("The method '{method}' does not exist")),
            Self::Raised(exception) => exception.clone(),
            Self::Broken => broken(),
        }
    }

    /// As `/jsonrpc` raises it.
    pub(crate) fn over_jsonrpc(&self) -> Exception {
        match self {
            Self::NoModel(model) => Exception {
                class: "odoo.exceptions.UserError",
                message: format!("Object {model} doesn't exist"),
                status: 200,
            },
            Self::NoMethod(method) => Exception {
                class: "builtins.AttributeError",
                message: format!("The method '{method}' does not exist"),
                status: 200,
            },
            Self::Raised(exception) => exception.clone(),
            Self::Broken => broken(),
        }
    }
}

fn broken() -> Exception {
    Exception { class: "builtins.UnicodeDecodeError", message: "'utf-8' codec can't decode".into(), status: 500 }
}

impl Exception {
    /// `{name, message, arguments, context, debug}`: the body over JSON-2, and `error.data` over JSON-RPC.
    pub(crate) fn body(&self) -> Value {
        let mut arguments = vec![Value::from(self.message.as_str())];
        if self.class.starts_with("werkzeug.") {
            arguments.push(Value::from(self.status));
        }
        json!({
            "name": self.class,
            "message": self.message,
            "arguments": arguments,
            "context": {},
            "debug": format!(
                "Traceback (most recent call last):\n  File \"odoo/http.py\", line 2273, in _serve_db\n    \
                 return service_model.retrying(serve_func, env=self.env)\n{}: {}\n",
                self.class.trim_start_matches("builtins."),
                self.message
            ),
        })
    }
}

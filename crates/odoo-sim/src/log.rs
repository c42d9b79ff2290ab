//! What was asked, for tests that want to know.

/// One call that reached the server and was signed in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    /// Who called.
    pub uid: i64,
    /// Such as `res.partner`; it need not exist.
    pub model: String,
    /// Such as `search_read`; it need not exist.
    pub method: String,
    /// The records it was called on; empty for methods of the model.
    pub ids: Vec<i64>,
}

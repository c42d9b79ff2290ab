//! How real clients wait for a person: some give up first, some cancel, some die, some call twice. Whatever they do, nothing
//! runs unclaimed, nothing runs twice, and the result is there for whoever asks again.

/// A test for each case of a promise.
macro_rules! each {
    ($promise:ident: $($name:ident => $($what:expr),+;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $promise($($what),+).await;
            }
        )*
    };
}

mod client;
mod gives_up;
mod newcomer;
mod nobody_claims;
mod patient;
mod several;
mod while_it_runs;

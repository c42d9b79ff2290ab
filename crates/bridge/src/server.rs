use crate::answer;
use crate::call;
use crate::session::Session;
use crate::tools;
use futures_util::FutureExt as _;
use gatehouse_core::{EdgeError, ErrorCode};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation, InitializeRequestParams,
    InitializeResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
    SubscriptionFilter,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};
use rmcp::{ErrorData, ServerHandler};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How long a client of 2026-07-28 may keep the app's list, in milliseconds. It is told when the list changes before.
const FRESH: u64 = 60_000;

/// The MCP server, for both eras of the protocol.
pub(crate) struct Server {
    session: Arc<Session>,
    /// Somebody tells the client already when the tools change.
    tells: AtomicBool,
}

impl Server {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session, tells: AtomicBool::new(false) }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build();
        let us = Implementation::new("gatehouse", env!("CARGO_PKG_VERSION")).with_title("Gatehouse");
        ServerConfig::new(capabilities).with_server_info(us)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let info = self.negotiate_initialize(&request)?;
        Ok(info.with_instructions(unbroken(self.session.offer()).await?.instructions))
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let info = self.get_info().with_instructions(unbroken(self.session.offer()).await?.instructions);
        Ok(DiscoverResult::from_server_info(self.supported_protocol_versions().into_owned(), info))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|page| page.cursor.is_some()) {
            return Err(ErrorData::invalid_params("there is one page only", None));
        }
        let offer = unbroken(self.session.offer()).await?;
        let fresh = if offer.is_current { FRESH } else { 0 };
        let list = ListToolsResult::with_all_items(offer.tools.into_iter().map(tools::shown).collect());
        let is_modern = context.protocol_version().is_some_and(|v| v >= ProtocolVersion::V_2026_07_28);
        Ok(if is_modern { list.with_ttl_ms(fresh).with_cache_scope(CacheScope::Private) } else { list })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let carried = unbroken(call::carry(&self.session, request, &context));
        let result = tokio::select! {
            biased;
            // Dropping the call tells the app, and nobody reads this answer.
            () = context.ct.cancelled() => answer::error(&cancelled()),
            () = self.session.ended().cancelled() => answer::error(&cancelled()),
            carried = carried => carried?,
        };
        Ok(result.into())
    }

    /// The 2025-11-25 way: the client is told as long as it is there.
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.tells.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut changed = self.session.tools_changed();
        tokio::spawn(async move {
            while changed.changed().await.is_ok() && context.peer.notify_tool_list_changed().await.is_ok() {}
        });
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = SubscriptionFilter::new();
        accepted.tools_list_changed = requested.tools_list_changed;
        Some(accepted)
    }

    /// The 2026-07-28 way: the client listens for as long as it likes.
    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changed = self.session.tools_changed();
        loop {
            tokio::select! {
                () = subscription.cancelled() => return Ok(()),
                () = self.session.ended().cancelled() => return Ok(()),
                ticked = changed.changed() => if ticked.is_err() { return Ok(()) },
            }
            if subscription.accepted().tools_list_changed == Some(true)
                && subscription.sink().notify_tool_list_changed().await.is_err()
            {
                return Ok(());
            }
        }
    }
}

/// What `future` gives; an error that is answered when it fails inside, where the library would leave the client waiting.
async fn unbroken<T>(future: impl Future<Output = T>) -> Result<T, ErrorData> {
    let outcome = AssertUnwindSafe(future).catch_unwind().await;
    outcome.map_err(|_| ErrorData::internal_error("gatehouse-mcp failed inside; its stderr says where", None))
}

fn cancelled() -> EdgeError {
    EdgeError::new(ErrorCode::Cancelled, "The call was cancelled.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_fails_inside_is_answered() {
        let failing = async {
            tokio::task::yield_now().await;
            assert_eq!(1, 2, "on purpose");
        };
        let error = unbroken(failing).await.unwrap_err();
        assert_eq!(error.code.0, -32603);
        assert!(unbroken(async { 7 }).await.is_ok_and(|seven| seven == 7));
    }
}

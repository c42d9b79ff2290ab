use gatehouse_core::Evidence;

/// Who is at the other end, as the operating system tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The user id. Always our own: others are turned away before.
    pub uid: u32,
    /// The process that connected, where the system tells it.
    pub pid: Option<u32>,
    /// The program on whose behalf it runs. Its `program` is empty when that is not known.
    pub evidence: Evidence,
}

/// What the socket tells of a peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerIds {
    pub(crate) uid: u32,
    pub(crate) pid: Option<u32>,
}

impl Peer {
    /// Looks at the process and its ancestors.
    #[cfg(target_os = "linux")]
    pub(crate) async fn look(ids: PeerIds) -> Self {
        let unknown = Evidence { uid: ids.uid, pid: 0, program: String::new(), inode: 0 };
        let evidence = match ids.pid {
            // Reading /proc may wait on the file system a program lies on.
            Some(pid) => {
                tokio::task::spawn_blocking(move || crate::ancestry::evidence(ids.uid, pid)).await.unwrap_or(unknown)
            }
            None => unknown,
        };
        Self { uid: ids.uid, pid: ids.pid, evidence }
    }

    /// Elsewhere only the ids are known. (Never compiled here.)
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_async, reason = "the same shape as on Linux")]
    pub(crate) async fn look(ids: PeerIds) -> Self {
        let evidence = Evidence { uid: ids.uid, pid: ids.pid.unwrap_or(0), program: String::new(), inode: 0 };
        Self { uid: ids.uid, pid: ids.pid, evidence }
    }
}

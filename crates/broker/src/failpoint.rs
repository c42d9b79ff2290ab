//! Points on the way of a call where a test can hold it, to end a program there: one in each step that the app itself takes.
//! They are there in builds with the feature `failpoints` alone, which the app that people get never has; in any other
//! they come to nothing.

/// Where a call can be held.
#[cfg_attr(not(feature = "failpoints"), expect(unreachable_pub, reason = "public where there are such points"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The agent may call.
    Admit,
    /// Its connection is known.
    Resolve,
    /// What can be refused without the network was not.
    Screen,
    /// What the call is, is known.
    Describe,
    /// The policies were asked.
    Decide,
    /// Every limit gave what the call takes.
    Reserve,
    /// The question lies before the person; nobody waits for it yet.
    Ask,
    /// A live call has claimed the approval, and the records were read again.
    Recheck,
    /// Everything still holds; the intent is not written yet.
    Intent,
    /// The intent is durable; nothing was sent.
    IntentDurable,
    /// The intent of a plan's step is durable; that step was not sent.
    StepDurable,
    /// Odoo has answered; nothing of that is written yet.
    Settle,
}

#[cfg(not(feature = "failpoints"))]
#[inline]
pub(crate) fn at(_: Point) -> std::future::Ready<()> {
    std::future::ready(())
}

#[cfg(feature = "failpoints")]
pub(crate) use armed::at;
#[cfg(feature = "failpoints")]
pub use armed::{Trap, arm};

#[cfg(feature = "failpoints")]
mod armed {
    use super::Point;
    use crate::state::Broker;
    use gatehouse_core::Charge;
    use std::sync::{Mutex, PoisonError};
    use tokio::sync::oneshot;

    impl Point {
        const ALL: [(&'static str, Self); 12] = [
            ("admit", Self::Admit),
            ("resolve", Self::Resolve),
            ("screen", Self::Screen),
            ("describe", Self::Describe),
            ("decide", Self::Decide),
            ("reserve", Self::Reserve),
            ("ask", Self::Ask),
            ("recheck", Self::Recheck),
            ("intent", Self::Intent),
            ("intent_durable", Self::IntentDurable),
            ("step_durable", Self::StepDurable),
            ("settle", Self::Settle),
        ];

        /// The point of that name.
        pub fn named(name: &str) -> Option<Self> {
            Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, point)| point)
        }
    }

    /// The other end of an armed point.
    pub struct Trap {
        /// Fires when a call has come there.
        pub reached: oneshot::Receiver<()>,
        /// Lets it go on. Dropped, the call stays there for good.
        pub release: oneshot::Sender<()>,
    }

    struct Armed {
        point: Point,
        reached: oneshot::Sender<()>,
        released: oneshot::Receiver<()>,
    }

    static ARMED: Mutex<Option<Armed>> = Mutex::new(None);

    /// Arms a point of this process, in place of the one that was armed: the next call that comes there stays.
    pub fn arm(point: Point) -> Trap {
        let (reached_there, reached) = oneshot::channel();
        let (release, released) = oneshot::channel();
        *ARMED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Armed { point, reached: reached_there, released });
        Trap { reached, release }
    }

    /// Stays here if the point is armed.
    pub(crate) async fn at(point: Point) {
        let armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner).take_if(|armed| armed.point == point);
        let Some(Armed { reached, released, .. }) = armed else { return };
        // Whoever armed it may have lost interest in when.
        let _ = reached.send(());
        if released.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    impl Broker {
        /// What is spent of every limit that was ever asked, each in its newest window.
        pub fn spent(&self) -> Vec<Charge> {
            self.limits().counts()
        }

        /// How many live calls wait on tickets now.
        pub fn waiters(&self) -> u32 {
            self.0.desk.collect(|held| Some(held.waiters)).into_iter().sum()
        }
    }
}

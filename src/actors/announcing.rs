//! The one way by which what has been committed reaches those who listen on this server: the sockets
//! ([`LocalSockets`](crate::actors::local_sockets::LocalSockets)) and whoever else is given to the server at
//! its start.
//!
//! It is told nothing before it is committed, and nothing that was committed is undone for what a listener
//! does with it.

use std::fmt;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::actors::confirmations::AskId;
use crate::actors::messages::{Advanced, Snapshot};
use crate::domain::conversation::Segment;
use crate::domain::{ConversationId, TokenId, UserId};
use crate::store::conversations::Chat;

/// Something that has been committed, by this server or by another process whose doing was read here; and
/// who is there.
#[derive(Clone, Copy, Debug)]
pub enum Announcement<'a> {
    /// Changes of a conversation.
    Changed {
        /// Where they have happened.
        conversation: ConversationId,
        /// What, and between which positions.
        segment: &'a Segment,
        /// Was it committed by this server? What was read of another's may have some of this one's in it.
        is_ours: bool,
    },
    /// A conversation has moved on: some of those changes together, a few times a second at most.
    Advanced {
        /// What is new.
        news: &'a Advanced,
        /// Has this server committed any of it?
        is_ours: bool,
    },
    /// A chat was made.
    Founded {
        /// The chat as it was made.
        chat: &'a Chat,
        /// Who belongs to it from the beginning, in the order of their `seq`.
        members: &'a [UserId],
    },
    /// A user has moved their read position.
    Read {
        /// The user whose position it is.
        user: UserId,
        /// Where, and how they stand there now.
        snapshot: &'a Snapshot,
    },
    /// A user is notified of a chat no longer, or again.
    Muted {
        /// The user who has set it.
        user: UserId,
        /// The chat of which they are notified no longer, or again.
        conversation: ConversationId,
        /// No longer?
        muted: bool,
    },
    /// A user has hidden a private chat.
    Hidden {
        /// The user who does not see it any more.
        user: UserId,
        /// The chat that is hidden from them.
        conversation: ConversationId,
    },
    /// A user has a private chat in view again.
    Shown {
        /// The user who sees it again.
        user: UserId,
        /// How they stand there.
        snapshot: &'a Snapshot,
    },
    /// These tokens are good no longer.
    TokensEnded {
        /// The tokens that have ended.
        tokens: &'a [TokenId],
        /// What the other servers confirm once their sockets are closed; none if this was read of another
        /// process's.
        ask: Option<AskId>,
    },
    /// An account has ended, and with it these tokens.
    AccountEnded {
        /// The account that has ended.
        user: UserId,
        /// Their tokens, as far as they are known.
        tokens: &'a [TokenId],
        /// As with tokens.
        ask: Option<AskId>,
    },
    /// These users have got their first socket at this server, or have lost their last some time ago. It is
    /// in no table, and may be lost.
    Present(&'a [(UserId, bool)]),
    /// Somebody has failed to sign in. It may be lost, too.
    SignInFailed {
        /// From which address.
        peer: IpAddr,
        /// As whom, as names are compared; empty for what can be nobody's name.
        name: &'a str,
    },
    /// Somebody writes in a chat. It may be lost, too.
    Typing {
        /// The chat in which they write.
        conversation: ConversationId,
        /// The user who writes.
        user: UserId,
        /// The username that the others are shown.
        username: &'a str,
    },
}

/// Whoever wants to hear of what has been committed.
///
/// - **Order.** The changes of one conversation come in the order of their numbers, each once, and each
///   segment begins where the one before ended, as long as the conversation stays in memory. Between
///   conversations, and between changes and the other announcements, there is no order.
/// - **Atomic** is a segment: a batch, or what was read of another process's, cut at a removal. What changed
///   twice before it was read is in it at its last place only.
/// - **Loss.** A process that dies after a commit announces nothing of it, and what other processes commit to
///   conversations that nobody has open here is not announced at all. So whoever must miss nothing follows
///   by position from the store, and takes this as a hint that there is more
///   ([`following`](crate::actors::following)).
/// - **Time.** `hear` runs on the thread that commits for everybody. It must return at once: no I/O, no lock
///   that is held for long, no unbounded queue. What does not fit is the listener's to drop.
/// - **Failure.** A listener that panics is told nothing more. Neither the others nor the sender notice.
pub trait Listener: Send + Sync {
    /// What the log calls it.
    fn name(&self) -> &'static str;

    /// This has been committed.
    fn hear(&self, announcement: &Announcement<'_>);
}

/// Tells all listeners.
#[derive(Default)]
pub struct Announcer {
    listeners: Vec<RegisteredListener>,
}

struct RegisteredListener {
    listener: Arc<dyn Listener>,
    has_failed: AtomicBool,
}

impl Announcer {
    /// One that tells these, in this order.
    pub fn new(listeners: impl IntoIterator<Item = Arc<dyn Listener>>) -> Self {
        let registered = |listener| RegisteredListener {
            listener,
            has_failed: AtomicBool::new(false),
        };
        Self {
            listeners: listeners.into_iter().map(registered).collect(),
        }
    }

    /// This has been committed.
    pub fn tell(&self, announcement: Announcement<'_>) {
        for registered in self
            .listeners
            .iter()
            .filter(|registered| !registered.has_failed.load(Ordering::Relaxed))
        {
            let heard = AssertUnwindSafe(|| registered.listener.hear(&announcement));
            if catch_unwind(heard).is_err() {
                registered.has_failed.store(true, Ordering::Relaxed);
                log::error!("{} has failed, and is told nothing more", registered.listener.name());
            }
        }
    }
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.listeners.iter().map(|registered| registered.listener.name());
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Recorder(Mutex<Vec<TokenId>>);

    impl Listener for Recorder {
        fn name(&self) -> &'static str {
            "the recorder"
        }

        fn hear(&self, announcement: &Announcement<'_>) {
            if let Announcement::TokensEnded { tokens, .. } = announcement {
                self.0.lock().unwrap().extend_from_slice(tokens);
            }
        }
    }

    /// Fails when it hears of token 2.
    #[derive(Default)]
    struct Failing(Recorder);

    impl Listener for Failing {
        fn name(&self) -> &'static str {
            "the failing one"
        }

        fn hear(&self, announcement: &Announcement<'_>) {
            self.0.hear(announcement);
            if let Announcement::TokensEnded {
                tokens: [TokenId(2)],
                ..
            } = announcement
            {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
        }
    }

    #[test]
    fn a_listener_that_fails_costs_the_others_nothing() {
        let (failing, recorder) = (Arc::new(Failing::default()), Arc::new(Recorder::default()));
        let listeners: [Arc<dyn Listener>; 2] = [failing.clone(), recorder.clone()];
        let announcer = Announcer::new(listeners);
        for token in 1..=3 {
            announcer.tell(Announcement::TokensEnded {
                tokens: &[TokenId(token)],
                ask: None,
            });
        }
        let heard = |recorder: &Recorder| {
            recorder.0.lock().unwrap().iter().map(|t| t.0).collect::<Vec<_>>()
        };
        assert_eq!(heard(&recorder), [1, 2, 3]);
        assert_eq!(heard(&failing.0), [1, 2], "and it is told nothing more");
    }
}

//! What servers say to each other. Each hint may be lost, come twice or late: a higher `seq` or revision
//! wins, and what is true is in the store.
//!
//! Names and shapes may grow, never change: while servers are upgraded one after the other, two versions
//! talk to each other, and each leaves out what it does not know.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bus::content::CarriedEvent;

/// One thing that is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Hint {
    /// This server is about to begin, and waits until everybody tells it what they store.
    Hello {
        /// The nodes that have not answered yet.
        to: Vec<i64>,
    },
    /// The answer, to this node.
    Welcome {
        /// The node that said hello.
        to: i64,
    },
    /// Said every second.
    Pulse {
        /// The last number that was given.
        last: u64,
        /// How many users have sockets here.
        users: usize,
        /// The sum of who they are, to see whether they are known.
        sum: u64,
        /// Does it reach the database?
        #[serde(default)]
        has_database: bool,
    },
    /// This server ends.
    Bye,
    /// Who has sockets at that node is not known; tell it.
    AskUsers {
        /// The node that is asked.
        of: i64,
    },
    /// A part of the list of users who have sockets here.
    Users {
        /// Tells one list from the next.
        list: u64,
        /// Which part: 0, 1, 2 …
        part: usize,
        /// Of how many.
        of: usize,
        /// The users of this part.
        users: Vec<i64>,
    },
    /// These users have got their first socket here, or lost their last.
    Moved {
        /// Who has come.
        came: Vec<i64>,
        /// Who has gone.
        went: Vec<i64>,
    },
    /// Something was committed to this chat.
    Changed {
        chat: i64,
        /// Its last `seq`.
        seq: i64,
        /// All of it, or nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        events: Vec<CarriedEvent>,
    },
    /// A chat has moved on, for those who have it in the background.
    Advanced(CarriedAdvance),
    /// A user stands there now.
    Read(Stands),
    /// A user has a private chat in view again.
    Shown(Stands),
    /// A user is notified of a chat no longer, or again.
    Muted {
        user: i64,
        chat: i64,
        /// No longer?
        muted: bool,
    },
    /// A user has hidden a private chat.
    Hidden { user: i64, chat: i64 },
    /// These tokens are good no longer, and these accounts have ended.
    Ended {
        /// The tokens that have ended.
        tokens: Vec<i64>,
        /// The account that they were of, if it has ended.
        user: Option<i64>,
        /// What is to be confirmed once their sockets are closed; a later hint asks for it otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ask: Option<u64>,
    },
    /// The sockets are closed of what that node said has ended.
    EndedSeen {
        /// The node that asked.
        of: i64,
        /// What it asked.
        ask: u64,
    },
    /// Somebody has failed to sign in.
    SignInFailed {
        /// From which address.
        peer: IpAddr,
        /// As whom, as names are compared.
        name: String,
    },
    /// Somebody writes in a chat.
    Typing {
        chat: i64,
        user: i64,
        username: String,
    },
}

/// News of a chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CarriedAdvance {
    pub chat: i64,
    /// Its last `seq`.
    pub seq: i64,
    /// Its last `n`.
    pub n: i64,
    /// Who has written and thereby read: user, revision, `n`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<(i64, i64, i64)>,
    /// Whom messages mention: `n`, everybody?, and these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<(i64, bool, Vec<i64>)>,
    /// Since which change, of each of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mention_seqs: Vec<i64>,
    /// Who has joined, by which `seq`, after which `n`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<(i64, i64, i64)>,
    /// Who has left, by which `seq`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<(i64, i64)>,
    /// Is it gone?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_deleted: bool,
}

/// Where a user stands in a chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stands {
    pub user: i64,
    pub chat: i64,
    /// Its last `seq`.
    pub seq: i64,
    /// Its last `n`.
    pub n: i64,
    /// How often their mark was put back.
    pub revision: i64,
    /// The last `n` that they have read.
    pub read_n: i64,
    /// Messages that mention them, by `n`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<i64>,
}

impl Hint {
    /// The same with no more than must be said: what it leaves out is read from the store.
    pub(crate) fn without_content(self) -> Self {
        match self {
            Self::Changed { chat, seq, .. } => Self::Changed {
                chat,
                seq,
                events: Vec::new(),
            },
            hint => hint,
        }
    }

    /// May it be lost without anybody having to look for what was missed?
    pub(crate) fn is_droppable(&self) -> bool {
        match self {
            Self::Changed { .. }
            | Self::Advanced(_)
            | Self::Read(_)
            | Self::Shown(_)
            | Self::Muted { .. }
            | Self::Hidden { .. }
            | Self::Ended { .. } => false,
            Self::Hello { .. }
            | Self::Welcome { .. }
            | Self::Pulse { .. }
            | Self::Bye
            | Self::AskUsers { .. }
            | Self::Users { .. }
            | Self::Moved { .. }
            | Self::EndedSeen { .. }
            | Self::SignInFailed { .. }
            | Self::Typing { .. } => true,
        }
    }
}

//! Identities. All are the database's 64-bit row ids; a JSON integer on the wire.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// An account. The first one registered has id 1 on a fresh database.
    UserId
);
id!(
    /// A conversation; the wire says `chat`.
    ConversationId
);
id!(
    /// A message. Its place in its conversation is `n`, not this.
    MessageId
);
id!(
    /// A signed-in device.
    TokenId
);
id!(
    /// An invitation to make an account.
    InviteId
);

impl ConversationId {
    /// Conversation 1: made by the first migration, everybody is a member, open on every session.
    pub const GENERAL: Self = Self(1);
}

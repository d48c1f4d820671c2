//! By what right accounts, tokens, invitations and conversations are made or changed.

use crate::domain::{TokenId, UserId};

/// A right as it was when a request came. Whoever writes asks, in the same transaction, whether it
/// still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The command line's, and anybody's under `--trust`.
    Operator,
    /// A signed-in person's, over what is their own.
    Own {
        /// By which device.
        token: TokenId,
        /// Whose it is.
        user: UserId,
    },
    /// An administrator's, over what is others'.
    Administrator {
        /// By which device.
        token: TokenId,
        /// Whose it is.
        user: UserId,
    },
}

impl Right {
    /// The device that must still be signed in, and whose it must be.
    pub fn device(self) -> Option<(TokenId, UserId)> {
        match self {
            Self::Operator => None,
            Self::Own { token, user } | Self::Administrator { token, user } => Some((token, user)),
        }
    }

    /// Does it hold for a device whose account manages others, or does not?
    pub fn holds(self, is_admin: bool) -> bool {
        is_admin || !matches!(self, Self::Administrator { .. })
    }
}

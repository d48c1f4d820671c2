//! Kinds of conversations and what each role may do in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of conversation this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Of two people; a third is refused here, at the server, even after one of them has left.
    Private,
    /// Any number of members.
    Group,
    /// Conversation 1, which everybody belongs to and nobody leaves.
    General,
}

impl Kind {
    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Group => "group",
            Self::General => "general",
        }
    }

    /// Reads [`Kind::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Private, Self::Group, Self::General]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A member's role. The order is the rank: `Guest < Member < Admin < Owner`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May read only.
    Guest,
    /// May read and write.
    Member,
    /// May also manage members and the conversation's name.
    Admin,
    /// May also delete the conversation and make other owners.
    Owner,
}

impl Role {
    /// Every role, by rank.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Admin, Self::Owner];

    /// May this role post?
    pub fn may_write(self) -> bool {
        self > Self::Guest
    }

    /// May this role add members and rename the conversation?
    pub fn may_manage(self) -> bool {
        self >= Self::Admin
    }

    /// May this role give `granted` to somebody? Nobody gives more than they have, and only
    /// managers give anything.
    pub fn may_grant(self, granted: Self) -> bool {
        self.may_manage() && granted <= self
    }

    /// May this role remove, or change the role of, a member who has `other`?
    pub fn may_govern(self, other: Self) -> bool {
        self == Self::Owner || (self.may_manage() && other < self)
    }

    /// May this role delete the conversation?
    pub fn may_delete_chat(self) -> bool {
        self == Self::Owner
    }

    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Reads [`Role::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        assert!(Role::ALL.iter().all(|r| Role::parse(r.as_str()) == Some(*r)));
        assert_eq!(Kind::parse("private"), Some(Kind::Private));
        assert_eq!(Kind::parse("Private"), None);
    }

    #[test]
    fn nobody_gives_or_governs_above_themselves() {
        for by in Role::ALL {
            for other in Role::ALL {
                assert!(!by.may_grant(other) || other <= by);
                assert!(!by.may_govern(other) || other < by || by == Role::Owner);
            }
        }
        assert!(!Role::Admin.may_govern(Role::Admin));
        assert!(Role::Owner.may_govern(Role::Owner));
    }
}

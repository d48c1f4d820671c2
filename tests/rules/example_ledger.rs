//! A ledger to begin with: tests say only what matters to them.

use vestnik::domain::ledger::Ledger;
use vestnik::domain::{ConversationId, Kind};

/// What has been read of a conversation in which nobody has said anything.
pub(crate) fn empty(conversation: ConversationId, kind: Kind) -> Ledger {
    Ledger {
        conversation,
        kind,
        is_deleted: false,
        head_seq: 0,
        head_n: 0,
        member_count: 0,
        owner_count: 0,
        parties: [].into(),
        private_chats: [].into(),
        hidden_n: -1,
        users: [].into(),
        devices: [].into(),
        targets: [].into(),
        names: [].into(),
        pin_count: 0,
        known: [].into(),
        taken: [].into(),
        alike: Vec::new(),
        resting: [].into(),
        no_accounts: false,
        invites: [].into(),
        uploads: [].into(),
        accepted: [].into(),
    }
}

//! Which chats the sockets of a user watch, as the store has them.

use crate::domain::{ConversationId, UserId};
use crate::store::conversations::{self, Listing, Unseen};
use crate::store::{Store, StoreError};

/// Chats that are read at once, and chats that are watched; the rest is at `/api/chats`.
const PAGE: u64 = 200;
const MOST: usize = 2_000;

/// Chats of a user, by id.
#[derive(Debug, Default)]
pub(in crate::actors) struct Watched {
    /// Hidden ones too: the next message brings them back.
    pub(in crate::actors) chats: Vec<Listing>,
    /// Are those all?
    pub(in crate::actors) is_whole: bool,
}

/// Reads them.
pub(in crate::actors) async fn watched(store: &Store, user: UserId) -> Result<Watched, StoreError> {
    let mut chats: Vec<Listing> = Vec::new();
    loop {
        let after = chats.last().map_or(ConversationId(0), |last| last.chat.id);
        let page = conversations::of_user(store, user, after, Unseen::Included, PAGE).await?;
        let is_last = (page.len() as u64) < PAGE;
        chats.extend(page);
        let is_whole = chats.len() < MOST;
        if is_last || !is_whole {
            return Ok(Watched { chats, is_whole });
        }
    }
}

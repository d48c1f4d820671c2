//! A message was said. Its row was inserted with those of the whole batch.

use crate::domain::Fact;
use crate::domain::change::Post;
use crate::domain::event::Message;
use crate::store::StoreError;
use crate::store::commit::stored::{Accepted, Written};
use crate::store::commit::uploads::attachments;

pub(super) fn posted(
    accepted: &Accepted<'_>,
    post: &Post,
    written: &Written,
) -> Result<Fact, StoreError> {
    let (here, n) = (accepted.conversation(), accepted.slot.n);
    let inserted = written.messages.get(&(here, n));
    let inserted = inserted.ok_or_else(|| accepted.missing(&format!("the id of message {n}")))?;
    let revision = post.sender().and_then(|user| written.revisions.get(&(here, user)));
    Ok(Fact::Posted(Message {
        id: inserted.id,
        n,
        sender: post.sender(),
        username: accepted.name(post.sender()),
        text: Some(post.text.text().clone()),
        mentions: inserted.mentions.clone(),
        reply_to: post.reply_to,
        attachments: attachments(accepted.ledger, post).into(),
        client_msg_id: post.client_msg_id.clone(),
        sequence: post.sequence,
        created_at: written.now,
        edited_at: None,
        deleted_at: None,
        read_rev: revision.copied().unwrap_or(0),
        annotations: None,
    }))
}

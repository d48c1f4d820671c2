//! Who may say something, and who may change what has been said.

use std::collections::HashSet;

use crate::domain::change::Post;
use crate::domain::files::UploadState;
use crate::domain::ledger::{Admitted, Ledger, TargetMessage};
use crate::domain::{Authority, Emoji, Kind, MessageId, NewText, Refusal, Role, UserId};

/// Different emoji on one message at most.
pub const MAX_EMOJI: usize = 20;
/// Reactions to one message at most: every answer with the message has them all.
pub const MAX_REACTIONS: usize = 1_000;
/// Former versions of one message at most. None of them is dropped for another: who edits must not be
/// able to have the first one forgotten.
pub const MAX_VERSIONS: usize = 100;
/// Pinned messages of one conversation at most.
pub const MAX_PINS: usize = 100;

impl Ledger {
    pub(super) fn admit_post(&mut self, post: &Post) -> Result<Admitted, Refusal> {
        if let Some(sender) = post.sender() {
            self.require_writer(Some(sender))?;
        }
        // A deleted message may be answered: whoever wrote the answer could not know.
        if let Some(answered) = post.reply_to {
            self.targets.get(&answered).ok_or(Refusal::MessageNotFound)?;
        }
        self.admit_uploads(post)?;
        Ok(Admitted::As(None))
    }

    /// All of them or none: each is the sender's, whole, and in no message, nor in this one twice.
    fn admit_uploads(&mut self, post: &Post) -> Result<(), Refusal> {
        let mut named = HashSet::new();
        for id in &post.uploads {
            let upload = self.uploads.get(id).ok_or(Refusal::UploadNotFound)?;
            upload.admit(post.sender())?;
            if !named.insert(id) {
                return Err(Refusal::UploadTaken);
            }
        }
        for id in &post.uploads {
            if let Some(upload) = self.uploads.get_mut(id) {
                upload.state = UploadState::Taken;
            }
        }
        Ok(())
    }

    pub(super) fn admit_edit(
        &mut self,
        by: Authority,
        message: MessageId,
        text: &NewText,
    ) -> Result<Admitted, Refusal> {
        self.require_writer(by.user())?;
        let target = self.living(message)?;
        if by.user().is_some_and(|user| target.message.sender != Some(user)) {
            return Err(Refusal::Forbidden);
        }
        if target.message.text.as_ref() == Some(text.text()) {
            return Ok(Admitted::Already);
        }
        if target.versions >= MAX_VERSIONS {
            return Err(Refusal::TooManyEdits);
        }
        target.versions += 1;
        target.message.text = Some(text.text().clone());
        Ok(Admitted::As(None))
    }

    pub(super) fn admit_delete(
        &mut self,
        by: Authority,
        message: MessageId,
    ) -> Result<Admitted, Refusal> {
        self.require(by, |_| true)?;
        let manages = self.kind != Kind::Private && self.require(by, Role::may_manage).is_ok();
        let is_operator = by == Authority::Operator;
        let target = self.targets.get_mut(&message).ok_or(Refusal::MessageNotFound)?;
        let is_own = target.message.sender.is_some() && target.message.sender == by.user();
        if !(is_own || manages || is_operator) {
            return Err(Refusal::Forbidden);
        }
        if target.message.text.is_none() {
            return Ok(Admitted::Already);
        }
        target.message.text = None;
        self.pin_count -= usize::from(std::mem::take(&mut target.pinned)).min(self.pin_count);
        Ok(Admitted::As(None))
    }

    pub(super) fn admit_reaction(
        &mut self,
        user: UserId,
        message: MessageId,
        emoji: &Emoji,
        on: bool,
    ) -> Result<Admitted, Refusal> {
        self.require_writer(Some(user))?;
        let reactions = &mut self.living(message)?.reactions;
        let reaction = (user, emoji.clone());
        if reactions.contains(&reaction) == on {
            return Ok(Admitted::Already);
        }
        if !on {
            reactions.retain(|known| *known != reaction);
            return Ok(Admitted::As(None));
        }
        let is_new = !reactions.iter().any(|(_, known)| known == emoji);
        let different: HashSet<_> = reactions.iter().map(|(_, known)| known).collect();
        if reactions.len() >= MAX_REACTIONS || is_new && different.len() >= MAX_EMOJI {
            return Err(Refusal::TooManyReactions);
        }
        reactions.push(reaction);
        Ok(Admitted::As(None))
    }

    pub(super) fn admit_pin(
        &mut self,
        by: Authority,
        message: MessageId,
        on: bool,
    ) -> Result<Admitted, Refusal> {
        let is_private = self.kind == Kind::Private;
        self.require(by, |role| role.may_manage() || is_private && role.may_write())?;
        let is_full = self.pin_count >= MAX_PINS;
        let target = self.living(message)?;
        if target.pinned == on {
            return Ok(Admitted::Already);
        }
        if on && is_full {
            return Err(Refusal::TooManyPins);
        }
        target.pinned = on;
        if on {
            self.pin_count += 1;
        } else {
            self.pin_count = self.pin_count.saturating_sub(1);
        }
        Ok(Admitted::As(None))
    }

    /// `None` is the operator.
    fn require_writer(&self, by: Option<UserId>) -> Result<(), Refusal> {
        match by {
            None => Ok(()),
            Some(user) => match self.role_of(user) {
                None => Err(Refusal::NotMember),
                Some(role) if role.may_write() => Ok(()),
                Some(_) => Err(Refusal::ReadOnly),
            },
        }
    }

    /// A message of this conversation that is not deleted.
    fn living(&mut self, message: MessageId) -> Result<&mut TargetMessage, Refusal> {
        let target = self.targets.get_mut(&message);
        target
            .filter(|target| target.message.text.is_some())
            .ok_or(Refusal::MessageNotFound)
    }
}

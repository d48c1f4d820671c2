//! The rule inside the transaction.
//!
//! The writer locks a conversation's row, reads what the batch needs to know into a [`Ledger`], and
//! asks it about each change in turn. The ledger decides who may, what is a repeat, and which `seq`
//! and `n` each accepted change takes. Because the row lock is held until the commit, what it says
//! is true for every node, and the order of `seq` is the order of commits.
//!
//! A refused or repeated change takes no number, so there is never a gap.

mod members;
mod messages;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::change::Post;
use crate::domain::event::{Annotations, Message};
use crate::domain::files::{StoredUpload, UploadId};
use crate::domain::names::likeness::is_mistaken_for;
use crate::domain::{
    Authority, Change, ClientMsgId, ConversationId, Emoji, Event, InviteHash, Kind, MessageId,
    NewAccount, PrivatePair, Refusal, Role, TokenId, UserId,
};

pub use messages::{MAX_EMOJI, MAX_PINS, MAX_REACTIONS, MAX_VERSIONS};

/// One user as the transaction sees them.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Their name.
    pub username: Arc<str>,
    /// What they want to be called, if they said so.
    pub display_name: Option<Arc<str>>,
    /// Their role here; `None` for one who is no member (any more).
    pub role: Option<Role>,
}

/// A message that the batch names, as the transaction sees it.
#[derive(Clone, Debug)]
pub struct TargetMessage {
    /// As it is now.
    pub message: Message,
    /// Is it pinned? Only read where a pin is asked for, a deletion or an edit.
    pub pinned: bool,
    /// The reactions to it, in order; only read where a reaction or an edit is asked for.
    pub reactions: Vec<(UserId, Emoji)>,
    /// How many former versions are kept; only read where an edit is asked for.
    pub versions: usize,
}

impl TargetMessage {
    /// What hangs on it.
    pub fn annotations(&self) -> Annotations {
        let mut annotations = Annotations {
            pinned: self.pinned,
            ..Annotations::default()
        };
        for (user, emoji) in &self.reactions {
            annotations.add(emoji.clone(), *user);
        }
        annotations
    }
}

/// A conversation as the transaction sees it, with all that its batch needs to know.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Whose ledger it is.
    pub conversation: ConversationId,
    /// Its kind.
    pub kind: Kind,
    /// Was it deleted?
    pub is_deleted: bool,
    /// The last `seq` taken.
    pub head_seq: i64,
    /// The last `n` taken.
    pub head_n: i64,
    /// Members now whose account is active.
    pub member_count: usize,
    /// Owners now whose account is active.
    pub owner_count: usize,
    /// Of a private conversation, if somebody asks to join: whom it is for. That is who ever was a
    /// member, and both for whom it was made.
    pub parties: HashSet<UserId>,
    /// The private conversations of those two who would be the parties after a join, by the two.
    pub private_chats: HashMap<PrivatePair, ConversationId>,
    /// Up to which `n` all members have hidden a private conversation; only read where it may be
    /// abandoned. Beyond all where nobody is left.
    pub hidden_n: i64,
    /// The active accounts that the batch names, members or not. Who is absent does not exist.
    pub users: HashMap<UserId, Participant>,
    /// Of the devices that the batch comes from, those that are signed in.
    pub devices: HashSet<TokenId>,
    /// The messages of this conversation that the batch names.
    pub targets: HashMap<MessageId, TargetMessage>,
    /// Its members among those that the texts of the batch may mean, by the unique form of their
    /// names.
    pub names: HashMap<String, UserId>,
    /// Messages that are pinned; only read where [`TargetMessage::pinned`] is.
    pub pin_count: usize,
    /// The messages of this conversation that are stored under the keys that the batch names.
    pub known: HashMap<(UserId, ClientMsgId), Arc<Event>>,
    /// Folded usernames and emails, among those the batch wants to register, that are taken.
    pub taken: HashSet<String>,
    /// Names of accounts that look like one of those names, in whatever script.
    pub alike: Vec<String>,
    /// Keys of those names that somebody gave up lately.
    pub resting: HashSet<String>,
    /// Are there no accounts yet?
    pub no_accounts: bool,
    /// How many accounts the invitations that the batch brings still make. One that is absent is
    /// unknown, expired, used up or revoked.
    pub invites: HashMap<InviteHash, i64>,
    /// The uploads that the batch names.
    pub uploads: HashMap<UploadId, StoredUpload>,
    /// Keys accepted earlier in this batch, by their place in it.
    pub accepted: HashMap<(UserId, ClientMsgId), usize>,
}

/// What the ledger says to one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It happens and takes this place.
    Accepted(Slot),
    /// It happened before; this is what was stored then.
    Repeat(Arc<Event>),
    /// It repeats the change at this index of the same batch.
    RepeatOf(usize),
    /// It is so already.
    Unchanged,
    /// It does not happen.
    Refused(Refusal),
}

/// The place that an accepted change takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its `seq`.
    pub seq: i64,
    /// The conversation's `n` after it; for a post, its own.
    pub n: i64,
    /// For a join, a change of role or an registration: the role from now on.
    pub role: Option<Role>,
}

/// How a change is admitted.
enum Admitted {
    /// It happens, and grants this role, if it grants one.
    As(Option<Role>),
    /// There is nothing to do.
    Already,
}

impl Admitted {
    fn plainly((): ()) -> Self {
        Self::As(None)
    }

    fn with(role: Role) -> Self {
        Self::As(Some(role))
    }
}

impl Ledger {
    /// Rules on a whole batch, in order.
    pub fn rule(&mut self, batch: &[Change]) -> Vec<Verdict> {
        batch
            .iter()
            .enumerate()
            .map(|(index, change)| match self.rule_one(index, change) {
                Verdict::RepeatOf(first) if !is_same_post(&batch[first], change) => {
                    Verdict::Refused(Refusal::KeyReused)
                }
                verdict => verdict,
            })
            .collect()
    }

    fn rule_one(&mut self, index: usize, change: &Change) -> Verdict {
        // Before all else: whose device was signed out learns nothing by it either.
        if change.device().is_some_and(|device| !self.devices.contains(&device)) {
            return Verdict::Refused(Refusal::SignedOut);
        }
        if let Some(repeat) = self.repeat(index, change) {
            return repeat;
        }
        match self.admit(change) {
            Ok(Admitted::Already) => Verdict::Unchanged,
            Ok(Admitted::As(role)) => {
                self.head_seq += 1;
                self.head_n += i64::from(matches!(change, Change::Post(_)));
                Verdict::Accepted(Slot {
                    seq: self.head_seq,
                    n: self.head_n,
                    role,
                })
            }
            Err(refusal) => {
                self.forget(index);
                Verdict::Refused(refusal)
            }
        }
    }

    /// Is this a post that is stored already? That comes before the question whether the sender
    /// may: a removed member who repeats an old send gets the old answer, since "refused" would
    /// mean that it was never stored.
    fn repeat(&mut self, index: usize, change: &Change) -> Option<Verdict> {
        let Change::Post(post) = change else {
            return None;
        };
        let key = (post.sender()?, post.client_msg_id.clone()?);
        if let Some(known) = self.known.get(&key) {
            return Some(compare(known, post));
        }
        if let Some(&first) = self.accepted.get(&key) {
            return Some(Verdict::RepeatOf(first));
        }
        self.accepted.insert(key, index);
        None
    }

    fn forget(&mut self, index: usize) {
        self.accepted.retain(|_, first| *first != index);
    }

    /// May this happen now? If so, make it part of what later changes see.
    fn admit(&mut self, change: &Change) -> Result<Admitted, Refusal> {
        if self.is_deleted {
            return Err(Refusal::ChatNotFound);
        }
        match change {
            Change::Post(post) => self.admit_post(post),
            Change::Edit { by, message, text } => self.admit_edit(*by, *message, text),
            Change::Delete { by, message } => self.admit_delete(*by, *message),
            Change::React {
                user,
                message,
                emoji,
                on,
                ..
            } => self.admit_reaction(*user, *message, emoji, *on),
            Change::Pin { by, message, on } => self.admit_pin(*by, *message, *on),
            Change::Join { by, user, role } => {
                self.admit_join(*by, *user, *role).map(Admitted::with)
            }
            Change::Leave { by, user } => self.admit_leave(*by, *user).map(Admitted::plainly),
            Change::SetRole { by, user, role } => {
                self.admit_role(*by, *user, *role).map(Admitted::with)
            }
            Change::Rename { by, .. } => {
                self.require_master(*by, Role::may_manage).map(Admitted::plainly)
            }
            Change::DeleteChat { by } => self.admit_delete_chat(*by).map(Admitted::plainly),
            Change::Abandon => Ok(self.admit_abandon()),
            Change::Register(account) => self.admit_register(account).map(Admitted::with),
        }
    }

    fn admit_delete_chat(&mut self, by: Authority) -> Result<(), Refusal> {
        if self.kind == Kind::General {
            return Err(Refusal::GeneralIsForAll);
        }
        self.require_master(by, Role::may_delete_chat)?;
        self.is_deleted = true;
        Ok(())
    }

    /// What was said since somebody hid it brings it back into their view.
    fn admit_abandon(&mut self) -> Admitted {
        let is_hidden = self.hidden_n >= self.head_n;
        if self.kind != Kind::Private || !is_hidden {
            return Admitted::Already;
        }
        self.is_deleted = true;
        Admitted::As(None)
    }

    fn admit_register(&mut self, account: &NewAccount) -> Result<Role, Refusal> {
        let uses_left = |invite| self.invites.get(&invite).copied().unwrap_or(0);
        // Before the names: which of them are taken is nothing for the uninvited.
        if account.invite.is_some_and(|invite| uses_left(invite) <= 0) {
            return Err(Refusal::InviteInvalid);
        }
        let (username, email) = (account.username.key(), account.email.key());
        let name = account.username.as_str();
        let is_resting = self.resting.contains(&username) && !account.wakes_names;
        let is_alike = self.alike.iter().any(|other| is_mistaken_for(other, name));
        if self.taken.contains(&username) || is_resting || is_alike {
            return Err(Refusal::UsernameTaken);
        }
        if self.taken.contains(&email) {
            return Err(Refusal::EmailTaken);
        }
        self.taken.extend([username, email]);
        self.alike.push(name.to_owned());
        if let Some(left) = account.invite.and_then(|invite| self.invites.get_mut(&invite)) {
            *left -= 1;
        }
        self.member_count += 1;
        let role = if self.no_accounts {
            self.owner_count += 1;
            Role::Owner
        } else {
            Role::Member
        };
        self.no_accounts = false;
        Ok(role)
    }

    fn role_of(&self, user: UserId) -> Option<Role> {
        self.users.get(&user).and_then(|participant| participant.role)
    }

    fn set_role(&mut self, user: UserId, role: Option<Role>) {
        if let Some(participant) = self.users.get_mut(&user) {
            participant.role = role;
        }
    }

    fn require(&self, by: Authority, may: impl Fn(Role) -> bool) -> Result<(), Refusal> {
        match by.user() {
            None => Ok(()),
            Some(user) => match self.role_of(user) {
                None => Err(Refusal::NotMember),
                Some(role) if may(role) => Ok(()),
                Some(_) => Err(Refusal::Forbidden),
            },
        }
    }

    /// A private conversation has no master: what is an owner's or an admin's elsewhere is nobody's
    /// there, but the operator's.
    fn require_master(&self, by: Authority, may: impl Fn(Role) -> bool) -> Result<(), Refusal> {
        let has_master = self.kind != Kind::Private;
        self.require(by, |role| has_master && may(role))
    }

    fn require_over(&self, by: Authority, user: UserId) -> Result<(), Refusal> {
        self.require_master(by, Role::may_manage)?;
        let other = self.role_of(user).ok_or(Refusal::MemberNotFound)?;
        self.require(by, |mine| mine.may_govern(other))
    }
}

/// The same key is the same message. Of one that was deleted the text is not known any more.
fn compare(known: &Arc<Event>, post: &Post) -> Verdict {
    let stored = known.message();
    let is_same = stored.is_none_or(|message| {
        let uploads = message.attachments.iter().map(|file| &file.upload);
        let is_same_text = message.text.as_ref().map(|stored| *stored == *post.text.text());
        is_same_text.is_none_or(|is_same| is_same && uploads.eq(&post.uploads))
    });
    if is_same {
        Verdict::Repeat(known.clone())
    } else {
        Verdict::Refused(Refusal::KeyReused)
    }
}

fn is_same_post(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (Change::Post(one), Change::Post(other)) => {
            one.text == other.text && one.uploads == other.uploads
        }
        _ => false,
    }
}

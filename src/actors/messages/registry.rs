//! What is said to the registry.

use std::net::IpAddr;

use actix::{Addr, Message};
use chrono::{DateTime, Utc};

use crate::actors::failure::Failure;
use crate::actors::messages::SessionId;
use crate::actors::{ConversationActor, Relay, Session};
use crate::domain::{
    ConversationId, DisplayName, Email, InviteId, InviteTerms, Password, PrivatePair, Right,
    TokenId, TypedName, UserId, Username,
};
use crate::store::accounts::Account;
use crate::store::accounts::administrators::LastAdmin;
use crate::store::conversations::{Chat, Founding};
use crate::store::invites::Invite;
use crate::wire::Encoded;

/// Where is this conversation's actor? Start it if it is not running.
#[derive(Debug, Message)]
#[rtype(result = "Result<Addr<ConversationActor>, Failure>")]
pub struct Locate {
    /// The conversation that it is about.
    pub conversation: ConversationId,
}

/// Make an account.
#[derive(Debug, Message)]
#[rtype(result = "Result<Account, Failure>")]
pub struct SignUp {
    /// The unique name.
    pub username: Username,
    /// The unique address.
    pub email: Email,
    /// In clear, to be hashed.
    pub password: Password,
    /// The code of an invitation, as it was typed.
    pub invite: Option<String>,
    /// From where, for the limits.
    pub peer: IpAddr,
}

/// Check a password and make a token.
#[derive(Debug, Message)]
#[rtype(result = "Result<SignedIn, Failure>")]
pub struct SignIn {
    /// As typed; `None` for what can be nobody's, which fails like a wrong password.
    pub username: Option<TypedName>,
    /// As typed; `None` for what can be nobody's.
    pub password: Option<Password>,
    /// What signs in, as it calls itself.
    pub user_agent: Option<String>,
    /// From where, for the limits.
    pub peer: IpAddr,
}

/// The answer to [`SignIn`].
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret; only its hash is kept.
    pub token: String,
    /// The account that it is about.
    pub user: UserId,
    pub expires_at: DateTime<Utc>,
}

/// Is this the password of the account that is signed in? A wrong one counts like a sign-in that
/// failed, so that a stolen token guesses no faster than anybody else.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct ProvePassword {
    /// The account that it is about.
    pub user: UserId,
    /// Their name, for the limits.
    pub username: String,
    /// As typed; `None` for what can be nobody's.
    pub password: Option<Password>,
    /// From where, for the limits.
    pub peer: IpAddr,
}

/// Change an account; `None` leaves a part as it is.
#[derive(Debug, Message)]
#[rtype(result = "Result<Account, Failure>")]
pub struct UpdateUser {
    /// By what right.
    pub right: Right,
    /// The account that it is about.
    pub user: UserId,
    /// The new name.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<Email>,
    /// The new name to be shown; `Some(None)` takes it away.
    pub display_name: Option<Option<DisplayName>>,
    /// The new password; ends all tokens but `keep`.
    pub password: Option<Password>,
    /// The token that asks.
    pub keep: Option<TokenId>,
}

/// Deactivate an account.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct DeleteUser {
    /// By what right.
    pub right: Right,
    /// The account that it is about.
    pub user: UserId,
    /// If it is the last administrator's.
    pub last_admin: LastAdmin,
}

/// Erase what is personal of an account, for good.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct EraseUser {
    /// By what right.
    pub right: Right,
    /// The account that it is about.
    pub user: UserId,
    /// If it is the last administrator's.
    pub last_admin: LastAdmin,
}

/// Make an invitation.
#[derive(Debug, Message)]
#[rtype(result = "Result<Invited, Failure>")]
pub struct CreateInvite {
    /// By what right: who makes it.
    pub right: Right,
    /// How long and how often it is good.
    pub terms: InviteTerms,
}

/// The answer to [`CreateInvite`].
#[derive(Clone, Debug)]
pub struct Invited {
    /// The secret; only its hash is kept.
    pub code: String,
    /// What is kept.
    pub invite: Invite,
}

/// Take an invitation back.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct RevokeInvite {
    /// By what right.
    pub right: Right,
    pub invite: InviteId,
}

/// Make a conversation.
#[derive(Debug, Message)]
#[rtype(result = "Result<Chat, Failure>")]
pub struct CreateChat(pub Founding);

/// Find the private conversation of two people, or make it.
#[derive(Debug, Message)]
#[rtype(result = "Result<Chat, Failure>")]
pub struct StartPrivate {
    /// By what right.
    pub right: Right,
    pub by: UserId,
    pub pair: PrivatePair,
}

/// End a token.
#[derive(Debug, Message)]
#[rtype(result = "Result<bool, Failure>")]
pub struct RevokeToken {
    /// By what right.
    pub right: Right,
    /// Whose it must be.
    pub user: UserId,
    /// The token that ends.
    pub token: TokenId,
}

/// Make a one-time ticket for a socket.
#[derive(Debug, Message)]
#[rtype(result = "Result<String, Failure>")]
pub struct IssueTicket {
    /// On whose behalf.
    pub token: TokenId,
}

/// Write these to every socket of a user.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct TellUser {
    /// The account that it is about.
    pub user: UserId,
    /// The frames, ready to be written.
    pub frames: Encoded,
}

/// Another server has ended these tokens, and this account, if one is named. The answer comes once their
/// sockets are closed.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct EndedElsewhere {
    pub tokens: Vec<TokenId>,
    pub user: Option<UserId>,
}

/// Somebody has failed to sign in at another server.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct SignInFailedElsewhere {
    /// From which address.
    pub peer: IpAddr,
    /// As whom, as names are compared; empty for what can be nobody's name.
    pub name: String,
}

/// These users have come to other servers, or gone from all of them.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct PresentElsewhere {
    /// Who, and are they there?
    pub changes: Vec<(UserId, bool)>,
}

/// What other servers have told may not have been heard: look at the store.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Resync;

/// What was told to this user's sockets may not be all of it: look at the store where they stand.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct LookAgain {
    /// The account that it is about.
    pub user: UserId,
}

/// A socket is there; from now on it hears of revocations. `false` if its right has ended already.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct SessionStarted {
    /// The session that it is about.
    pub session: SessionId,
    /// Whose; `None` for nobody in particular.
    pub user: Option<UserId>,
    /// By which token it came.
    pub token: Option<TokenId>,
    /// Where it is.
    pub addr: Addr<Session>,
    /// The relay of its thread, which closes it without waiting for what it is doing.
    pub relay: Addr<Relay>,
}

/// A socket is gone.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct SessionEnded {
    /// The session that it is about.
    pub session: SessionId,
}

//! Invitations: made and taken back.

use actix::{Context, Handler, ResponseFuture};

use crate::actors::failure::Failure;
use crate::actors::messages::{CreateInvite, Invited, RevokeInvite};
use crate::actors::registry::Registry;
use crate::domain::InviteHash;
use crate::store::{invites, tokens};

impl Handler<CreateInvite> for Registry {
    type Result = ResponseFuture<Result<Invited, Failure>>;

    fn handle(&mut self, command: CreateInvite, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        Box::pin(async move {
            let code = tokens::new_secret();
            let hash = InviteHash(tokens::hash_secret(&code));
            let invite = invites::insert(&store, command.right, hash, command.terms).await??;
            Ok(Invited { code, invite })
        })
    }
}

impl Handler<RevokeInvite> for Registry {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, command: RevokeInvite, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        Box::pin(async move {
            let revoked = invites::revoke(&store, command.right, command.invite).await?;
            Ok(revoked?)
        })
    }
}

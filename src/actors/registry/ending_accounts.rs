//! How an account ends: deactivated or erased, and its sockets with it.

use std::future::Future;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, Context, Handler, ResponseActFuture};

use crate::actors::failure::Failure;
use crate::actors::messages::{DeleteUser, EraseUser};
use crate::actors::registry::Registry;
use crate::domain::{Refusal, TokenId, UserId};
use crate::store::StoreError;
use crate::store::accounts::ending;

type EndedTokens = Result<Result<Vec<TokenId>, Refusal>, StoreError>;

impl Registry {
    fn close_when(
        &self,
        ended: impl Future<Output = EndedTokens> + 'static,
        user: UserId,
    ) -> ResponseActFuture<Self, Result<(), Failure>> {
        Box::pin(ended.into_actor(self).then(move |ended, registry, _| {
            let ended = ended.map_err(Failure::from).and_then(|ended| Ok(ended?));
            let closing = ended.map(|tokens| registry.end_account(user, &tokens));
            async move {
                closing?.closed().await;
                Ok(())
            }
            .into_actor(registry)
        }))
    }
}

impl Handler<DeleteUser> for Registry {
    type Result = ResponseActFuture<Self, Result<(), Failure>>;

    fn handle(&mut self, command: DeleteUser, _: &mut Context<Self>) -> Self::Result {
        let DeleteUser {
            right,
            user,
            last_admin,
        } = command;
        let store = self.store.clone();
        let ended = async move { ending::deactivate(&store, right, user, last_admin).await };
        self.close_when(ended, user)
    }
}

impl Handler<EraseUser> for Registry {
    type Result = ResponseActFuture<Self, Result<(), Failure>>;

    fn handle(&mut self, command: EraseUser, _: &mut Context<Self>) -> Self::Result {
        let EraseUser {
            right,
            user,
            last_admin,
        } = command;
        let store = self.store.clone();
        let ended = async move { ending::erase(&store, right, user, last_admin).await };
        self.close_when(ended, user)
    }
}

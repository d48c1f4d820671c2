//! Closing the sockets of tokens and accounts that have ended. It is done here and not by a listener, since
//! whoever ended them waits for it.

use futures_util::future::join_all;

use crate::actors::announcing::Announcement;
use crate::actors::confirmations::Asked;
use crate::actors::registry::Registry;
use crate::actors::registry::sessions::Closing;
use crate::domain::{TokenId, UserId};
use crate::mistakes::Mistake;

/// Sockets that are being closed, here and at the other servers. It must be waited for: what nobody waits
/// for is not done.
#[must_use]
pub(super) struct ClosingEverywhere {
    here: Closing,
    elsewhere: Option<Asked>,
}

impl ClosingEverywhere {
    /// Once they are closed. A server that does not say so in time closes them within about a second, when it
    /// looks at what has ended.
    pub(super) async fn closed(self) {
        join_all(self.here).await;
        if Mistake::EndUnconfirmed.is_made() {
            return;
        }
        if let Some(asked) = self.elsewhere
            && !asked.answered().await
        {
            log::warn!(
                "not every server says that it has closed the sockets of what has ended; \
                 it does so within a second, or cannot reach the database"
            );
        }
    }
}

impl Registry {
    /// This server has ended these tokens.
    pub(super) fn end_tokens(&mut self, tokens: &[TokenId]) -> ClosingEverywhere {
        let elsewhere = (!tokens.is_empty()).then(|| self.ask()).flatten();
        if !tokens.is_empty() {
            let ask = elsewhere.as_ref().map(Asked::id);
            self.announcer.tell(Announcement::TokensEnded { tokens, ask });
        }
        let here = self.sessions.revoke(tokens);
        ClosingEverywhere { here, elsewhere }
    }

    /// The same of an account.
    pub(super) fn end_account(&mut self, user: UserId, tokens: &[TokenId]) -> ClosingEverywhere {
        let elsewhere = self.ask();
        let ask = elsewhere.as_ref().map(Asked::id);
        self.announcer.tell(Announcement::AccountEnded { user, tokens, ask });
        let here = self.sessions.end_user(user, tokens);
        ClosingEverywhere { here, elsewhere }
    }

    /// Another process has ended these tokens and accounts, as the store says.
    pub(super) fn has_ended(&mut self, tokens: &[TokenId], users: &[UserId]) -> Closing {
        if !tokens.is_empty() {
            self.announcer.tell(Announcement::TokensEnded { tokens, ask: None });
        }
        let mut closing = self.sessions.revoke(tokens);
        for user in users.iter().copied() {
            let tokens = &[];
            self.announcer.tell(Announcement::AccountEnded {
                user,
                tokens,
                ask: None,
            });
            closing.extend(self.sessions.end_user(user, tokens));
        }
        closing
    }

    fn ask(&self) -> Option<Asked> {
        self.confirmations.as_ref().map(|confirmations| confirmations.ask())
    }
}

//! Another process may write to a conversation: the command line, which makes an account, or another
//! node. Its actor notices when it writes itself and finds a gap; here it is told before.

use actix::{Context, Handler};

use crate::actors::ConversationActor;
use crate::actors::messages::CatchUp;

impl ConversationActor {
    /// With nothing on its way to the store, this memory must be what the store says.
    fn is_behind(&self, store: CatchUp) -> bool {
        let (seq, _) = self.core.head();
        if self.core.pending() > 0 {
            return false;
        }
        let misses_a_member = store.member.is_some_and(|user| self.core.role_of(user).is_none());
        seq < store.seq || (seq == store.seq && misses_a_member)
    }
}

impl Handler<CatchUp> for ConversationActor {
    type Result = bool;

    /// The sockets come back and resume, at the successor.
    fn handle(&mut self, command: CatchUp, ctx: &mut Context<Self>) -> Self::Result {
        if self.retired || !self.is_behind(command) {
            return self.retired;
        }
        log::info!("conversation {} was written to by another process", self.core.id());
        self.expel_for_resync();
        self.retire(ctx);
        self.flush(ctx);
        true
    }
}

//! Having a consumer take everything that is there, once and without a server.

use crate::actors::following::step::read_on;
use crate::actors::following::{Consumer, ConsumerError};
use crate::domain::ConversationId;
use crate::domain::following::{StepOutcome, WALK_PAGE};
use crate::store::{Store, follower_positions};

/// Walks through the conversations once, and has the consumer take what it does not have yet; tells how many changes
/// have been passed. The first step that fails ends it.
pub async fn catch_up(
    consumer: &dyn Consumer,
    store: &Store,
    tell: &dyn Fn(i64),
) -> Result<(), ConsumerError> {
    let (mut after, mut passed) = (ConversationId(0), 0);
    loop {
        let page = follower_positions::behind(store, consumer.name(), after, WALK_PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.conversation;
        for one in page.iter().filter(|one| one.head > one.position) {
            let mut stands = one.position;
            while stands < one.head {
                if let StepOutcome::Moved { position, .. } =
                    read_on(consumer, store, one.conversation).await?
                {
                    passed += (position - stands).max(0);
                    stands = position;
                }
                tell(passed);
            }
        }
    }
}

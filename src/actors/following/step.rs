//! One step of a follower: what has changed in a conversation since its position, and the transaction that
//! moves it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use crate::actors::following::{Consumer, ConsumerError, STEP, Step};
use crate::domain::ConversationId;
use crate::domain::following::StepOutcome;
use crate::store::changes::between;
use crate::store::{Store, StoreError, follower_positions};

/// How long a consumer may take to prepare a step.
const PREPARE_WITHIN: Duration = Duration::from_secs(30);
/// And to write it. On SQLite nobody else writes meanwhile.
const WRITE_WITHIN: Duration = Duration::from_secs(3);

/// Reads on in a conversation, has the consumer take what is new, and moves its position.
pub(super) async fn read_on(
    consumer: &dyn Consumer,
    store: &Store,
    conversation: ConversationId,
) -> Result<StepOutcome, ConsumerError> {
    let name = consumer.name();
    let Some(stands) = follower_positions::of(store, name, conversation).await? else {
        return Ok(StepOutcome::Moved {
            position: 0,
            head: 0,
        });
    };
    let (after, head) = (stands.position, stands.head);
    if after >= head {
        return Ok(StepOutcome::Moved {
            position: after,
            head,
        });
    }
    let changes = between(store, conversation, after, after, head, STEP).await?.for_follower();
    let step = Step {
        conversation,
        after,
        changes,
    };
    within(PREPARE_WITHIN, "prepare", consumer.prepare(&step)).await?;
    let transaction = store.begin().await?;
    let position = step.changes.seq;
    // Before the writing: of two servers, one finds that the other was there.
    if !follower_positions::advance(&*transaction, name, conversation, after, position).await? {
        transaction.rollback().await.map_err(StoreError::from)?;
        return Ok(StepOutcome::Overtaken);
    }
    within(WRITE_WITHIN, "write", consumer.write(&step, &transaction)).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(StepOutcome::Moved { position, head })
}

/// Bounds what a consumer does, in time, and to itself.
async fn within(
    time: Duration,
    what: &str,
    work: impl Future<Output = Result<(), ConsumerError>>,
) -> Result<(), ConsumerError> {
    let work = AssertUnwindSafe(work).catch_unwind();
    match tokio::time::timeout(time, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(ConsumerError::Other(format!("it panicked in `{what}`"))),
        Err(_) => {
            let seconds = time.as_secs();
            Err(ConsumerError::Other(format!("`{what}` took longer than {seconds} seconds")))
        }
    }
}

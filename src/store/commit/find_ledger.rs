//! Where the ledger of a conversation is among those of a transaction.

use crate::domain::ConversationId;
use crate::domain::ledger::Ledger;

pub(super) fn find_ledger(
    ledgers: &mut [Ledger],
    conversation: ConversationId,
) -> Option<&mut Ledger> {
    // In id order, as the batches are.
    let place = ledgers.binary_search_by_key(&conversation, |ledger| ledger.conversation);
    place.ok().and_then(|place| ledgers.get_mut(place))
}

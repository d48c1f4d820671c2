//! Ranges of positions in conversations, which several queries are about.

use sea_orm::{ColumnTrait, Condition};

use crate::domain::ConversationId;

/// The changes of one conversation between two positions.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Range {
    pub(in crate::store) conversation: ConversationId,
    /// After this `seq`.
    pub(in crate::store) after: i64,
    /// Up to and including this one.
    pub(in crate::store) upto: i64,
}

/// Is a row in one of these ranges?
pub(in crate::store) fn within(
    ranges: &[Range],
    conversation: impl ColumnTrait,
    place: impl ColumnTrait,
) -> Condition {
    ranges.iter().fold(Condition::any(), |any, range| {
        let this = Condition::all()
            .add(conversation.eq(range.conversation.0))
            .add(place.gt(range.after))
            .add(place.lte(range.upto));
        any.add(this)
    })
}

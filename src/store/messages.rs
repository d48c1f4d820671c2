//! Reading what was said. One conversation's history is a range of its `n`; only General can also be
//! asked for a span of time, as Chat Gopher's clients do.

use chrono::{DateTime, Utc};
use entity::{messages, users};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder,
    QuerySelect, RelationDef, Select,
};

use crate::domain::change::Message;
use crate::domain::{ClientMsgId, ConversationId, Event, Fact, MessageId, MessageText, UserId};
use crate::store::{Store, StoreError};
use crate::wire::server::{DELETED_USER, NOBODY};

/// A message as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its identity.
    pub id: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// Its number among the messages of its conversation.
    pub n: i64,
    /// Of its last change.
    pub seq: i64,
    /// Who said it.
    pub user: Option<UserId>,
    /// Their name now, [`DELETED_USER`] or [`NOBODY`].
    pub username: String,
    /// What was said; empty once it is deleted.
    pub content: String,
    /// The client's key.
    pub client_msg_id: Option<String>,
    /// Chat Gopher's own number.
    pub sequence: Option<i64>,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Columns {
    id: i64,
    conversation_id: i64,
    n: i64,
    seq: i64,
    posted_seq: i64,
    sender_id: Option<i64>,
    client_msg_id: Option<String>,
    content: String,
    sequence: Option<i64>,
    created_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    username: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

impl From<Columns> for MessageRow {
    fn from(row: Columns) -> Self {
        let username = match (row.username, row.deactivated_at) {
            (None, _) => NOBODY.to_owned(),
            (Some(_), Some(_)) => DELETED_USER.to_owned(),
            (Some(username), None) => username,
        };
        Self {
            id: MessageId(row.id),
            conversation: ConversationId(row.conversation_id),
            n: row.n,
            seq: row.seq,
            user: row.sender_id.map(UserId),
            username,
            content: row.deleted_at.map_or(row.content, |_| String::new()),
            client_msg_id: row.client_msg_id,
            sequence: row.sequence,
            created_at: row.created_at,
        }
    }
}

fn with_senders() -> Select<messages::Entity> {
    let sender: RelationDef = messages::Entity::belongs_to(users::Entity)
        .from(messages::Column::SenderId)
        .to(users::Column::Id)
        .into();
    messages::Entity::find()
        .columns([users::Column::Username, users::Column::DeactivatedAt])
        .join(JoinType::LeftJoin, sender)
}

/// Which page of a conversation's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The messages just before this `n`.
    Before(i64),
    /// The messages just after this `n`.
    After(i64),
    /// The last ones.
    Newest,
}

/// One page of a conversation, at most `limit` messages, always by ascending `n`.
pub async fn page(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
) -> Result<Vec<MessageRow>, StoreError> {
    let messages = with_senders().filter(messages::Column::ConversationId.eq(conversation.0));
    let (messages, order) = match page {
        Page::Before(n) => (messages.filter(messages::Column::N.lt(n)), Order::Desc),
        Page::After(n) => (messages.filter(messages::Column::N.gt(n)), Order::Asc),
        Page::Newest => (messages, Order::Desc),
    };
    let mut rows = messages
        .order_by(messages::Column::N, order.clone())
        .limit(limit)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    if order == Order::Desc {
        rows.reverse();
    }
    Ok(rows.into_iter().map(MessageRow::from).collect())
}

/// The newest messages of a conversation that are as they were at `upto`, in the order of `n`, at
/// most `limit`.
pub async fn newest(
    store: &Store,
    conversation: ConversationId,
    upto: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let rows = with_senders()
        .filter(messages::Column::ConversationId.eq(conversation.0))
        .filter(messages::Column::Seq.lte(upto))
        .order_by_desc(messages::Column::N)
        .limit(limit)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().rev().map(MessageRow::from).map(Event::from).collect())
}

/// The messages of a conversation whose last change is after `after` and not after `upto`, in the
/// order of those changes, at most `limit`.
pub async fn changed(
    store: &Store,
    conversation: ConversationId,
    after: i64,
    upto: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let rows = with_senders()
        .filter(messages::Column::ConversationId.eq(conversation.0))
        .filter(messages::Column::Seq.gt(after))
        .filter(messages::Column::Seq.lte(upto))
        .order_by_asc(messages::Column::Seq)
        .limit(limit)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).map(Event::from).collect())
}

/// What is stored under a client's key, wherever: the conversation, and the event as it was when the
/// message was posted. The text is `None` once it is deleted.
pub async fn by_key(
    store: &Store,
    sender: UserId,
    key: &ClientMsgId,
) -> Result<Option<(ConversationId, Event)>, StoreError> {
    let row = with_senders()
        .filter(messages::Column::SenderId.eq(sender.0))
        .filter(messages::Column::ClientMsgId.eq(key.as_str()))
        .into_model::<Columns>()
        .one(store.readers())
        .await?;
    Ok(row.map(|row| {
        let (conversation, seq) = (ConversationId(row.conversation_id), row.posted_seq);
        let posted = Event::from(MessageRow::from(row));
        (conversation, Event { seq, ..posted })
    }))
}

impl From<MessageRow> for Event {
    fn from(row: MessageRow) -> Self {
        let key = row.client_msg_id.as_deref().map(ClientMsgId::parse);
        let message = Message {
            id: row.id,
            n: row.n,
            sender: row.user,
            username: row.username.into(),
            text: MessageText::parse(&row.content).ok(),
            client_msg_id: key.and_then(Result::ok),
            sequence: row.sequence,
        };
        Self {
            seq: row.seq,
            at: row.created_at,
            fact: Fact::Posted(message),
        }
    }
}

/// A span of General's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// By time.
    pub messages: Vec<MessageRow>,
    /// Is this all, or is there more than was asked for?
    pub is_whole: bool,
}

/// How much of General one call may bring into memory.
#[derive(Clone, Copy, Debug)]
pub struct SpanBounds {
    /// Messages.
    pub messages: usize,
    /// Bytes of text in them; the last step may go beyond by [`STEP`] messages.
    pub bytes: usize,
}

/// Messages that are read at once, so that a span of long ones ends soon after its bound.
pub const STEP: usize = 500;

/// What was said in General between two instants, both inclusive, by time.
pub async fn in_general(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bounds: SpanBounds,
) -> Result<Span, StoreError> {
    let mut span = Span::default();
    let mut bytes = 0;
    while !span.is_whole && span.messages.len() < bounds.messages && bytes < bounds.bytes {
        let wanted = STEP.min(bounds.messages - span.messages.len());
        let last = span.messages.last().map(|last| (last.created_at, last.n));
        // One more tells whether there is more.
        let mut step = general_step(store, from, to, last, wanted + 1).await?;
        span.is_whole = step.len() <= wanted;
        step.truncate(wanted);
        bytes += step.iter().map(|message| message.content.len()).sum::<usize>();
        span.messages.append(&mut step);
    }
    Ok(span)
}

async fn general_step(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    last: Option<(DateTime<Utc>, i64)>,
    limit: usize,
) -> Result<Vec<MessageRow>, StoreError> {
    let (at, n) = (messages::Column::CreatedAt, messages::Column::N);
    let mut step = with_senders()
        // Word for word the condition of the partial index; a parameter would hide it.
        .filter(Expr::cust("messages.conversation_id = 1"))
        .filter(at.gte(from))
        .filter(at.lte(to));
    if let Some((last_at, last_n)) = last {
        // The first half alone would do, but only it gives the index a place to start from.
        let after = Condition::any()
            .add(at.gt(last_at))
            .add(Condition::all().add(at.eq(last_at)).add(n.gt(last_n)));
        step = step.filter(at.gte(last_at)).filter(after);
    }
    let rows = step
        .order_by_asc(at)
        .order_by_asc(n)
        .limit(limit as u64)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}

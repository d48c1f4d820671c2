//! What the ledgers need to know, read under the lock.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

use crate::domain::ledger::{Ledger, Participant};
use crate::domain::{
    Change, ClientMsgId, ConversationId, Event, Kind, MessageText, Role, TokenId, UserId,
};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::find_ledger::find_ledger;
use crate::store::commit::heads::LockedHead;
use crate::store::commit::mentions::read_names;
use crate::store::commit::private_chats::{read_hidden, read_parties};
use crate::store::commit::rows::{
    InConversation, Type, beside, for_each, for_each_if_any, query, query_each, rows_from_json,
    source, to_json,
};
use crate::store::commit::target_messages::read_targets;
use crate::store::commit::uploads::read_uploads;
use crate::store::input_rows::{InputColumn, InputRows};
use crate::store::messages::{COLUMNS, MessageColumns, MessageRow};
use crate::store::rights::while_signed_in;
use crate::store::statements::{DbRow, StatementRunner};

/// One ledger a batch, in the same order.
pub(super) async fn ledgers(
    db: &dyn StatementRunner,
    batches: &[Batch],
    heads: &HashMap<ConversationId, LockedHead>,
    now: DateTime<Utc>,
) -> Result<Vec<Ledger>, StoreError> {
    let mut ledgers: Vec<Ledger> = batches
        .iter()
        .map(|batch| blank(batch.conversation, heads.get(&batch.conversation)))
        .collect();
    read_participants(db, batches, &mut ledgers, now).await?;
    read_known(db, batches, &mut ledgers).await?;
    read_counts(db, batches, &mut ledgers).await?;
    read_parties(db, batches, &mut ledgers).await?;
    read_hidden(db, batches, &mut ledgers).await?;
    read_targets(db, batches, &mut ledgers).await?;
    read_names(db, batches, &mut ledgers).await?;
    read_uploads(db, batches, &mut ledgers).await?;
    Ok(ledgers)
}

/// A conversation without a head does not exist, or not any more.
fn blank(conversation: ConversationId, head: Option<&LockedHead>) -> Ledger {
    Ledger {
        conversation,
        kind: head.map_or(Kind::Group, |head| head.kind),
        is_deleted: head.is_none(),
        head_seq: head.map_or(0, |head| head.seq_before),
        head_n: head.map_or(0, |head| head.n_before),
        member_count: 0,
        owner_count: 0,
        parties: HashSet::new(),
        private_chats: HashMap::new(),
        hidden_n: -1,
        users: HashMap::new(),
        devices: HashSet::new(),
        targets: HashMap::new(),
        names: HashMap::new(),
        pin_count: 0,
        known: HashMap::new(),
        taken: HashSet::new(),
        alike: Vec::new(),
        resting: HashSet::new(),
        no_accounts: false,
        invites: HashMap::new(),
        uploads: HashMap::new(),
        accepted: HashMap::new(),
    }
}

const CHANGE_USER: [InputColumn; 3] = [
    ("conversation_id", Type::Number),
    ("user_id", Type::Number),
    ("token_id", Type::Number),
];

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ChangeUser {
    conversation_id: i64,
    user_id: i64,
    token_id: Option<i64>,
}

/// Whom a change names: who asks comes first, and with their device if they have one.
fn named(conversation: ConversationId, change: &Change) -> impl Iterator<Item = ChangeUser> {
    let devices = std::iter::once(change.device()).chain(std::iter::repeat(None));
    change.users().zip(devices).map(move |(user, device)| ChangeUser {
        conversation_id: conversation.0,
        user_id: user.0,
        token_id: device.map(|token| token.0),
    })
}

async fn read_participants(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let named: BTreeSet<ChangeUser> = batches
        .iter()
        .flat_map(|batch| batch.changes.iter().flat_map(|change| named(batch.conversation, change)))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let rows = named.iter().map(|named| {
        [
            named.conversation_id.into(),
            named.user_id.into(),
            named.token_id.into(),
        ]
    });
    let rows = InputRows::new(&CHANGE_USER, rows);
    let backend = db.backend();
    let account = "u.id = v.user_id AND u.deactivated_at IS NULL";
    let member = "m.conversation_id = v.conversation_id AND m.user_id = v.user_id \
                  AND m.left_at IS NULL";
    let sql = format!(
        "SELECT v.conversation_id, u.id AS user_id, u.username, u.display_name, m.role, t.id AS token_id FROM {} {} {} {}",
        source(db, &rows),
        for_each(backend, "users", "u", account),
        for_each_if_any(backend, "members", "m", member),
        while_signed_in(
            backend,
            "t.id = v.token_id AND t.user_id = v.user_id",
            &beside(db, &rows, 0)
        ),
    );
    for row in query_each(db, &sql, &rows, [now.into()]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let user = UserId(row.get("user_id")?);
        let username: String = row.get("username")?;
        let display_name: Option<String> = row.get("display_name")?;
        let role: Option<String> = row.get("role")?;
        let participant = Participant {
            username: username.into(),
            display_name: display_name.map(Into::into),
            role: role.as_deref().and_then(Role::parse),
        };
        if let Some(ledger) = find_ledger(ledgers, conversation) {
            ledger.users.insert(user, participant);
            let token: Option<i64> = row.get("token_id")?;
            ledger.devices.extend(token.map(TokenId));
        }
    }
    Ok(())
}

/// A client's key belongs to its sender and the conversation.
const SENDER_KEY: [InputColumn; 3] = [
    ("conversation_id", Type::Number),
    ("sender_id", Type::Number),
    ("client_msg_id", Type::Text),
];

async fn read_known(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let changes = batches.iter().flat_map(|batch| {
        let conversation = batch.conversation;
        batch.changes.iter().map(move |change| (conversation, change))
    });
    let keys = changes.filter_map(|(conversation, change)| match change {
        Change::Post(post) => {
            let (sender, key) = (post.sender()?.0, post.client_msg_id.as_ref()?.as_str());
            Some([conversation.0.into(), sender.into(), key.into()])
        }
        _ => None,
    });
    let keys = InputRows::new(&SENDER_KEY, keys);
    if keys.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let keyed = "m.conversation_id = v.conversation_id AND m.sender_id = v.sender_id \
                 AND m.client_msg_id = v.client_msg_id";
    let sql = format!(
        "SELECT {COLUMNS}, CASE WHEN m.edited_at IS NOT NULL THEN \
             (SELECT w.content FROM message_versions w WHERE w.message_id = m.id \
              ORDER BY w.seq LIMIT 1) END AS first_content FROM {} {} {}",
        source(db, &keys),
        for_each(backend, "messages", "m", keyed),
        for_each_if_any(backend, "users", "u", "u.id = m.sender_id"),
    );
    for row in query_each(db, &sql, &keys, []).await? {
        if let Some((conversation, key, event)) = known(&row)?
            && let Some(ledger) = find_ledger(ledgers, conversation)
        {
            ledger.known.insert(key, event);
        }
    }
    Ok(())
}

/// Where, under which key, and what.
type StoredPost = (ConversationId, (UserId, ClientMsgId), Arc<Event>);

/// `None` for a row whose texts are none of ours; such a row must not poison the batch.
fn known(row: &DbRow) -> Result<Option<StoredPost>, DbErr> {
    let first: Option<String> = row.get("first_content")?;
    let first = first.and_then(|content| MessageText::parse_caption(&content).ok());
    let row = MessageRow::from(MessageColumns::of(row)?);
    let (sender, key) = (row.message.sender, row.message.client_msg_id.clone());
    let (conversation, event) = (row.conversation, Arc::new(row.into_first(first)));
    Ok(sender.zip(key).map(|key| (conversation, key, event)))
}

/// Members and owners, only where a change asks for them.
async fn read_counts(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let counted = |change: &Change| {
        matches!(change, Change::Join { .. } | Change::Leave { .. } | Change::SetRole { .. })
    };
    let which: Vec<_> = batches
        .iter()
        .filter(|batch| batch.changes.iter().any(counted))
        .map(|batch| InConversation {
            conversation_id: batch.conversation.0,
        })
        .collect();
    if which.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let member = "m.conversation_id = v.conversation_id AND m.left_at IS NULL";
    let sql = format!(
        "SELECT m.conversation_id, m.role, COUNT(CASE WHEN u.deactivated_at IS NULL THEN 1 END) AS active \
         FROM {} {} {} GROUP BY m.conversation_id, m.role",
        rows_from_json(backend, &[("conversation_id", Type::Number)]),
        for_each(backend, "members", "m", member),
        for_each(backend, "users", "u", "u.id = m.user_id"),
    );
    for row in query(db, &sql, [to_json(&which)?]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let role: String = row.get("role")?;
        // One whose account is gone is nobody to leave a conversation to.
        let active = usize::try_from(row.get::<i64>("active")?).unwrap_or(0);
        if let Some(ledger) = find_ledger(ledgers, conversation) {
            ledger.member_count += active;
            if role == Role::Owner.as_str() {
                ledger.owner_count += active;
            }
        }
    }
    Ok(())
}

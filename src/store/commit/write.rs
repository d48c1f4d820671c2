//! The rows of a batch.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use serde::Serialize;

use crate::domain::change::{Message, Post, Settled};
use crate::domain::ledger::{Ledger, Place, Ruling};
use crate::domain::{
    Change, ClientMsgId, ConversationId, Event, Fact, Kind, MessageId, NewAccount, Role, UserId,
};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::rows::{Type, execute, fold, query, unfold};
use crate::wire::server::NOBODY;

/// A conversation as the batch found it, under the lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) seq_before: i64,
    pub(super) n_before: i64,
    /// Where the batch has put it, as if every change were accepted.
    seq: i64,
    n: i64,
}

#[derive(Serialize)]
struct Move {
    conversation_id: i64,
    seq: i64,
    n: i64,
}

/// Moves every head by as much as the batch may need, and locks the rows by doing so. Conversations
/// that do not exist are absent from the answer.
pub(super) async fn move_heads(
    db: &impl ConnectionTrait,
    batches: &[Batch],
) -> Result<HashMap<ConversationId, Head>, StoreError> {
    let moves: Vec<_> = batches
        .iter()
        .map(|batch| Move {
            conversation_id: batch.conversation.0,
            seq: batch.changes.len() as i64,
            n: batch.changes.iter().filter(|c| matches!(c, Change::Post(_))).count() as i64,
        })
        .collect();
    let backend = db.get_database_backend();
    let rows = unfold(backend, &MOVE);
    let parameter = fold(&moves)?;
    if backend == DbBackend::Postgres && batches.len() > 1 {
        let sql = format!(
            "SELECT c.id FROM conversations c WHERE c.id IN (SELECT v.conversation_id FROM {rows}) \
             ORDER BY c.id FOR UPDATE"
        );
        query(db, &sql, [parameter.clone()]).await?;
    }
    let sql = format!(
        "UPDATE conversations SET head_seq = head_seq + v.seq, head_n = head_n + v.n FROM {rows} \
         WHERE conversations.id = v.conversation_id AND conversations.deleted_at IS NULL \
         RETURNING id, type, head_seq, head_n"
    );
    let mut heads = HashMap::new();
    for row in query(db, &sql, [parameter]).await? {
        let id: i64 = row.try_get("", "id")?;
        let kind: String = row.try_get("", "type")?;
        let (seq, n): (i64, i64) = (row.try_get("", "head_seq")?, row.try_get("", "head_n")?);
        let kind = Kind::parse(&kind)
            .ok_or_else(|| StoreError::Rejected(format!("conversation {id} is a {kind:?}")))?;
        let moved = moves.iter().find(|moved| moved.conversation_id == id);
        heads.insert(
            ConversationId(id),
            Head {
                kind,
                seq_before: seq - moved.map_or(0, |moved| moved.seq),
                n_before: n - moved.map_or(0, |moved| moved.n),
                seq,
                n,
            },
        );
    }
    Ok(heads)
}

const MOVE: [(&str, Type); 3] = [
    ("conversation_id", Type::Number),
    ("seq", Type::Number),
    ("n", Type::Number),
];

/// Takes back the numbers of what was not accepted.
pub(super) async fn correct_heads(
    db: &impl ConnectionTrait,
    heads: &HashMap<ConversationId, Head>,
    ledgers: &[Ledger],
) -> Result<(), StoreError> {
    let wrong: Vec<_> = ledgers
        .iter()
        .filter(|ledger| {
            let head = heads.get(&ledger.conversation);
            head.is_some_and(|head| (head.seq, head.n) != (ledger.head_seq, ledger.head_n))
        })
        .map(|ledger| Move {
            conversation_id: ledger.conversation.0,
            seq: ledger.head_seq,
            n: ledger.head_n,
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE conversations SET head_seq = v.seq, head_n = v.n FROM {} \
         WHERE conversations.id = v.conversation_id",
        unfold(db.get_database_backend(), &MOVE)
    );
    execute(db, &sql, [fold(&wrong)?]).await?;
    Ok(())
}

/// Stores what the ledgers accepted. The answer has one list a batch and one entry a change; and a
/// witness, unless nothing was stored.
pub(super) async fn store(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    ledgers: &[Ledger],
    rulings: &[Vec<Ruling>],
    now: DateTime<Utc>,
) -> Result<(Vec<Vec<Settled>>, Option<Witness>), StoreError> {
    let ids = insert_messages(db, batches, rulings, now).await?;
    let mut settled = Vec::with_capacity(batches.len());
    let mut witness = None;
    for ((batch, ledger), rulings) in batches.iter().zip(ledgers).zip(rulings) {
        let mut answers: Vec<Settled> = Vec::with_capacity(rulings.len());
        for (change, ruling) in batch.changes.iter().zip(rulings) {
            let answer = match ruling {
                Ruling::Refused(refusal) => Settled::Refused(*refusal),
                Ruling::Repeat(event) => Settled::Repeated(event.clone()),
                Ruling::RepeatOf(first) => repeated(&answers, *first),
                Ruling::Accepted(place) => {
                    let fact = store_one(db, ledger, change, *place, &ids, now).await?;
                    let event = Event {
                        seq: place.seq,
                        at: now,
                        fact,
                    };
                    witness.get_or_insert_with(|| Witness::of(batch.conversation, &event));
                    Settled::Stored(Arc::new(event))
                }
            };
            answers.push(answer);
        }
        settled.push(answers);
    }
    advance_readers(db, batches, rulings).await?;
    Ok((settled, witness))
}

fn repeated(answers: &[Settled], first: usize) -> Settled {
    match answers.get(first) {
        Some(Settled::Stored(event) | Settled::Repeated(event)) => Settled::Repeated(event.clone()),
        Some(refused) => refused.clone(),
        None => Settled::Refused(crate::domain::Refusal::NotStored),
    }
}

type Ids = HashMap<(ConversationId, i64), MessageId>;

#[derive(Serialize)]
struct NewMessage<'a> {
    conversation_id: i64,
    n: i64,
    seq: i64,
    sender_id: Option<i64>,
    client_msg_id: Option<&'a str>,
    content: &'a str,
    sequence: Option<i64>,
}

fn accepted<'a>(
    batches: &'a [Batch],
    rulings: &'a [Vec<Ruling>],
) -> impl Iterator<Item = (ConversationId, &'a Post, Place)> {
    batches.iter().zip(rulings).flat_map(|(batch, rulings)| {
        batch.changes.iter().zip(rulings).filter_map(|pair| match pair {
            (Change::Post(post), Ruling::Accepted(place)) => {
                Some((batch.conversation, post, *place))
            }
            _ => None,
        })
    })
}

async fn insert_messages(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    rulings: &[Vec<Ruling>],
    now: DateTime<Utc>,
) -> Result<Ids, StoreError> {
    let rows: Vec<_> = accepted(batches, rulings)
        .map(|(conversation, post, place)| NewMessage {
            conversation_id: conversation.0,
            n: place.n,
            seq: place.seq,
            sender_id: post.sender.map(|user| user.0),
            client_msg_id: post.client_msg_id.as_ref().map(ClientMsgId::as_str),
            content: post.text.as_str(),
            sequence: post.sequence,
        })
        .collect();
    if rows.is_empty() {
        return Ok(Ids::new());
    }
    let columns = [
        ("conversation_id", Type::Number),
        ("n", Type::Number),
        ("seq", Type::Number),
        ("sender_id", Type::Number),
        ("client_msg_id", Type::Text),
        ("content", Type::Text),
        ("sequence", Type::Number),
    ];
    let sql = format!(
        "INSERT INTO messages (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, \
                               content, sequence, created_at) \
         SELECT v.conversation_id, v.n, v.seq, v.seq, v.sender_id, v.client_msg_id, \
                v.content, v.sequence, $2 \
         FROM {} ORDER BY v.conversation_id, v.n RETURNING id, conversation_id, n",
        unfold(db.get_database_backend(), &columns)
    );
    let mut ids = Ids::with_capacity(rows.len());
    for row in query(db, &sql, [fold(&rows)?, now.into()]).await? {
        let conversation = ConversationId(row.try_get("", "conversation_id")?);
        let id = MessageId(row.try_get("", "id")?);
        ids.insert((conversation, row.try_get("", "n")?), id);
    }
    Ok(ids)
}

#[derive(Serialize)]
struct Reader {
    conversation_id: i64,
    user_id: i64,
    n: i64,
}

/// Who writes has read up to there.
async fn advance_readers(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    rulings: &[Vec<Ruling>],
) -> Result<(), StoreError> {
    let mut last: HashMap<(i64, i64), i64> = HashMap::new();
    for (conversation, post, place) in accepted(batches, rulings) {
        if let Some(sender) = post.sender {
            last.insert((conversation.0, sender.0), place.n);
        }
    }
    if last.is_empty() {
        return Ok(());
    }
    let readers: Vec<_> = last
        .into_iter()
        .map(|((conversation_id, user_id), n)| Reader {
            conversation_id,
            user_id,
            n,
        })
        .collect();
    let columns = [
        ("conversation_id", Type::Number),
        ("user_id", Type::Number),
        ("n", Type::Number),
    ];
    let sql = format!(
        "UPDATE members SET read_n = v.n FROM {} \
         WHERE members.conversation_id = v.conversation_id AND members.user_id = v.user_id \
           AND members.read_n < v.n",
        unfold(db.get_database_backend(), &columns)
    );
    execute(db, &sql, [fold(&readers)?]).await?;
    Ok(())
}

async fn store_one(
    db: &impl ConnectionTrait,
    ledger: &Ledger,
    change: &Change,
    place: Place,
    ids: &Ids,
    now: DateTime<Utc>,
) -> Result<Fact, StoreError> {
    let conversation = ledger.conversation;
    let name = |user: &UserId| -> Arc<str> {
        let standing = ledger.users.get(user);
        standing.map_or_else(|| NOBODY.into(), |standing| standing.username.clone())
    };
    let fact = match change {
        Change::Post(post) => {
            let id = ids.get(&(conversation, place.n)).copied().ok_or_else(|| {
                StoreError::Rejected(format!("message {} of {conversation} has no id", place.n))
            })?;
            Fact::Posted(Message {
                id,
                n: place.n,
                sender: post.sender,
                username: post.sender.as_ref().map_or_else(|| NOBODY.into(), name),
                text: Some(post.text.clone()),
                client_msg_id: post.client_msg_id.clone(),
                sequence: post.sequence,
            })
        }
        Change::Join { user, role, .. } => {
            join(db, conversation, *user, *role, place, now).await?;
            Fact::Joined {
                user: *user,
                username: name(user),
                role: *role,
            }
        }
        Change::Leave { user, .. } => {
            let sql = "UPDATE members SET left_at = $1, seq = $2 \
                       WHERE conversation_id = $3 AND user_id = $4";
            let values = [
                now.into(),
                place.seq.into(),
                conversation.0.into(),
                user.0.into(),
            ];
            execute(db, sql, values).await?;
            Fact::Left {
                user: *user,
                username: name(user),
            }
        }
        Change::SetRole { user, role, .. } => {
            let sql = "UPDATE members SET role = $1, seq = $2 \
                       WHERE conversation_id = $3 AND user_id = $4";
            let role_name = role.as_str().into();
            let values = [
                role_name,
                place.seq.into(),
                conversation.0.into(),
                user.0.into(),
            ];
            execute(db, sql, values).await?;
            Fact::RoleChanged {
                user: *user,
                username: name(user),
                role: *role,
            }
        }
        Change::Rename { name, .. } => {
            let sql = "UPDATE conversations SET name = $1, seq = $2 WHERE id = $3";
            let values = [
                name.as_str().into(),
                place.seq.into(),
                conversation.0.into(),
            ];
            execute(db, sql, values).await?;
            Fact::Renamed { name: name.clone() }
        }
        Change::Dissolve { .. } => {
            let sql = "UPDATE conversations SET deleted_at = $1, seq = $2 WHERE id = $3";
            let values = [now.into(), place.seq.into(), conversation.0.into()];
            execute(db, sql, values).await?;
            Fact::Dissolved
        }
        Change::Enroll(account) => enroll(db, conversation, account, place, now).await?,
    };
    Ok(fact)
}

/// Who comes back begins anew: what was said before is not theirs to count.
async fn join(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    user: UserId,
    role: Role,
    place: Place,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO members (conversation_id, user_id, role, seq, joined_n, read_n, created_at) \
               VALUES ($1, $2, $3, $4, $5, $5, $6) \
               ON CONFLICT (conversation_id, user_id) DO UPDATE SET role = excluded.role, \
                   seq = excluded.seq, joined_n = excluded.joined_n, read_n = excluded.read_n, \
                   created_at = excluded.created_at, \
                   left_at = NULL";
    let values: [Value; 6] = [
        conversation.0.into(),
        user.0.into(),
        role.as_str().into(),
        place.seq.into(),
        place.n.into(),
        now.into(),
    ];
    execute(db, sql, values).await?;
    Ok(())
}

async fn enroll(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    account: &NewAccount,
    place: Place,
    now: DateTime<Utc>,
) -> Result<Fact, StoreError> {
    let role = place.role.unwrap_or(Role::Member);
    let sql = "INSERT INTO users (username, username_key, email, email_key, password_hash, \
                                  is_admin, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let values: [Value; 7] = [
        account.username.as_str().into(),
        account.username.key().into(),
        account.email.as_str().into(),
        account.email.key().into(),
        account.password_hash.as_str().into(),
        (role == Role::Owner).into(),
        now.into(),
    ];
    let rows = query(db, sql, values).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::Rejected("an account has no id".into()))?;
    let user = UserId(row.try_get("", "id")?);
    join(db, conversation, user, role, place, now).await?;
    Ok(Fact::Joined {
        user,
        username: account.username.as_str().into(),
        role,
    })
}

/// A row that is there if, and only if, the transaction was committed.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    conversation: ConversationId,
    sql: &'static str,
    values: Vec<Value>,
}

impl Witness {
    fn of(conversation: ConversationId, event: &Event) -> Self {
        let here: Value = conversation.0.into();
        let seq: Value = event.seq.into();
        let (sql, values) = match &event.fact {
            Fact::Posted(message) => (
                "SELECT id FROM messages WHERE conversation_id = $1 AND posted_seq = $2 AND id = $3",
                vec![here, seq, message.id.0.into()],
            ),
            Fact::Joined { user, .. }
            | Fact::Left { user, .. }
            | Fact::RoleChanged { user, .. } => (
                "SELECT user_id FROM members WHERE conversation_id = $1 AND seq = $2 AND user_id = $3",
                vec![here, seq, user.0.into()],
            ),
            Fact::Renamed { .. } | Fact::Dissolved => {
                ("SELECT id FROM conversations WHERE id = $1 AND seq = $2", vec![here, seq])
            }
        };
        Self {
            conversation,
            sql,
            values,
        }
    }

    pub(super) async fn is_there(&self, db: &impl ConnectionTrait) -> Result<bool, StoreError> {
        if db.get_database_backend() == DbBackend::Postgres {
            let lock = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE";
            query(db, lock, [self.conversation.0.into()]).await?;
        }
        Ok(!query(db, self.sql, self.values.iter().cloned()).await?.is_empty())
    }
}

//! Whom and which chats a query means. Only one's own chats have names here, so that nobody learns of others.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};

use crate::domain::names::forms::searched;
use crate::domain::search::{Clause, Field, Filter, Phrase, QueryError, TypedFilter, flags};
use crate::domain::{ConversationId, TypedName, UserId};
use crate::store::commit::rows::{for_each, for_each_if_any, query};
use crate::store::search::candidates::Condition;
use crate::store::search::conditions::Conditions;
use crate::store::search::entries::FOLLOWER;
use crate::store::statements::DbRow;
use crate::store::{Store, StoreError, accounts};

/// A chat of whoever asks.
#[derive(Clone, Debug)]
pub(super) struct OwnChat {
    pub(super) id: ConversationId,
    pub(super) name: String,
    pub(super) kind: String,
    /// Its last `seq`.
    pub(super) head: i64,
    /// The index has everything up to here.
    pub(super) indexed: i64,
}

/// All chats of this user, and how far the index has come in each.
pub(super) async fn own_chats(
    snapshot: &DatabaseTransaction,
    reader: UserId,
) -> Result<Vec<OwnChat>, StoreError> {
    let backend = snapshot.get_database_backend();
    let there = "c.id = m.conversation_id AND c.deleted_at IS NULL";
    let followed = "p.conversation_id = c.id AND p.follower = $2";
    let sql = format!(
        "SELECT c.id, c.name, c.type, c.head_seq, COALESCE(p.seq, 0) AS indexed FROM members AS m {} {} \
         WHERE m.user_id = $1 AND m.left_at IS NULL",
        for_each(backend, "conversations", "c", there),
        for_each_if_any(backend, "follower_positions", "p", followed)
    );
    let values: [Value; 2] = [reader.0.into(), FOLLOWER.into()];
    let chat = |row: DbRow| {
        Ok(OwnChat {
            id: ConversationId(row.get("id")?),
            name: row.get::<Option<String>>("name")?.unwrap_or_default(),
            kind: row.get("type")?,
            head: row.get("head_seq")?,
            indexed: row.get("indexed")?,
        })
    };
    query(snapshot, &sql, values).await?.into_iter().map(chat).collect()
}

/// What the filters of a query say, once it is known who and which chats they mean.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// For the index.
    pub(super) conditions: Conditions,
    /// For the rows of the messages.
    pub(super) of_rows: Vec<Condition>,
    /// The chats among which it is looked, if it says which.
    pub(super) chats: Option<HashSet<ConversationId>>,
}

/// Finds out whom and what these filters mean.
pub(super) async fn resolve(
    store: &Store,
    snapshot: &DatabaseTransaction,
    reader: UserId,
    own: &[OwnChat],
    filters: &[TypedFilter],
) -> Result<Result<Resolved, QueryError>, StoreError> {
    let mut resolved = Resolved::default();
    // Of several senders one has said it, and of several chats it is in one.
    let (mut senders, mut chats) = (Vec::new(), Vec::new());
    for typed in filters {
        let flags = match &typed.filter {
            Filter::From(name) => match sender(store, reader, name).await? {
                Some(user) => vec![flags::sender(user)],
                None => return Ok(Err(nobody(typed.place, name))),
            },
            Filter::In(name) => {
                let found = named(store, snapshot, reader, own, name).await?;
                if found.is_empty() {
                    return Ok(Err(no_chat(typed.place, name)));
                }
                if !typed.is_not {
                    resolved.chats.get_or_insert_default().extend(found.iter().copied());
                }
                found.into_iter().map(flags::chat).collect()
            }
            Filter::HasLink => vec![flags::LINK.to_owned()],
            Filter::HasFile => vec![flags::FILE.to_owned()],
            Filter::MentionsMe => vec![flags::mentions(reader), flags::MENTIONS_ALL.to_owned()],
            Filter::IsPinned => {
                resolved.of_rows.push(Condition::Pinned(!typed.is_not));
                continue;
            }
            Filter::Before(at) if typed.is_not => {
                resolved.of_rows.push(Condition::Since(*at));
                continue;
            }
            Filter::Since(at) if typed.is_not => {
                resolved.of_rows.push(Condition::Before(*at));
                continue;
            }
            Filter::Before(at) => {
                resolved.of_rows.push(Condition::Before(*at));
                continue;
            }
            Filter::Since(at) => {
                resolved.of_rows.push(Condition::Since(*at));
                continue;
            }
        };
        let flags = flags.into_iter().map(|flag| Phrase::one(Field::Extra, flag));
        match (&typed.filter, typed.is_not) {
            (_, true) => resolved.conditions.none.push(Clause(flags.collect())),
            (Filter::From(_), _) => senders.extend(flags),
            (Filter::In(_), _) => chats.extend(flags),
            _ => resolved.conditions.all.push(Clause(flags.collect())),
        }
    }
    let either = [senders, chats].into_iter().filter(|any| !any.is_empty()).map(Clause);
    resolved.conditions.all.extend(either);
    Ok(Ok(resolved))
}

fn nobody(place: usize, name: &str) -> QueryError {
    QueryError {
        text: format!("from: nobody here has the username {name}"),
        place,
    }
}

fn no_chat(place: usize, name: &str) -> QueryError {
    QueryError {
        text: format!("in: you are in no chat called {name}"),
        place,
    }
}

async fn sender(store: &Store, reader: UserId, name: &str) -> Result<Option<UserId>, StoreError> {
    if name.eq_ignore_ascii_case("me") {
        return Ok(Some(reader));
    }
    let Ok(name) = TypedName::parse(name) else {
        return Ok(None);
    };
    Ok(accounts::by_username(store, &name).await?.map(|account| account.id))
}

/// The chats that are meant by a name: those that are called so; else those whose names begin so; else the one
/// with this id. `@anna` is the private chat with her.
async fn named(
    store: &Store,
    snapshot: &DatabaseTransaction,
    reader: UserId,
    own: &[OwnChat],
    name: &str,
) -> Result<Vec<ConversationId>, StoreError> {
    if let Some(person) = name.strip_prefix('@') {
        let Some(person) = sender(store, reader, person).await? else {
            return Ok(Vec::new());
        };
        return with(snapshot, person, own).await;
    }
    let name = name.trim_start_matches('#');
    let wanted = searched(name);
    let names: HashMap<_, _> = own.iter().map(|chat| (chat.id, searched(&chat.name))).collect();
    let which = |fits: &dyn Fn(&str) -> bool| {
        let fitting = names.iter().filter(|(_, name)| !wanted.is_empty() && fits(name));
        fitting.map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let mut found = which(&|name| name == wanted);
    if found.is_empty() {
        found = which(&|name| name.starts_with(&wanted));
    }
    if found.is_empty() {
        let id = name.parse().map(ConversationId).ok();
        found.extend(own.iter().map(|chat| chat.id).filter(|own| Some(*own) == id));
    }
    Ok(found)
}

/// The private chats among these that this person is, or was, a member of.
async fn with(
    snapshot: &DatabaseTransaction,
    person: UserId,
    own: &[OwnChat],
) -> Result<Vec<ConversationId>, StoreError> {
    let private = "c.id = m.conversation_id AND c.type = 'private'";
    let sql = format!(
        "SELECT m.conversation_id FROM members AS m {} WHERE m.user_id = $1",
        for_each(snapshot.get_database_backend(), "conversations", "c", private)
    );
    let mut found = Vec::new();
    for row in query(snapshot, &sql, [person.0.into()]).await? {
        found.push(ConversationId(row.get("conversation_id")?));
    }
    let private = own.iter().filter(|chat| chat.kind == "private");
    let private: HashSet<_> = private.map(|chat| chat.id).collect();
    Ok(found.into_iter().filter(|id| private.contains(id)).collect())
}

//! What mentions those who have marked something, and not read everything.

use std::collections::HashMap;

use serde::Serialize;

use crate::domain::unread::MAX_MENTIONS;
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::conversations::listing::MENTIONS_WITHIN;
use crate::store::conversations::reading::{KEY, MemberKey, ReaderAt, whose};
use crate::store::{Store, StoreError};

#[derive(Serialize)]
struct Behind {
    conversation_id: i64,
    user_id: i64,
    read_n: i64,
}

/// The mentions that these members have not read, the newest that are counted. None are looked for
/// where everything has been read.
pub(crate) async fn mentions_of(
    store: &Store,
    readers: &[(MemberKey, ReaderAt)],
) -> Result<HashMap<MemberKey, Vec<i64>>, StoreError> {
    let behind: Vec<_> = readers
        .iter()
        .filter(|(_, at)| at.reader.position.n < at.reader.head_n)
        .map(|((conversation, user), ReaderAt { reader, .. })| Behind {
            conversation_id: conversation.0,
            user_id: user.0,
            read_n: reader.position.n.max(reader.head_n - MENTIONS_WITHIN),
        })
        .collect();
    let mut mentions: HashMap<MemberKey, Vec<i64>> = HashMap::new();
    if behind.is_empty() {
        return Ok(mentions);
    }
    let columns = [KEY[0], KEY[1], ("read_n", Type::Number)];
    let backend = store.backend();
    let rows = rows_from_json(backend, &columns);
    // Each half has an index of its own; in one condition, those of everybody would be read.
    let half = |whose: &str| {
        let unread =
            format!("t.conversation_id = v.conversation_id AND {whose} AND t.n > v.read_n");
        let mentions = for_each(backend, "mentions", "t", &unread);
        format!("SELECT v.conversation_id, v.user_id, t.n FROM {rows} {mentions}")
    };
    let sql = format!(
        "SELECT x.conversation_id, x.user_id, x.n FROM ( \
           SELECT y.conversation_id, y.user_id, y.n, \
             ROW_NUMBER() OVER (PARTITION BY y.conversation_id, y.user_id ORDER BY y.n DESC) AS place \
           FROM ({} UNION {}) AS y) AS x \
         WHERE x.place <= $2",
        half("t.user_id = v.user_id"),
        half("t.user_id IS NULL"),
    );
    let bound = MAX_MENTIONS as i64;
    for row in query(store.readers(), &sql, [to_json(&behind)?, bound.into()]).await? {
        mentions.entry(whose(&row)?).or_default().push(row.get("n")?);
    }
    Ok(mentions)
}

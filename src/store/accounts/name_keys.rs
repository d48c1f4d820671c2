//! What is stored beside names so that they can be compared, searched, and seen to look alike. It is made of the
//! names by rules that may change, with Unicode or with us: each row says by which version, and older ones are
//! made anew at start.

use entity::users;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::domain::UserId;
use crate::domain::names::forms::{address_key, key, searched};
use crate::domain::names::likeness::Skeletons;
use crate::store::StoreError;
use crate::store::accounts::ending::erased_key;

/// The version of the rules. It goes up when a name would get another key than before.
pub(in crate::store) const VERSION: i64 = 1;
/// Rows that are read at once.
const PAGE: u64 = 500;

/// All words by which somebody is found, in the form that is searched; a space before each.
pub(in crate::store) fn search_key(username: &str, display_name: Option<&str>) -> String {
    let shown = display_name.map(|name| format!(" {}", searched(name)));
    format!(" {}{}", searched(username), shown.unwrap_or_default())
}

/// Makes what is stored beside the names anew, where it is of an older version. Inside the transaction that
/// brings the schema up, so that no account is made meanwhile.
pub(in crate::store) async fn make_anew(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    loop {
        let older = users::Entity::find()
            .filter(users::Column::KeysVersion.lt(VERSION))
            .order_by_asc(users::Column::Id)
            .limit(PAGE)
            .all(db)
            .await?;
        if older.is_empty() {
            return Ok(());
        }
        for row in older {
            make_one(db, row).await?;
        }
    }
}

async fn make_one(db: &impl ConnectionTrait, row: users::Model) -> Result<(), StoreError> {
    let id = row.id;
    let mut change = users::ActiveModel {
        keys_version: Set(VERSION),
        ..Default::default()
    };
    if row.username_key != erased_key(UserId(id)) {
        let skeletons = Skeletons::of(&row.username);
        change.written_look = Set(Some(skeletons.written));
        change.folded_look = Set(Some(skeletons.folded));
        change.search_key = Set(Some(search_key(&row.username, row.display_name.as_deref())));
        // Two accounts may have been different once and be one now. Whoever has the key has it, of others the
        // older; the other keeps its former one and is found by that.
        let (username, email) = (key(&row.username), address_key(&row.email));
        if is_free(db, users::Column::UsernameKey.eq(username.as_str()), id).await? {
            change.username_key = Set(username);
        }
        if is_free(db, users::Column::EmailKey.eq(email.as_str()), id).await? {
            change.email_key = Set(email);
        }
    }
    users::Entity::update_many()
        .set(change)
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// One of the names of an account may have changed.
pub(super) async fn search_anew(
    db: &impl ConnectionTrait,
    row: &users::Model,
) -> Result<(), StoreError> {
    let key = Some(search_key(&row.username, row.display_name.as_deref()));
    if row.search_key != key {
        let change = users::ActiveModel {
            search_key: Set(key),
            ..Default::default()
        };
        let row = users::Column::Id.eq(row.id);
        users::Entity::update_many().set(change).filter(row).exec(db).await?;
    }
    Ok(())
}

async fn is_free(
    db: &impl ConnectionTrait,
    has_it: sea_orm::sea_query::SimpleExpr,
    id: i64,
) -> Result<bool, StoreError> {
    let others: Select<users::Entity> = users::Entity::find();
    let other = others.filter(has_it).filter(users::Column::Id.ne(id)).one(db).await?;
    Ok(other.is_none())
}

//! Thousands of members at once: written into the database before a server runs on it, as
//! registering them would take a password hash each.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{conversations, members, tokens, users};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, DatabaseConnection, EntityTrait};

use super::node::TestNode;
use super::rest::TestClient;
use super::setup::Setup;

/// Rows in one statement.
const ROWS: usize = 1_000;
const GENERAL: i64 = 1;
/// The chat that they are all in.
pub(crate) const CHAT: i64 = 2;

/// Makes the account `alice` with the password `secret`, and so many others that there are `count`.
/// All are in [`CHAT`], which alice owns. The first `online` have tokens.
pub(crate) async fn fill(setup: &Setup, count: i64, online: i64) {
    setup.user_done(&["create", "alice", "alice@example.com"], "secret").await;
    let database = setup.open().await;
    let now = Utc::now();
    let others = || (2..=count).map(|id| user(id, now));
    each(&database, others()).await;
    each(&database, (2..=count).map(|id| member(GENERAL, id, now))).await;
    let general = conversations::ActiveModel {
        id: Set(GENERAL),
        head_seq: Set(count),
        ..Default::default()
    };
    general.update(&database).await.expect("General");
    let chat = conversations::ActiveModel {
        id: Set(CHAT),
        r#type: Set("group".into()),
        name: Set("everybody".into()),
        created_by: Set(Some(1)),
        head_seq: Set(count),
        head_n: Set(0),
        seq: Set(0),
        created_at: Set(now),
        ..Default::default()
    };
    chat.insert(&database).await.expect("a chat");
    each(&database, (1..=count).map(|id| member(CHAT, id, now))).await;
    each(&database, (1..=online).map(|id| token(id, now))).await;
    database.close().await.expect("the database is left alone");
}

/// The user with this id, who has a token.
pub(crate) fn client(node: &TestNode, id: i64) -> TestClient {
    let mut client = node.nobody().with_token(&secret(id));
    client.id = id;
    client
}

async fn each<A>(database: &DatabaseConnection, rows: impl Iterator<Item = A>)
where
    A: ActiveModelTrait,
{
    let rows: Vec<A> = rows.collect();
    for rows in rows.chunks(ROWS) {
        let inserted = A::Entity::insert_many(rows.to_vec());
        inserted.exec_without_returning(database).await.expect("rows");
    }
}

fn user(id: i64, now: DateTime<Utc>) -> users::ActiveModel {
    let (name, email) = (format!("user{id}"), format!("user{id}@example.com"));
    users::ActiveModel {
        id: Set(id),
        username: Set(name.clone()),
        username_key: Set(name),
        email: Set(email.clone()),
        email_key: Set(email),
        // Nobody signs in with it.
        password_hash: Set("none".into()),
        is_admin: Set(false),
        created_at: Set(now),
        ..Default::default()
    }
}

fn member(chat: i64, id: i64, now: DateTime<Utc>) -> members::ActiveModel {
    let role = if id == 1 { "owner" } else { "member" };
    members::ActiveModel {
        conversation_id: Set(chat),
        user_id: Set(id),
        role: Set(role.into()),
        seq: Set(id),
        joined_n: Set(0),
        read_n: Set(0),
        muted: Set(false),
        created_at: Set(now),
        ..Default::default()
    }
}

fn secret(id: i64) -> String {
    format!("the token of user {id}").replace(' ', "-")
}

fn token(id: i64, now: DateTime<Utc>) -> tokens::ActiveModel {
    tokens::ActiveModel {
        user_id: Set(id),
        hash: Set(vestnik::store::tokens::hash_secret(&secret(id)).to_vec()),
        created_at: Set(now),
        last_used_at: Set(now),
        expires_at: Set(now + TimeDelta::days(1)),
        ..Default::default()
    }
}

//! `POST /api/sync`: everything that a client which has been away needs, in one trip.

use std::collections::HashMap;

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ConversationId;
use crate::domain::rates::Act;
use crate::domain::sync::Repair;
use crate::http::body::Body;
use crate::http::page_bytes::keep_first;
use crate::http::previews::Preview;
use crate::http::{Answer, App};
use crate::store::changes::sync::{self, Recent};
use crate::store::conversations::{self, Details, Listing};
use crate::wire::change::ChangeFrames;
use crate::wire::instant::serialize_instant;
use crate::wire::integer::Integer;
use crate::wire::server::Counters;
use crate::wire::{Code, Problem};

/// Positions in one request at most; a client keeps ten chats.
pub(super) const POSITIONS: usize = 1_000;

/// Bytes of chats in one answer; the others are in `GET /api/chats`.
const CHATS_BYTES: usize = 2 << 20;

/// What the client has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Positions {
    /// The history that the positions are of; without it, or if it is another, they mean nothing.
    epoch: Option<String>,
    /// The last `seq` that it has, by chat id.
    #[serde(default)]
    #[schema(value_type = HashMap<i64, i64>)]
    chats: HashMap<i64, Integer>,
}

/// Where the caller stands, and how the recent chats are brought up to date.
#[derive(Serialize, ToSchema)]
pub(crate) struct Synced<'a> {
    user_id: i64,
    epoch: &'a str,
    #[serde(serialize_with = "serialize_instant")]
    now: DateTime<Utc>,
    /// All the caller's chats, the first two thousand by id, or 2 MiB of them.
    chats: Vec<SyncedChat<'a>>,
    /// The ten where they were active last, the latest first.
    recent: Vec<RecentChat<'a>>,
}

/// A chat, and where the caller stands in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SyncedChat<'a> {
    #[serde(flatten)]
    counters: Counters,
    /// Is the caller not notified?
    muted: bool,
    /// `private`, `group` or `general`.
    r#type: &'static str,
    name: &'a str,
    /// The caller's: `owner`, `admin`, `member` or `guest`.
    role: &'static str,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
    #[serde(flatten)]
    preview: Preview,
}

impl<'a> SyncedChat<'a> {
    fn new(listing: &'a Listing, details: Details) -> Self {
        Self {
            preview: Preview::from(details),
            counters: listing.counters(),
            muted: listing.muted,
            r#type: listing.chat.kind.as_str(),
            name: &listing.chat.name,
            role: listing.role.as_str(),
            created_at: listing.chat.created_at,
        }
    }
}

/// A chat that is brought up to date.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecentChat<'a> {
    chat_id: i64,
    /// Where the client is once it has applied the changes.
    seq: i64,
    /// `unchanged`; `changed` by the changes; or `reset`: they replace what it has.
    state: &'static str,
    /// Frames, as in `opened`.
    changes: ChangeFrames<'a>,
}

impl<'a> From<&'a Recent> for RecentChat<'a> {
    fn from(recent: &'a Recent) -> Self {
        let changes = &recent.changes;
        Self {
            chat_id: recent.conversation.0,
            seq: changes.seq,
            state: match recent.repair {
                Repair::Unchanged => "unchanged",
                Repair::Changes(_) => "changed",
                Repair::Fresh(_) => "reset",
            },
            changes: ChangeFrames::new(recent.conversation, &changes.events, &changes.annotations),
        }
    }
}

/// Brings a client up to date.
#[utoipa::path(post, path = "/api/sync", tag = "chats", request_body = Positions,
    responses((status = 200, body = Synced<'static>)))]
pub(crate) async fn sync(engine: App, body: Body) -> Answer {
    let (caller, input) = body.json::<Positions>().await?;
    let user = caller.user().ok_or_else(|| {
        Problem::new(Code::UNAUTHENTICATED, "nobody in particular has nothing to be synced")
    })?;
    if input.chats.len() > POSITIONS {
        let text = format!("chats may hold {POSITIONS} positions");
        return Err(Problem::new(Code::MALFORMED, text));
    }
    engine.rate_limits().spend(Some(user), Act::UserOpen)?;
    let is_ours = input.epoch.as_deref() == Some(engine.epoch());
    let known = input.chats.into_iter().filter(|_| is_ours);
    let known = known.map(|(chat, seq)| (ConversationId(chat), seq.0)).collect();
    let synced = sync::sync(engine.store(), user, &known).await?;
    let last = synced.chats.last().map_or(ConversationId(0), |last| last.chat.id);
    let all = ConversationId(0);
    let mut details = conversations::details(engine.store(), user, all, last).await?;
    let chats = synced.chats.iter().map(|listing| {
        let details = details.remove(&listing.chat.id).unwrap_or_default();
        SyncedChat::new(listing, details)
    });
    let mut chats: Vec<_> = chats.collect();
    keep_first(&mut chats, CHATS_BYTES);
    Ok(HttpResponse::Ok().json(Synced {
        user_id: user.0,
        epoch: engine.epoch(),
        now: engine.store().now(),
        recent: synced.recent.iter().map(RecentChat::from).collect(),
        chats,
    }))
}

//! Messages.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The conversation that it is in.
    pub conversation_id: i64,
    /// Its number among the messages of its conversation.
    pub n: i64,
    /// Of its last change.
    pub seq: i64,
    /// Of its first change.
    pub posted_seq: i64,
    /// None only for what nobody in particular said under `--trust`.
    pub sender_id: Option<i64>,
    /// The client's key; unique with the sender.
    pub client_msg_id: Option<String>,
    /// What was said.
    pub content: String,
    /// Chat Gopher's own number.
    pub sequence: Option<i64>,
    /// The message that this one answers.
    pub reply_to: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last edited.
    pub edited_at: Option<DateTimeUtc>,
    /// When it was deleted; then nothing of its content is kept.
    pub deleted_at: Option<DateTimeUtc>,
    /// Whom it mentions, a JSON array of user ids; 0 is everybody.
    pub mentions: Option<String>,
    /// The files that it carries, a JSON array; each is a row of `uploads` too.
    pub attachments: Option<String>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A message as JSON, the same on the socket and over REST.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::event::{Annotations, Message};
use crate::domain::files::Attachment;
use crate::domain::{ClientMsgId, ConversationId, MessageText};
use crate::wire::instant::instant;

/// A message. What hangs on it (`reactions`, `pinned`) is said in answers to a question, in a replay, and
/// when it is edited; not when it is new or deleted, as there is nothing then.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageBody<'a> {
    /// The chat that it is in.
    chat_id: i64,
    /// Of its last change, among all changes of the chat.
    seq: i64,
    /// Its number among the messages of the chat.
    n: i64,
    id: i64,
    /// `null` for nobody in particular.
    #[schema(required)]
    user_id: Option<i64>,
    username: &'a str,
    /// Empty once it is deleted.
    content: &'a str,
    /// The same as `content`, beside a `sequence`: where a client of Chat Gopher looks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The sender's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_msg_id: Option<&'a str>,
    /// Chat Gopher's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    /// The id of the message of the same chat that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<i64>,
    /// The files that it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<AttachmentBody>,
    /// The ids of those whom it mentions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<i64>,
    /// Does it mention everybody?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mentions_all: bool,
    #[schema(format = "date-time")]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    deleted_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactions: Option<Vec<Reactions<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<bool>,
}

/// A file of a message. `GET /api/files/{id}` has its bytes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub struct AttachmentBody {
    id: i64,
    name: String,
    /// Its bytes.
    size: i64,
    /// A media type, by its first bytes.
    #[serde(rename = "type")]
    kind: String,
    /// Of a picture, as it is shown, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    /// Of a picture, as it is shown, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    /// What to show until a picture is there: a ThumbHash in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbhash: Option<String>,
}

impl From<&Attachment> for AttachmentBody {
    fn from(file: &Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name.to_string(),
            size: file.size,
            kind: file.kind.to_string(),
            width: file.width,
            height: file.height,
            thumbhash: file.thumbhash.as_deref().map(str::to_owned),
        }
    }
}

/// Who reacted with one emoji.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reactions<'a> {
    emoji: &'a str,
    /// In the order in which they did.
    user_ids: Vec<i64>,
}

impl<'a> MessageBody<'a> {
    /// A message whose last change is `seq`; with what hangs on it, if that was looked up.
    pub fn new(
        conversation: ConversationId,
        seq: i64,
        message: &'a Message,
        annotations: Option<&'a Annotations>,
    ) -> Self {
        let is_deleted = message.deleted_at.is_some();
        let content = message.text.as_ref().map_or("", MessageText::as_str);
        Self {
            chat_id: conversation.0,
            seq,
            n: message.n,
            id: message.id.0,
            user_id: message.sender.map(|user| user.0),
            username: &message.username,
            content,
            text: message.sequence.map(|_| content),
            client_msg_id: message.client_msg_id.as_ref().map(ClientMsgId::as_str),
            sequence: message.sequence,
            reply_to: message.reply_to.map(|id| id.0),
            attachments: message.attachments.iter().map(AttachmentBody::from).collect(),
            mentions: message.mentions.users.iter().map(|user| user.0).collect(),
            mentions_all: message.mentions.all,
            created_at: instant(&message.created_at),
            // Of one that is deleted it does not matter, and a batch that does both knows no other.
            edited_at: message.edited_at.as_ref().filter(|_| !is_deleted).map(instant),
            deleted_at: message.deleted_at.as_ref().map(instant),
            reactions: annotations.map(reactions),
            pinned: annotations.map(|annotations| annotations.pinned),
        }
    }
}

fn reactions(annotations: &Annotations) -> Vec<Reactions<'_>> {
    let reactions = annotations.reactions.iter().map(|(emoji, users)| Reactions {
        emoji: emoji.as_str(),
        user_ids: users.iter().map(|user| user.0).collect(),
    });
    reactions.collect()
}

//! The frames of a client as types, for who writes one: their JSON Schemas are made from these.
//! [`decode`](crate::wire::client::decode) reads each frame once, without knowing its type before,
//! and so into one flat struct; a test holds that it understands exactly these. The bounds of their texts
//! come from the constants, in [`schema`](crate::wire::schema).

use serde::Deserialize;
use utoipa::ToSchema;

/// A frame that a client sends. Unknown fields are ignored, and a field that may be left away may be
/// `null`.
#[derive(Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientShape {
    /// Says something. The frame that needs no `type`.
    Send {
        /// Where; left away, the chat of the URL, or General if that has none.
        chat_id: Option<i64>,
        /// 1 to 16,384 bytes, without U+0000; beside `uploads` it may be empty or left away.
        #[schema(required, nullable = false)]
        content: Option<String>,
        /// With it the send may be repeated for ever, and is acknowledged.
        client_msg_id: Option<String>,
        /// The id of the message of the same chat that it answers.
        reply_to: Option<i64>,
        /// The files that it carries, at most 10: the `upload_id` of each.
        uploads: Option<Vec<String>>,
    },
    /// Makes a chat active: it is replayed from a position, and then live.
    Open {
        chat_id: i64,
        /// The last `seq` that the client has; left away, it begins afresh.
        after: Option<i64>,
        /// Of the `ready` that was current when the client got there.
        epoch: Option<String>,
    },
    /// Puts a chat into the background.
    Close { chat_id: i64 },
    /// Everything up to message `n` has been read. Never goes back.
    Read { chat_id: i64, n: i64 },
    /// Message `n` is the first that has not been read.
    Unread { chat_id: i64, n: i64 },
    /// The user is writing.
    Typing { chat_id: i64 },
    /// Asks whether the server is there, for those who cannot send the control frame; it answers `pong`.
    Ping {},
    /// Lets one's own message say something else.
    Edit {
        /// Where the message is; may be left away.
        chat_id: Option<i64>,
        /// Of the message.
        id: i64,
        /// 1 to 16,384 bytes, without U+0000.
        content: String,
        /// With it the change is acknowledged.
        client_msg_id: Option<String>,
    },
    /// Deletes a message.
    Delete {
        /// Where the message is; may be left away.
        chat_id: Option<i64>,
        /// Of the message.
        id: i64,
        /// With it the change is acknowledged.
        client_msg_id: Option<String>,
    },
    /// Adds a reaction to a message, or takes it back.
    React {
        /// Where the message is; may be left away.
        chat_id: Option<i64>,
        /// Of the message.
        id: i64,
        /// One emoji, at most 64 bytes.
        emoji: String,
        /// Is it to be there?
        #[schema(default = true)]
        on: Option<bool>,
        /// With it the change is acknowledged.
        client_msg_id: Option<String>,
    },
    /// Pins a message, or unpins it.
    Pin {
        /// Where the message is; may be left away.
        chat_id: Option<i64>,
        /// Of the message.
        id: i64,
        /// Is it to be pinned?
        #[schema(default = true)]
        on: Option<bool>,
        /// With it the change is acknowledged.
        client_msg_id: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;
    use serde::de::value::Error;
    use serde::de::{Error as _, Visitor};
    use serde::{Deserializer, forward_to_deserialize_any};
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::domain::ClientMsgId;
    use crate::wire::client::{Alteration, ClientFrame, Raw, decode};
    use crate::wire::schema;

    /// What was decoded, as its shape; a new frame does not compile here before it has one.
    fn shape(frame: ClientFrame) -> ClientShape {
        let key = |key: Option<ClientMsgId>| key.map(|key| key.as_str().to_owned());
        match frame {
            ClientFrame::Send(send) => {
                let uploads = send.uploads.iter().map(|id| id.as_str().to_owned());
                let uploads: Vec<_> = uploads.collect();
                ClientShape::Send {
                    chat_id: send.chat.map(|chat| chat.0),
                    content: Some(send.text.as_str().to_owned()),
                    client_msg_id: key(send.client_msg_id),
                    reply_to: send.reply_to.map(|id| id.0),
                    uploads: Some(uploads).filter(|uploads| !uploads.is_empty()),
                }
            }
            ClientFrame::Open(open) => ClientShape::Open {
                chat_id: open.chat.0,
                after: open.after,
                epoch: open.epoch,
            },
            ClientFrame::Close(chat) => ClientShape::Close { chat_id: chat.0 },
            ClientFrame::Read(chat, n) => ClientShape::Read { chat_id: chat.0, n },
            ClientFrame::Unread(chat, n) => ClientShape::Unread { chat_id: chat.0, n },
            ClientFrame::Typing(chat) => ClientShape::Typing { chat_id: chat.0 },
            ClientFrame::Ping => ClientShape::Ping {},
            ClientFrame::Change(change) => {
                let (id, client_msg_id) = (change.message.0, key(change.client_msg_id));
                let chat_id = change.chat.map(|chat| chat.0);
                match change.alteration {
                    Alteration::Edit(text) => ClientShape::Edit {
                        chat_id,
                        id,
                        content: text.as_str().to_owned(),
                        client_msg_id,
                    },
                    Alteration::Delete => ClientShape::Delete {
                        chat_id,
                        id,
                        client_msg_id,
                    },
                    Alteration::React(emoji, on) => ClientShape::React {
                        chat_id,
                        id,
                        emoji: emoji.as_str().to_owned(),
                        on: Some(on),
                        client_msg_id,
                    },
                    Alteration::Pin(on) => ClientShape::Pin {
                        chat_id,
                        id,
                        on: Some(on),
                        client_msg_id,
                    },
                }
            }
        }
    }

    /// A frame as its shape says, with what is left away filled in.
    fn read(frame: &Value) -> Option<ClientShape> {
        let mut frame = frame.clone();
        if frame["type"].is_null() {
            frame["type"] = "send".into();
        }
        let mut shape = serde_json::from_value(frame).ok()?;
        if let ClientShape::Send {
            content, uploads, ..
        } = &mut shape
        {
            uploads.take_if(|uploads| uploads.is_empty());
            // It is not there only beside files.
            match (content.is_some(), uploads.is_some()) {
                (false, false) => return None,
                (false, true) => *content = Some(String::new()),
                (true, _) => {}
            }
        }
        if let ClientShape::React { on, .. } | ClientShape::Pin { on, .. } = &mut shape {
            on.get_or_insert(true);
        }
        Some(shape)
    }

    /// Asks a struct which fields it reads.
    struct Asking(Cell<&'static [&'static str]>);

    impl<'de> Deserializer<'de> for &Asking {
        type Error = Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.set(fields);
            Err(Error::custom("there is nothing to read"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("it is a struct"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
            option unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier
            ignored_any
        }
    }

    /// The fields that are read of a frame.
    fn fields() -> &'static [&'static str] {
        let asking = Asking(Cell::new(&[]));
        assert!(Raw::deserialize(&asking).is_err());
        asking.0.get()
    }

    /// A good value of a field, or `null`.
    fn value(field: &'static str) -> impl Strategy<Value = Value> {
        let good = match field {
            "type" => {
                let kinds = schema::client().into_iter().map(|frame| json!(frame.kind));
                proptest::sample::select(kinds.chain([json!("shout")]).collect::<Vec<_>>()).boxed()
            }
            "on" => any::<bool>().prop_map(|on| json!(on)).boxed(),
            "content" | "epoch" | "client_msg_id" => {
                "[a-z]{1,9}".prop_map(|text| json!(text)).boxed()
            }
            "uploads" => {
                prop::collection::vec("[a-z]{1,9}", 0..3).prop_map(|ids| json!(ids)).boxed()
            }
            "emoji" => Just(json!("👍")).boxed(),
            _ => any::<i64>().prop_map(|number| json!(number)).boxed(),
        };
        prop_oneof![9 => good, 1 => Just(Value::Null)]
    }

    fn frames() -> impl Strategy<Value = Value> {
        let values = fields().iter().map(|field| proptest::option::weighted(0.8, value(field)));
        values.collect::<Vec<_>>().prop_map(|values| {
            let fields = fields().iter().zip(values);
            let there = fields.filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
            Value::Object(there.collect::<Map<_, _>>())
        })
    }

    proptest! {
        #[test]
        fn what_is_decoded_is_what_the_shapes_say(frame in frames()) {
            let decoded = decode(&frame.to_string()).ok().map(shape);
            prop_assert_eq!(decoded, read(&frame));
        }

        /// Of another type than its shape says, a field is refused.
        #[test]
        fn a_field_of_the_wrong_type_is_refused(frame in frames(), field in 0..fields().len()) {
            let mut frame = frame;
            frame[fields()[field]] = match fields()[field] {
                "uploads" => json!({}),
                _ => json!([]),
            };
            prop_assert!(decode(&frame.to_string()).is_err());
        }
    }

    #[test]
    fn every_field_that_is_read_has_its_place_in_a_shape() {
        let mut documented: Vec<_> = schema::client()
            .iter()
            .filter_map(|frame| frame.schema["properties"].as_object())
            .flat_map(|properties| properties.keys().cloned())
            .collect();
        documented.sort_unstable();
        documented.dedup();
        let mut read = fields().to_vec();
        read.sort_unstable();
        assert_eq!(documented, read);
    }
}

//! All frames as JSON Schemas, made from the types that encode them and, for a client's, from the
//! `client_frame_types` of them. A document puts them together
//! (`http::asyncapi`).

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::emoji::{EMOJI_CHARS, EMOJI_PATTERN};
use crate::domain::files::MAX_ATTACHMENTS;
use crate::domain::text::{CLIENT_MSG_ID_BYTES, MESSAGE_BYTES};
use crate::wire::change::ChangeFrame;
use crate::wire::client_frame_types::ClientShape;
use crate::wire::server::ServerFrame;

const NO_NUL: &str = r"^[^\x00]*$";
const VISIBLE_ASCII: &str = "^[!-~]+$";

/// Where schemas refer to each other.
const PARTS: &str = "#/components/schemas/";
/// The part that is any durable change.
const CHANGE: &str = "Change";

/// A type of frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameSchema {
    /// Unique among all: `ServerUnread`, since a client has an `unread` too.
    pub name: String,
    /// Its `type` on the wire.
    pub kind: String,
    /// What it says.
    pub description: String,
    /// What it looks like.
    pub schema: Value,
}

/// What a client sends.
pub fn client() -> Vec<FrameSchema> {
    let mut frames = split("Client", &schema_of::<ClientShape>());
    frames.iter_mut().for_each(|frame| bound_texts(&mut frame.schema));
    for frame in frames.iter_mut().filter(|frame| frame.kind == "send") {
        not_required(&mut frame.schema, "type");
    }
    frames
}

/// Adds to the texts of a frame what holds for them, by their names. Lengths are in characters, as JSON
/// Schema counts them, also where the check counts bytes.
fn bound_texts(schema: &mut Value) {
    let properties = schema["properties"].as_object_mut().into_iter().flatten();
    for (name, property) in properties {
        if let (Some(property), Some(Value::Object(bounds))) =
            (property.as_object_mut(), text_bounds(name))
        {
            property.extend(bounds);
        }
    }
    // Beside files there may be no text.
    if let Some(Value::Object(uploads)) = schema["properties"].get_mut("uploads") {
        uploads.insert("maxItems".into(), json!(MAX_ATTACHMENTS));
        schema["properties"]["content"]["minLength"] = json!(0);
    }
}

/// What holds for a text that is said on a socket as well as in a request, by its name.
pub fn text_bounds(name: &str) -> Option<Value> {
    Some(match name {
        "content" => json!({
            "minLength": MESSAGE_BYTES.0, "maxLength": MESSAGE_BYTES.1, "pattern": NO_NUL,
        }),
        "client_msg_id" => {
            json!({"minLength": 1, "maxLength": CLIENT_MSG_ID_BYTES, "pattern": VISIBLE_ASCII})
        }
        "emoji" => json!({"minLength": 1, "maxLength": EMOJI_CHARS, "pattern": *EMOJI_PATTERN}),
        _ => return None,
    })
}

/// What the server sends.
pub fn server() -> Vec<FrameSchema> {
    let mut frames = split("Server", &schema_of::<ServerFrame<'_>>());
    frames.extend(changes());
    for frame in &mut frames {
        absent_is_not_null(&mut frame.schema);
    }
    frames
}

fn changes() -> Vec<FrameSchema> {
    split("Server", &schema_of::<ChangeFrame<'_>>())
}

/// What frames of the server refer to, by name.
pub fn parts() -> Map<String, Value> {
    let mut found = Vec::new();
    ServerFrame::schemas(&mut found);
    let found = found.into_iter().map(|(name, schema)| (name, json!(schema)));
    let mut parts: Map<String, Value> = found.collect();
    parts.values_mut().for_each(absent_is_not_null);
    let one_of: Vec<_> = changes().iter().map(|frame| reference(&frame.name)).collect();
    let description = "What happened to a chat; each has taken one seq.";
    parts.insert(CHANGE.into(), json!({"description": description, "oneOf": one_of}));
    parts
}

/// A schema that is the one of this name.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("{PARTS}{name}")})
}

fn schema_of<T: PartialSchema>() -> Value {
    json!(T::schema())
}

/// The variants of an enum, by their `type`.
fn split(side: &str, schema: &Value) -> Vec<FrameSchema> {
    let frame = |variant: &Value| {
        let kind = kind_of(variant)?.to_owned();
        let description = variant["description"].as_str().unwrap_or_default().to_owned();
        let (first, rest) = kind.split_at_checked(1)?;
        Some(FrameSchema {
            name: format!("{side}{}{rest}", first.to_uppercase()),
            kind,
            description,
            schema: variant.clone(),
        })
    };
    schema["oneOf"].as_array().into_iter().flatten().filter_map(frame).collect()
}

/// A struct has its `type` among its own properties, a frame that is another struct beside it.
fn kind_of(variant: &Value) -> Option<&str> {
    let own = variant["properties"]["type"]["enum"][0].as_str();
    own.or_else(|| variant["allOf"].as_array()?.iter().find_map(kind_of))
}

fn not_required(schema: &mut Value, name: &str) {
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|property| property != name);
    }
}

/// What the server may leave away it leaves away; it is never `null`.
fn absent_is_not_null(schema: &mut Value) {
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    parts.into_iter().flatten().for_each(absent_is_not_null);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !required.iter().any(|required| required == name) {
            without_null(property);
        }
    }
}

fn without_null(property: &mut Value) {
    if let Some(types) = property["type"].as_array()
        && let Some(kind) = types.iter().find(|kind| *kind != "null").cloned()
    {
        property["type"] = kind;
    }
    if let Some(choices) = property["oneOf"].as_array()
        && let Some(choice) = choices.iter().find(|choice| choice["type"] != "null").cloned()
    {
        *property = choice;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants<T: PartialSchema>() -> usize {
        schema_of::<T>()["oneOf"].as_array().map_or(0, Vec::len)
    }

    #[test]
    fn every_frame_is_there_under_its_type() {
        let (client, server) = (client(), server());
        assert_eq!(client.len(), variants::<ClientShape>());
        let on_the_server = variants::<ServerFrame<'_>>() + variants::<ChangeFrame<'_>>();
        assert_eq!(server.len(), on_the_server);
        assert!(client.iter().any(|frame| frame.name == "ClientUnread"));
        assert!(
            server
                .iter()
                .any(|frame| frame.name == "ServerUnread" && frame.kind == "unread")
        );
    }

    #[test]
    fn only_a_send_needs_no_type() {
        for frame in client() {
            let required = frame.schema["required"].as_array().cloned().unwrap_or_default();
            assert_eq!(required.contains(&json!("type")), frame.kind != "send", "{}", frame.name);
        }
    }

    #[test]
    fn what_the_server_leaves_away_is_never_null() {
        let error = server().into_iter().find(|frame| frame.kind == "error").map(|f| f.schema);
        let chat = error.map(|schema| schema["properties"]["chat_id"]["type"].clone());
        assert_eq!(chat, Some(json!("integer")));
        let nobody = &parts()["Message"]["properties"]["user_id"]["type"];
        assert_eq!(*nobody, json!(["integer", "null"]));
    }
}

//! The sockets for programs, `/api/asyncapi.json` (AsyncAPI 3.0): every frame with its JSON Schema,
//! who sends it where, and the codes of errors and closes. The server is the application that it
//! describes, so `receive` is what a client sends.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use serde_json::{Map, Value, json};

use crate::http::cookie;
use crate::wire::schema::{self, FrameSchema, reference};
use crate::wire::{Close, Code};

const DESCRIPTION: &str = "Sockets of a self-hosted messenger: one flat JSON object a text frame. \
    docs/protocol.md says in words how the frames belong together, and /api/openapi.json describes \
    the REST part. Frames of a type and fields that a client does not know it must ignore.";
const ALL_CHATS: &str = "All chats of the user. The first frame is ready; General is active from \
    then on, the other chats are in the background until they are opened.";
const ONE_CHAT: &str = "Bound to a chat: it and General are active at once, there is no ready, and \
    the socket closes when its user is removed from that chat. A client frame without chat_id \
    means this chat.";

/// The frame that only a socket for all chats gets.
const FIRST: &str = "ready";

/// The document.
pub fn document() -> Value {
    let (client, server) = (schema::client(), schema::server());
    let bound: Vec<_> = server.iter().filter(|frame| frame.kind != FIRST).cloned().collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vestnik",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"plain": server_at("ws"), "tls": server_at("wss")},
        "channels": {
            "all": channel(ALL_CHATS, &json!([]), [&client[..], &server[..]].concat()),
            "chat": channel(ONE_CHAT, &json!(["chat_id"]), [&client[..], &bound[..]].concat()),
        },
        "operations": {
            "receiveFromAll": operation("receive", "all", &client),
            "sendToAll": operation("send", "all", &server),
            "receiveFromChat": operation("receive", "chat", &client),
            "sendToChat": operation("send", "chat", &bound),
        },
        "components": {
            "messages": keyed([&client[..], &server[..]].concat(), |frame| message(&frame)),
            "schemas": schemas(&client, &server),
            "securitySchemes": security_schemes(),
        },
        "x-close-codes": Close::ALL.iter().map(close).collect::<Vec<_>>(),
        "x-error-codes": Code::ALL.iter().map(code).collect::<Vec<_>>(),
    })
}

fn server_at(protocol: &str) -> Value {
    let schemes = ["token", "ticket", "cookie"];
    let scheme = |name: &str| json!({"$ref": format!("#/components/securitySchemes/{name}")});
    json!({
        "host": "{host}",
        "protocol": protocol,
        "variables": {"host": {"default": "127.0.0.1:8080"}},
        "security": schemes.map(scheme),
    })
}

fn channel(description: &str, required: &Value, frames: Vec<FrameSchema>) -> Value {
    let id = |text: &str| json!({"type": "integer", "format": "int64", "description": text});
    let ticket =
        json!({"type": "string", "description": "From POST /api/ws-ticket; opens one socket."});
    let query = json!({
        "type": "object",
        "required": required,
        "properties": {
            "chat_id": id("Binds the socket to this chat."),
            "user_id": id("If it is there, the caller's own."),
            "ticket": ticket,
        },
    });
    let to_message =
        |frame: FrameSchema| json!({"$ref": format!("#/components/messages/{}", frame.name)});
    json!({
        "address": "/ws",
        "description": description,
        "messages": keyed(frames, to_message),
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
    })
}

fn operation(action: &str, channel: &str, frames: &[FrameSchema]) -> Value {
    let channel = format!("#/channels/{channel}");
    let message =
        |frame: &FrameSchema| json!({"$ref": format!("{channel}/messages/{}", frame.name)});
    json!({
        "action": action,
        "channel": {"$ref": channel},
        "messages": frames.iter().map(message).collect::<Vec<_>>(),
    })
}

fn message(frame: &FrameSchema) -> Value {
    json!({
        "name": frame.kind,
        "summary": frame.description,
        "payload": reference(&frame.name),
    })
}

fn schemas(client: &[FrameSchema], server: &[FrameSchema]) -> Map<String, Value> {
    let mut schemas = schema::parts();
    schemas.extend(keyed([client, server].concat(), |frame| frame.schema));
    schemas
}

fn security_schemes() -> Value {
    json!({
        "token": {"type": "http", "scheme": "bearer"},
        "ticket": {"type": "httpApiKey", "in": "query", "name": "ticket"},
        "cookie": {"type": "httpApiKey", "in": "cookie", "name": cookie::NAME, "description": cookie::NAME_RULE},
    })
}

fn keyed(frames: Vec<FrameSchema>, value: impl Fn(FrameSchema) -> Value) -> Map<String, Value> {
    frames.into_iter().map(|frame| (frame.name.clone(), value(frame))).collect()
}

fn close(close: &Close) -> Value {
    json!({"code": close.code, "reason": close.reason})
}

fn code(code: &Code) -> Value {
    json!({"code": code.name, "status": code.status, "retry": code.retry})
}

/// `/api/asyncapi.json`. It is always the same, so it is made once.
pub async fn json() -> HttpResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    HttpResponse::Ok().content_type(ContentType::json()).body(TEXT.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` in it.
    fn references(value: &Value) -> Vec<String> {
        match value {
            Value::Object(members) => members
                .iter()
                .flat_map(|(name, member)| match member {
                    Value::String(to) if name == "$ref" => vec![to.clone()],
                    _ => references(member),
                })
                .collect(),
            Value::Array(items) => items.iter().flat_map(references).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_frame_is_said_where_it_is_sent() {
        let document = document();
        let sent = |operation: &str, frame: &FrameSchema, channel: &str| {
            let to = json!({"$ref": format!("#/channels/{channel}/messages/{}", frame.name)});
            let messages = document["operations"][operation]["messages"].as_array();
            messages.is_some_and(|messages| messages.contains(&to))
        };
        for frame in schema::server() {
            assert!(sent("sendToAll", &frame, "all"), "{}", frame.name);
            assert_eq!(sent("sendToChat", &frame, "chat"), frame.kind != FIRST, "{}", frame.name);
        }
        for frame in schema::client() {
            assert!(sent("receiveFromAll", &frame, "all"), "{}", frame.name);
            assert!(sent("receiveFromChat", &frame, "chat"), "{}", frame.name);
        }
    }

    #[test]
    fn what_is_referred_to_is_there() {
        let document = document();
        let references = references(&document);
        assert!(references.len() > 100, "the test finds them: {}", references.len());
        for to in references {
            assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
        }
    }
}

//! What a request may hold, by the name of the field or parameter, from the same constants as the
//! checks. A name means one thing in every request, so a new route with a known field has its bounds
//! already; a test fails for a field whose name has none.

use serde_json::{Value, json};

use crate::config::RegistrationMode;
use crate::domain::files::UPLOAD_ID_BYTES;
use crate::domain::invite::{DEFAULT_HOURS, DEFAULT_USES, HOURS, USES};
use crate::domain::names::rules::USERNAME_CHARS;
use crate::domain::search::QUERY_BYTES;
use crate::domain::text::{CHAT_NAME_CHARS, DISPLAY_NAME_CHARS, EMAIL_BYTES, PASSWORD_BYTES};
use crate::domain::{Kind, Role};
use crate::http::body;
use crate::http::query::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::wire::schema::text_bounds;

/// Patterns are of the common part of all dialects: ECMAScript, Python, RE2, Rust.
const NO_CONTROL: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";
const ADDRESS: &str = r"^[^@\s\x00-\x20\x7f-\x9f]+@[^@\s\x00-\x20\x7f-\x9f]+$";
const NUMBERS: &str = "^(-?[0-9]{1,18}(,-?[0-9]{1,18})*)?$";
/// Where a page of hits goes on.
const CURSOR: &str = "^(n[0-9]{1,18}|b[0-9]{1,18}-[0-9]{1,9})$";
/// A key that is a number, since a name in JSON is a text.
const NUMBER: &str = "^(0|-?[1-9][0-9]{0,17})$";

/// The keywords of a text of this name; `None` for a name that no request has yet. Lengths are in
/// characters, as JSON Schema counts them, also where the check counts bytes.
fn of_text(name: &str) -> Option<Value> {
    Some(match name {
        "username" => json!({"minLength": USERNAME_CHARS.0, "maxLength": USERNAME_CHARS.1}),
        "password" | "current_password" => {
            json!({"minLength": PASSWORD_BYTES.0, "maxLength": PASSWORD_BYTES.1})
        }
        "email" => json!({"minLength": 3, "maxLength": EMAIL_BYTES, "pattern": ADDRESS}),
        "display_name" => json!({"maxLength": DISPLAY_NAME_CHARS, "pattern": NO_CONTROL}),
        "name" => json!({"maxLength": CHAT_NAME_CHARS, "pattern": NO_CONTROL}),
        "text" => return text_bounds("content"),
        "Idempotency-Key" => return text_bounds("client_msg_id"),
        "role" => json!({"enum": Role::ALL.map(Role::as_str)}),
        "type" => json!({"enum": [Kind::Private.as_str(), Kind::Group.as_str()]}),
        "query" => json!({"maxLength": DISPLAY_NAME_CHARS, "pattern": NO_CONTROL}),
        "q" => json!({"minLength": 1, "maxLength": QUERY_BYTES}),
        "sort" => json!({"enum": ["newest", "best"]}),
        "after" => json!({"pattern": CURSOR}),
        "open" => json!({"pattern": NUMBERS}),
        "size" => json!({"enum": ["list", "view"]}),
        "uploads" => {
            json!({"minLength": 1, "maxLength": UPLOAD_ID_BYTES, "pattern": "^[A-Za-z0-9_-]+$"})
        }
        "Tus-Resumable" => json!({"enum": ["1.0.0"]}),
        "from" | "to" => json!({"format": "date-time"}),
        // These are compared with what is known, or read and ignored; nothing but the bound of the
        // whole body or of the head holds for them.
        "id" | "Upload-Metadata" | "Upload-Checksum" | "Range" | "invite" | "confirm" | "epoch"
        | "last_event_id" | "Last-Event-ID" => {
            json!({"maxLength": body::MAX_BYTES})
        }
        _ => return text_bounds(name),
    })
}

/// 2⁵³ − 1: up to it every JSON parser reads the same number, however it is written.
const EXACT: i64 = 9_007_199_254_740_991;

/// The keywords of a number of this name. All are 64-bit.
fn of_number(name: &str) -> Value {
    match name {
        "limit" => json!({"minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
        "expires_in_hours" => {
            json!({"minimum": HOURS.0, "maximum": HOURS.1, "default": DEFAULT_HOURS})
        }
        "max_uses" => json!({"minimum": USES.0, "maximum": USES.1, "default": DEFAULT_USES}),
        name if name == "id" || name.ends_with("_id") || name == "reply_to" => {
            json!({"minimum": 1, "maximum": EXACT})
        }
        "Upload-Length" | "Upload-Offset" => json!({"minimum": 0, "maximum": EXACT}),
        _ => json!({"minimum": -EXACT, "maximum": EXACT}),
    }
}

/// What a text of this name is one of in an answer.
fn answered(name: &str) -> Option<Value> {
    Some(match name {
        "role" => json!(Role::ALL.map(Role::as_str)),
        "type" => json!([Kind::Private, Kind::Group, Kind::General].map(Kind::as_str)),
        "registration" => json!(
            [
                RegistrationMode::Open,
                RegistrationMode::Invite,
                RegistrationMode::Closed
            ]
            .map(RegistrationMode::as_str)
        ),
        "store" => json!(["sqlite", "postgres"]),
        "state" => json!(["unchanged", "changed", "reset"]),
        _ => return None,
    })
}

/// Is it, or may it be, of this type?
fn is(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    }
}

/// Says of a field or parameter of a request what it may hold.
pub(super) fn bound(name: &str, schema: &mut Value) {
    if is(schema, "string") {
        add(schema, of_text(name));
    }
    if is(schema, "integer") {
        add(schema, Some(of_number(name)));
    }
    if let Some(items) = schema.get_mut("items") {
        bound(name, items);
    }
    if let Some(keys) = schema.get_mut("propertyNames") {
        *keys = json!({"pattern": NUMBER});
        bound_items(schema);
    }
}

/// The values of a map: numbers, so many at most.
fn bound_items(schema: &mut Value) {
    add(schema, Some(json!({"maxProperties": crate::http::sync::POSITIONS})));
    if let Some(items) = schema.get_mut("additionalProperties")
        && is(items, "integer")
    {
        add(items, Some(of_number("")));
    }
}

/// Says of a field of an answer which values it has.
pub(super) fn enumerate(name: &str, schema: &mut Value) {
    if is(schema, "string") && schema.get("enum").is_none() {
        let values = answered(name).map(|values| json!({"enum": values}));
        add(schema, values);
    }
}

/// Adds keywords. An enumeration that may be absent may be `null`.
fn add(schema: &mut Value, keywords: Option<Value>) {
    let is_nullable = is(schema, "null");
    let (Some(schema), Some(Value::Object(keywords))) = (schema.as_object_mut(), keywords) else {
        return;
    };
    for (keyword, mut said) in keywords {
        if let (true, "enum", Some(values)) = (is_nullable, &*keyword, said.as_array_mut()) {
            values.push(Value::Null);
        }
        schema.insert(keyword, said);
    }
}

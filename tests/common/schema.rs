//! Does a frame look like its JSON Schema in the AsyncAPI document says? Written for the part of
//! JSON Schema that the document uses, and stricter: what it does not mention must not be there, and
//! a keyword that is not known here is a complaint, so that nothing passes unread.

use std::collections::BTreeSet;

use serde_json::Value;
use vestnik::domain::Emoji;
use vestnik::domain::emoji::EMOJI_PATTERN;

/// Why a frame does not fit.
pub(crate) type Complaint = String;

/// Whose frame it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// The schemas of an AsyncAPI document.
#[derive(Clone, Debug)]
pub(crate) struct Schemas(Value);

type Checked = Result<(), Complaint>;

impl Schemas {
    pub(crate) fn of(document: Value) -> Self {
        Self(document)
    }

    /// The messages of one side, by name.
    pub(crate) fn messages(&self, side: Side) -> impl Iterator<Item = (&String, &Value)> {
        let messages = self.0["components"]["messages"].as_object().unwrap();
        messages.iter().filter(move |(name, _)| name.starts_with(&format!("{side:?}")))
    }

    /// Checks a frame; one of a client without a type is a `send`.
    pub(crate) fn check(&self, side: Side, frame: &Value) -> Checked {
        let kind = match (&frame["type"], side) {
            (Value::Null, Side::Client) => "send",
            (kind, _) => kind.as_str().ok_or("it has no type")?,
        };
        let (_, message) = self
            .messages(side)
            .find(|(_, message)| message["name"] == kind)
            .ok_or_else(|| format!("there is no frame of type {kind} of the {side:?}"))?;
        self.fits(&message["payload"], frame)
            .map_err(|complaint| format!("{complaint} in {frame}"))
    }

    fn resolve(&self, reference: &str) -> &Value {
        let found = self.0.pointer(reference.trim_start_matches('#'));
        found.unwrap_or_else(|| panic!("{reference} is not there"))
    }

    /// It is as the schema says and has nothing else.
    fn fits(&self, schema: &Value, value: &Value) -> Checked {
        self.is_as_said(schema, value)?;
        let (Some(known), Value::Object(members)) = (self.mentioned(schema), value) else {
            return Ok(());
        };
        match members.keys().find(|name| !known.contains(*name)) {
            Some(name) => Err(format!("{name} is not mentioned")),
            None => Ok(()),
        }
    }

    /// The properties that it mentions; `None` if its parts say that themselves.
    fn mentioned(&self, schema: &Value) -> Option<BTreeSet<String>> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.mentioned(self.resolve(reference));
        }
        if schema.get("oneOf").is_some() {
            return None;
        }
        let own = schema["properties"].as_object().into_iter().flat_map(|own| own.keys().cloned());
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let of_parts = parts.filter_map(|part| self.mentioned(part)).flatten();
        Some(own.chain(of_parts).collect())
    }

    fn is_as_said(&self, schema: &Value, value: &Value) -> Checked {
        for (keyword, said) in schema.as_object().unwrap() {
            self.keyword(keyword, said, value)?;
        }
        Ok(())
    }

    fn keyword(&self, keyword: &str, said: &Value, value: &Value) -> Checked {
        match keyword {
            "description" | "default" => Ok(()),
            "$ref" => self.is_as_said(self.resolve(said.as_str().unwrap()), value),
            "allOf" => list(said).try_for_each(|part| self.is_as_said(part, value)),
            "oneOf" => match list(said).filter(|one| self.fits(one, value).is_ok()).count() {
                1 => Ok(()),
                count => Err(format!("{value} is {count} of what it may be")),
            },
            "type" => must(is_one_of(said, value), || format!("{value} is no {said}")),
            "enum" => {
                must(list(said).any(|one| one == value), || format!("{value} is none of {said}"))
            }
            "required" => list(said).try_for_each(|name| {
                must(value.get(name.as_str().unwrap()).is_some(), || format!("{name} is missing"))
            }),
            "properties" => said.as_object().unwrap().iter().try_for_each(|(name, property)| {
                let there = value.get(name);
                let fits = there.map_or(Ok(()), |there| self.fits(property, there));
                fits.map_err(|complaint| format!("{name}: {complaint}"))
            }),
            "items" => list(value).try_for_each(|item| self.fits(said, item)),
            _ => bound(keyword, said, value),
        }
    }
}

/// The keywords about one string or number.
fn bound(keyword: &str, said: &Value, value: &Value) -> Checked {
    let text = value.as_str();
    let chars = || text.map(|text| text.chars().count() as u64);
    let holds = match (keyword, said.as_str()) {
        ("format", Some("int64")) => value.is_i64() || !value.is_number(),
        ("format", Some("date-time")) => text.is_none_or(is_time),
        ("pattern", Some(r"^[^\x00]*$")) => text.is_none_or(|text| !text.contains('\0')),
        ("pattern", Some(pattern)) if *pattern == **EMOJI_PATTERN => {
            text.is_none_or(|text| Emoji::parse(text).is_ok())
        }
        ("pattern", Some("^[!-~]+$")) => text.is_none_or(is_visible_ascii),
        ("minimum", _) => value.as_i64().is_none_or(|number| Some(number) >= said.as_i64()),
        ("minLength", _) => chars().is_none_or(|chars| Some(chars) >= said.as_u64()),
        ("maxLength", _) => chars().is_none_or(|chars| Some(chars) <= said.as_u64()),
        _ => return Err(format!("{keyword} {said} is not known to the test")),
    };
    must(holds, || format!("{value} is beyond {keyword} {said}"))
}

fn must(holds: bool, complaint: impl Fn() -> Complaint) -> Checked {
    if holds { Ok(()) } else { Err(complaint()) }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_one_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not known to the test"),
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

/// RFC 3339, UTC, to the microsecond.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000000Z"
}

fn is_visible_ascii(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic())
}

//! What the attributes of the handlers do not say: what all operations have in common, what requests
//! may hold, and how a change looks to a program that generates types.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::openapi::bounds::{bound, enumerate};

const PARTS: &str = "#/components/schemas/";
const METHODS: [&str; 6] = ["get", "head", "put", "post", "patch", "delete"];
/// Answers whose `type` is a media type.
const FILES: [&str; 2] = ["Attachment", "Uploaded"];

/// Paths that are other names of one that is described, and what their operation is called.
const OTHER_NAMES: [(&str, &str, &str); 2] = [
    ("/healthz", "/api/health", "healthz"),
    ("/readyz", "/api/ready", "readyz"),
];

/// The document as it is served.
pub(super) fn complete(mut document: Value) -> Value {
    for (other, path, name) in OTHER_NAMES {
        let mut item = document["paths"][path].clone();
        item["get"]["operationId"] = name.into();
        document["paths"][other] = item;
    }
    document["servers"] = json!([{"url": "/", "description": "This server"}]);
    each_operation(&mut document, |path, method, operation| {
        identify(operation);
        name_body(operation);
        bound_parameters(operation);
        answer(path, method, operation);
    });
    let mut schemas = document["components"]["schemas"].take();
    spell_out_changes(&mut schemas);
    let requests = requests(&document);
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        each_property(schema, |field, property| {
            if requests.contains(name) {
                plain_id(property);
                bound(field, property);
            } else {
                let is_media = field == "type" && FILES.contains(&name.as_str());
                if !is_media {
                    enumerate(field, property);
                }
            }
        });
        // Beside files there may be no text.
        if requests.contains(name) && schema["properties"].get("uploads").is_some() {
            schema["properties"]["content"]["minLength"] = json!(0);
        }
    }
    // It stands where it is used.
    remove(&mut schemas, "Id");
    document["components"]["schemas"] = schemas;
    document
}

/// Calls `with` the path, the method and the operation, for each.
fn each_operation(document: &mut Value, mut with: impl FnMut(&str, &str, &mut Value)) {
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                with(path, method, operation);
            }
        }
    }
}

/// Each resource has a `list`, but ids are unique.
fn identify(operation: &mut Value) {
    if let (Some(tag), Some(id)) =
        (operation["tags"][0].as_str(), operation["operationId"].as_str())
    {
        operation["operationId"] = format!("{tag}_{id}").into();
    }
}

/// A body that may be left away is still an object where it is there.
fn name_body(operation: &mut Value) {
    let Some(body) = operation.get_mut("requestBody") else {
        return;
    };
    // A file is no JSON.
    let Some(content) = body["content"].get_mut("application/json") else {
        return;
    };
    let schema = &mut content["schema"];
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    if let Some(named) = choices.filter_map(referred).next().map(reference) {
        *schema = named;
        body["required"] = false.into();
    }
}

fn bound_parameters(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let schema = &mut parameter["schema"];
        // A parameter is left away; it cannot be null.
        if let Some(kinds) = schema["type"].as_array() {
            schema["type"] = kinds.iter().find(|kind| *kind != "null").cloned().into();
        }
        bound(&name, schema);
    }
}

/// The answers that are failures, besides those that the handler names. What there is of them follows
/// from what the operation takes.
fn answer(path: &str, method: &str, operation: &mut Value) {
    let is_open = operation["security"] == json!([{}]);
    let has_body = operation.get("requestBody").is_some();
    // Any request can be one that cannot be read, or come too often, or to a server that is busy.
    let mut statuses = BTreeSet::from([400, 429, 503]);
    if !is_open {
        statuses.extend([401, 403]);
    }
    if has_body {
        statuses.extend([401, 403, 408, 413, 415]);
    }
    if path.contains('{') || has_body {
        statuses.insert(404);
    }
    if method != "get" {
        statuses.insert(409);
    }
    let answers = &mut operation["responses"];
    for (status, response) in answers.as_object_mut().into_iter().flatten() {
        response["description"] = reason(status).into();
    }
    for status in statuses {
        let status = status.to_string();
        if answers.get(&status).is_none() {
            answers[&status] = failure(reason(&status), &status);
        }
    }
    answers["default"] = failure("Refused or failed; `code` says why.", "");
}

fn reason(status: &str) -> &'static str {
    let status: Option<StatusCode> = status.parse().ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}

fn failure(description: &str, status: &str) -> Value {
    let problem = reference("Problem");
    let content = json!({"application/json": {"schema": problem}});
    match status {
        "429" | "503" => json!({
            "description": description,
            "headers": {"Retry-After": {
                "description": "Seconds until the same request may succeed.",
                "schema": {"type": "integer", "minimum": 0},
            }},
            "content": content,
        }),
        _ => json!({"description": description, "content": content}),
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("{PARTS}{name}")})
}

/// What a reference to a schema names.
fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(PARTS)
}

/// The schemas that are bodies of requests.
fn requests(document: &Value) -> BTreeSet<String> {
    let items = document["paths"].as_object().into_iter().flat_map(Map::values);
    let operations = items.flat_map(|item| METHODS.iter().filter_map(|method| item.get(method)));
    let schema = |operation: &Value| {
        referred(&operation["requestBody"]["content"]["application/json"]["schema"])
            .map(str::to_owned)
    };
    operations.filter_map(schema).collect()
}

/// Calls `with` the name and the schema of each property, also of the parts that it is made of.
fn each_property(schema: &mut Value, mut with: impl FnMut(&str, &mut Value)) {
    let mut own = |schema: &mut Value| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            with(name, property);
        }
    };
    own(schema);
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    parts.into_iter().flatten().for_each(own);
}

/// An id as a plain number: a generator makes a type of its own of each reference.
fn plain_id(property: &mut Value) {
    let is_id = |schema: &Value| referred(schema) == Some("Id");
    let description = |schema: &Value| schema.get("description").cloned();
    let choice = property["oneOf"]
        .as_array()
        .and_then(|choices| choices.iter().find(|one| is_id(one)));
    let (kind, said) = match choice {
        Some(choice) => (json!(["integer", "null"]), description(choice)),
        None if is_id(property) => (json!("integer"), description(property)),
        None => return,
    };
    *property = json!({"type": kind, "format": "int64", "minimum": 1});
    if let Some(said) = said {
        property["description"] = said;
    }
}

fn remove(schemas: &mut Value, name: &str) -> Value {
    schemas
        .as_object_mut()
        .and_then(|schemas| schemas.remove(name))
        .unwrap_or_default()
}

/// A change is one of several objects, which its `type` tells apart. Each gets a name, and properties
/// of its own: generators understand neither a choice without names nor one of sums.
fn spell_out_changes(schemas: &mut Value) {
    let change = remove(schemas, "Change");
    let (mut choices, mut mapping) = (Vec::new(), Map::new());
    for variant in change["oneOf"].as_array().into_iter().flatten() {
        let frame = flat(variant, schemas);
        let kind = frame["properties"]["type"]["enum"][0].as_str().unwrap_or_default();
        let (first, rest) = kind.split_at_checked(1).unwrap_or_default();
        let name = format!("{}{rest}Frame", first.to_uppercase());
        choices.push(reference(&name));
        mapping.insert(kind.to_owned(), format!("{PARTS}{name}").into());
        schemas[&name] = frame;
    }
    schemas["Change"] = json!({
        "description": "Something that happened to a chat. It has taken one `seq`.",
        "oneOf": choices,
        "discriminator": {"propertyName": "type", "mapping": mapping},
    });
}

/// A sum of objects as one object.
fn flat(schema: &Value, schemas: &Value) -> Value {
    if let Some(name) = referred(schema) {
        return flat(&schemas[name], schemas);
    }
    let Some(parts) = schema["allOf"].as_array() else {
        return schema.clone();
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts.iter().map(|part| flat(part, schemas)) {
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    json!({
        "type": "object",
        "description": schema["description"],
        "required": required,
        "properties": properties,
    })
}

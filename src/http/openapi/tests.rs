use std::collections::BTreeSet;

use actix_web::App;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service};

use super::*;

/// Path, method and the rest of all operations.
fn operations() -> Vec<(String, Method, Value)> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let method = method.to_uppercase().parse().unwrap_or(Method::TRACE);
            operations.push((path.clone(), method, operation.clone()));
        }
    }
    assert!(operations.len() > 50, "the document has operations: {}", operations.len());
    operations
}

#[actix_web::test]
async fn what_is_documented_is_there() {
    let app = init_service(App::new().configure(crate::http::configure)).await;
    for (path, method, _) in operations() {
        let uri = path.replace("{id}", "1").replace("{user_id}", "1");
        let request = TestRequest::with_uri(&uri).method(method.clone()).to_request();
        // Without an engine nothing is served, but it is found.
        let status = call_service(&app, request).await.status();
        let missing = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(!missing.contains(&status), "{method} {path}: {status}");
    }
}

/// What is for browsers, for sockets, or describes the rest.
const NOT_DOCUMENTED: [&str; 6] = [
    "/",
    "/ws",
    "/api/openapi.json",
    "/api/asyncapi.json",
    "/api/docs",
    "/api/docs/{file:.*}",
];

/// The paths and methods in the source of the routes.
fn routes() -> BTreeSet<String> {
    let source = include_str!("../routes.rs");
    let (_, source) = source.split_once("fn all()").unwrap_or_default();
    let (source, _) = source.split_once("\n}\n").unwrap_or_default();
    let mut routes = BTreeSet::new();
    for resource in source.split(".service(at(").skip(1) {
        let path = resource.split('"').nth(1).unwrap_or_default();
        for name in ["get", "head", "put", "post", "patch", "delete"] {
            let call = format!("{name}(");
            let is_called = resource.match_indices(&call).any(|(at, _)| {
                let before = resource[..at].chars().next_back();
                before.is_some_and(|c| !c.is_alphanumeric() && c != '_')
            });
            if is_called && !NOT_DOCUMENTED.contains(&path) {
                routes.insert(format!("{} {path}", name.to_uppercase()));
            }
        }
    }
    routes
}

#[test]
fn what_is_there_is_documented() {
    let documented = operations().into_iter().map(|(path, method, _)| format!("{method} {path}"));
    assert_eq!(routes(), documented.collect());
}

#[test]
fn every_operation_says_how_it_is_refused() {
    for (path, method, operation) in operations() {
        let answers = operation["responses"].as_object().cloned().unwrap_or_default();
        let refused = answers.iter().filter(|(status, _)| status.starts_with('4'));
        assert!(refused.clone().count() > 0, "{method} {path}");
        for (status, answer) in refused {
            let schema = &answer["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{method} {path} {status}");
        }
        assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
    }
}

/// The bodies of requests, by name.
fn bodies() -> Vec<(String, Value)> {
    let schemas = document()["components"]["schemas"].take();
    let of = |operation: &Value| {
        let body = operation.get("requestBody")?;
        let name = body["content"]["application/json"]["schema"]["$ref"].as_str()?;
        let name = name.rsplit('/').next()?.to_owned();
        let schema = schemas[&name].clone();
        Some((name, schema))
    };
    operations().iter().filter_map(|(_, _, operation)| of(operation)).collect()
}

fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind
        || schema["type"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|one| one == kind))
}

/// Has it a bound where it needs one?
fn assert_bounded(place: &str, schema: &Value) {
    let has = |keyword: &str| schema.get(keyword).is_some();
    if is(schema, "string") {
        let is_bounded =
            ["maxLength", "enum", "format", "pattern"].iter().any(|keyword| has(keyword));
        assert!(is_bounded, "{place} has no bound; give its name one in bounds.rs");
    } else if is(schema, "integer") {
        assert!(has("minimum") && has("maximum"), "{place}: {schema}");
    } else if is(schema, "array") {
        assert!(has("maxItems"), "{place}: {schema}");
        assert_bounded(place, &schema["items"]);
    } else if is(schema, "object") {
        assert!(has("maxProperties"), "{place}: {schema}");
        assert_bounded(place, &schema["additionalProperties"]);
    } else {
        assert!(is(schema, "boolean"), "{place} is of no known type: {schema}");
    }
}

#[test]
fn every_field_and_parameter_of_a_request_is_bounded() {
    let bodies = bodies();
    assert!(bodies.len() > 15, "the test finds them");
    for (name, schema) in bodies {
        assert_eq!(schema["type"], "object", "{name}: a body is an object");
        assert_eq!(schema["additionalProperties"], false, "{name}: unknown fields are refused");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            assert_bounded(&format!("{name}.{field}"), property);
        }
    }
    for (path, method, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let place = format!("{method} {path} {}", parameter["name"]);
            assert!(!is(&parameter["schema"], "null"), "{place}: a parameter is never null");
            assert_bounded(&place, &parameter["schema"]);
        }
    }
}

#[test]
fn a_change_is_one_of_several_objects_that_its_type_tells_apart() {
    let schemas = document()["components"]["schemas"].take();
    let change = &schemas["Change"];
    let mapping = change["discriminator"]["mapping"].as_object().cloned().unwrap_or_default();
    assert_eq!(change["oneOf"].as_array().map(Vec::len), Some(mapping.len()));
    assert!(mapping.len() >= 7, "{mapping:?}");
    for (kind, name) in mapping {
        let name = name.as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
        let frame = &schemas[name];
        assert_eq!(frame["properties"]["type"]["enum"], json!([kind]), "{name}");
        assert_eq!(frame["type"], "object", "{name}");
        assert!(frame["properties"]["seq"].is_object(), "{name}: {frame}");
    }
}

#[test]
fn what_is_one_of_few_is_enumerated() {
    let schemas = document()["components"]["schemas"].take();
    for (schema, field, values) in [
        ("Membership", "role", json!(["guest", "member", "admin", "owner", null])),
        ("MemberChange", "role", json!(["guest", "member", "admin", "owner"])),
        ("Member", "role", json!(["guest", "member", "admin", "owner"])),
        ("NewChat", "type", json!(["private", "group"])),
        ("CreatedChat", "type", json!(["private", "group", "general"])),
        ("RecentChat", "state", json!(["unchanged", "changed", "reset"])),
    ] {
        assert_eq!(schemas[schema]["properties"][field]["enum"], values, "{schema}.{field}");
    }
}

#[test]
fn whoever_reads_the_document_finds_the_server() {
    assert_eq!(document()["servers"][0]["url"], "/");
}

#[test]
fn the_first_part_of_every_path_is_taken() {
    let document = document();
    for path in document["paths"].as_object().unwrap().keys() {
        let first = path.split('/').nth(1).unwrap();
        assert!(crate::config::OWN_NAMES.contains(&first), "{path}");
    }
}

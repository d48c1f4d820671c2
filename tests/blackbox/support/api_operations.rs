//! Every operation there is, from the server's own document, so that a test of all routes forgets none.

use serde_json::json;

use super::TestNode;

/// An operation as the OpenAPI document has it.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// `GET`, `POST` …
    pub(crate) method: String,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// Does it take a body?
    pub(crate) has_body: bool,
    /// May strangers ask it?
    pub(crate) is_open: bool,
}

/// All of them, by path.
pub(crate) async fn operations(node: &TestNode) -> Vec<Operation> {
    let document = node.nobody().get("/api/openapi.json").await.is(200);
    let paths = document["paths"].as_object().expect("paths");
    let methods = ["get", "post", "put", "patch", "delete"];
    let of_path = |(path, item): (&String, &serde_json::Value)| {
        let there = methods.iter().filter_map(|method| {
            let operation = item.get(*method)?;
            Some(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                has_body: operation.get("requestBody").is_some(),
                is_open: [json!([{}]), json!([])].contains(&operation["security"]),
            })
        });
        there.collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

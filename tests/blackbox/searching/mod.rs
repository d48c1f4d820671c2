//! Finding what was said: the same on both stores, at once, and only what one may read.

mod corpus;
mod indexing;
mod queries;
mod searching_rights;

use crate::support::*;

/// The answer to a query, which must be one, as soon as its pace allows it.
pub(super) async fn answer(user: &TestClient, query: &str) -> Value {
    let allowed = || async {
        let answer = ask(user, query, "").await;
        (answer.status != 429).then_some(answer)
    };
    eventually("another search to be allowed", allowed).await.is(200)
}

/// The answer to a query with more parameters.
pub(super) async fn ask(user: &TestClient, query: &str, more: &str) -> Answer {
    let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    user.get(&format!("/api/search?q={query}{more}")).await
}

/// What was found, by its text.
pub(super) async fn found(user: &TestClient, query: &str) -> Vec<String> {
    texts(&answer(user, query).await)
}

pub(super) fn texts(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().expect("results");
    let text = |result: &Value| result["message"]["content"].as_str().expect("a text").to_owned();
    results.iter().map(text).collect()
}

/// Waits until the index has everything.
pub(super) async fn everything_is_indexed(setup: &Setup) {
    let behind = "SELECT count(*) FROM conversations c WHERE head_seq > COALESCE((SELECT seq FROM follower_positions p \
                  WHERE p.conversation_id = c.id AND p.follower = 'search'), 0)";
    let is_done = || async { (setup.number(behind).await == 0).then_some(()) };
    eventually("everything to be indexed", is_done).await;
}

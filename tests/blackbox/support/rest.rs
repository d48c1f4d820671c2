//! A client of the REST routes.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::node::TestNode;
use super::socket::TestSocket;
use super::within;

/// One person, or nobody, at one node.
#[derive(Clone, Debug)]
pub(crate) struct TestClient {
    node: TestNode,
    pub(crate) id: i64,
    pub(crate) token: Option<String>,
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl TestClient {
    pub(crate) fn new(node: TestNode) -> Self {
        Self {
            node,
            id: 0,
            token: None,
        }
    }

    /// The same client as the one whom the answer of `POST /auth` names.
    pub(crate) fn signed_in(&self, answer: &Value) -> Self {
        Self {
            node: self.node.clone(),
            id: answer["user_id"].as_i64().expect("a user_id"),
            token: Some(answer["token"].as_str().expect("a token").to_owned()),
        }
    }

    /// The same client with something else for a token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same person at another node.
    pub(crate) fn at(&self, node: &TestNode) -> Self {
        Self {
            node: node.clone(),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, Some(body.to_string()), &[]).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path, Some(body.to_string()), &[]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path, Some(body.to_string()), &[]).await
    }

    pub(crate) async fn delete(&self, path: &str, body: Value) -> Answer {
        self.request(Method::DELETE, path, Some(body.to_string()), &[]).await
    }

    /// Any request, any bytes, with more headers.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let what = format!("{method} {path}");
        let mut request = self.node.http().request(method, self.node.url(path));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let response =
            within(&what, request.send()).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: within(&what, response.text()).await.unwrap_or_else(|e| panic!("{what}: {e}")),
            request: what,
        }
    }

    /// A request with a file as its body, and the bytes that come back.
    pub(crate) async fn bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> (Answer, Vec<u8>) {
        let what = format!("{method} {path}");
        let mut request = self.node.http().request(method, self.node.url(path));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response =
            within(&what, request.send()).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = within(&what, response.bytes()).await.expect("the body").to_vec();
        let answer = Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            request: what,
        };
        (answer, bytes)
    }

    /// Uploads a file in one go.
    pub(crate) async fn try_upload(&self, name: &str, bytes: &[u8]) -> Answer {
        let name = url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>();
        let path = format!("/api/files?name={name}");
        self.bytes(Method::POST, &path, Some(bytes.to_vec()), &[]).await.0
    }

    /// Uploads a file in one go; its `upload_id`.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8]) -> String {
        let uploaded = self.try_upload(name, bytes).await.is(201);
        uploaded["upload_id"].as_str().expect("an upload_id").to_owned()
    }

    /// Says something with files.
    pub(crate) async fn try_carry(&self, chat: i64, content: &str, uploads: &[&str]) -> Answer {
        let body = json!({"content": content, "uploads": uploads});
        self.post(&format!("/api/chats/{chat}/messages"), body).await
    }

    /// A POST to a server that may not be there: none if it does not answer.
    pub(crate) async fn try_post(&self, path: &str, body: Value) -> Option<Answer> {
        let request = self.node.http().post(self.node.url(path)).bearer_auth(self.token.as_ref()?);
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let response = request.send().await.ok()?;
        Some(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.ok()?,
            request: path.to_owned(),
        })
    }

    /// A new chat, by its id.
    pub(crate) async fn create_chat(&self, kind: &str, name: &str) -> i64 {
        let chat = self.post("/createChat", json!({"type": kind, "name": name})).await.is(201);
        chat["id"].as_i64().expect("a chat's id")
    }

    /// A new group with these members, by its id.
    pub(crate) async fn create_group(&self, members: &[&TestClient]) -> i64 {
        let chat = self.create_chat("group", "a group").await;
        for member in members {
            self.add(chat, member, "member").await.is(201);
        }
        chat
    }

    pub(crate) async fn add(&self, chat: i64, user: &TestClient, role: &str) -> Answer {
        let body = json!({"conversation_id": chat, "user_id": user.id, "role": role});
        self.post("/addMember", body).await
    }

    pub(crate) async fn remove(&self, chat: i64, user: &TestClient) -> Answer {
        let body = json!({"conversation_id": chat, "user_id": user.id});
        self.delete("/removeMember", body).await
    }

    /// Says something over REST under a key.
    pub(crate) async fn say(&self, chat: i64, content: &str, key: &str) -> Answer {
        let body = json!({"content": content, "client_msg_id": key});
        self.post(&format!("/api/chats/{chat}/messages"), body).await
    }

    /// Says something over REST without a key; the message.
    pub(crate) async fn said(&self, chat: i64, content: &str) -> Value {
        let body = json!({"content": content});
        self.post(&format!("/api/chats/{chat}/messages"), body).await.is(201)
    }

    /// The newest page of a chat.
    pub(crate) async fn history(&self, chat: i64) -> Vec<Value> {
        let page = self.get(&format!("/api/chats/{chat}/messages?limit=200")).await.is(200);
        page["messages"].as_array().expect("messages").clone()
    }

    /// A socket bound to `chat`.
    pub(crate) async fn socket(&self, chat: i64) -> TestSocket {
        self.try_socket(chat)
            .await
            .unwrap_or_else(|refused| panic!("chat {chat}: {refused:?}"))
    }

    /// A socket for all chats.
    pub(crate) async fn any_socket(&self) -> TestSocket {
        let bearer = self.bearer();
        self.node()
            .try_socket("/ws", &[("Authorization", bearer.as_str())])
            .await
            .expect("a socket")
    }

    /// The same, or how the server refused it.
    pub(crate) async fn try_socket(&self, chat: i64) -> Result<TestSocket, Answer> {
        let path = format!("/ws?chat_id={chat}&user_id={}", self.id);
        let bearer = self.bearer();
        self.node.try_socket(&path, &[("Authorization", &bearer)]).await
    }

    /// The value of the `Authorization` header.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token.as_deref().unwrap_or("nobody"))
    }

    pub(crate) fn node(&self) -> &TestNode {
        &self.node
    }
}

impl Answer {
    /// The JSON of an answer with this status; `null` if it has no body.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} answered: {}", self.request, self.text);
        if self.text.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// An error of the documented shape, with this status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        let request = self.request.clone();
        let body = self.is(status);
        assert_eq!(body["code"], code, "{request} answered: {body}");
        assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{request}: {body}");
        body
    }

    /// The body.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} answered no JSON: {}", self.request, self.text))
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The names of a JSON object's members, sorted.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    let members = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    let mut keys: Vec<_> = members.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

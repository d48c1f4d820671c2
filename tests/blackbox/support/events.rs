//! A client of `GET /api/events`, as a browser's `EventSource` reads it.

use reqwest::Response;
use serde_json::Value;

use super::rest::{Answer, TestClient};
use super::within;

/// One open stream.
#[derive(Debug)]
pub(crate) struct TestStream {
    response: Response,
    buffer: Vec<u8>,
    /// The `id` of the last event: what a browser sends when it comes back.
    pub(crate) last: String,
    /// The last `retry`, in milliseconds.
    pub(crate) retry: u64,
    /// Comments so far.
    pub(crate) comments: usize,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl TestStream {
    /// Opens a stream; `Err` is the server's answer if it is none.
    pub(crate) async fn open(
        user: &TestClient,
        query: &str,
        last: Option<&str>,
    ) -> Result<Self, Answer> {
        let path = format!("/api/events{query}");
        let mut request = user.node().http().get(user.node().url(&path));
        if let Some(token) = &user.token {
            request = request.bearer_auth(token);
        }
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = within(&path, request.send()).await.expect("an answer");
        if response.status() != 200 {
            return Err(Answer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                text: within(&path, response.text()).await.expect("a body"),
                request: path,
            });
        }
        Ok(Self {
            response,
            buffer: Vec::new(),
            last: last.unwrap_or_default().to_owned(),
            retry: 0,
            comments: 0,
        })
    }

    /// A header of the answer, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let header = self.response.headers().get(name);
        header.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The next block, up to an empty line; `None` at the end.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            let end = self.buffer.windows(2).position(|two| two == b"\n\n");
            if let Some(end) = end {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(String::from_utf8(block).expect("UTF-8"));
            }
            match within("the stream to say something", self.response.chunk()).await {
                Ok(Some(chunk)) => self.buffer.extend_from_slice(&chunk),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event; `None` at the end.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        loop {
            let (mut name, mut data) = (None, None);
            for line in self.block().await?.lines() {
                match line.split_once(": ") {
                    Some(("event", value)) => name = Some(value.to_owned()),
                    Some(("id", value)) => value.clone_into(&mut self.last),
                    Some(("retry", value)) => self.retry = value.parse().expect("milliseconds"),
                    Some(("data", value)) => {
                        data = Some(serde_json::from_str(value).expect("JSON on one line"));
                    }
                    Some(("", _)) => self.comments += 1,
                    _ => assert_eq!(line, "", "no line of an event stream"),
                }
            }
            if let (Some(name), Some(data)) = (name, data) {
                return Some(Event { name, data });
            }
        }
    }

    /// The next event of this name; those before it are passed over.
    pub(crate) async fn next(&mut self, name: &str) -> Value {
        loop {
            let event = self.event().await;
            let event = event.unwrap_or_else(|| panic!("the stream ended before {name}"));
            if event.name == name {
                return event.data;
            }
        }
    }

    /// The next `opened` of this chat: its changes by `seq`, and whether all was to be forgotten.
    pub(crate) async fn opened(&mut self, chat: i64) -> (Vec<i64>, bool) {
        let mut seqs = Vec::new();
        loop {
            let step = self.next("opened").await;
            if step["chat_id"] != chat {
                continue;
            }
            let changes = step["changes"].as_array().expect("changes");
            seqs.extend(changes.iter().map(|change| change["seq"].as_i64().expect("a seq")));
            if step["more"].is_null() {
                return (seqs, step["reset"] == true);
            }
        }
    }

    /// Reads to the end: the events before it, and the code that it ended with.
    pub(crate) async fn closed(&mut self) -> (Vec<Event>, Option<u64>) {
        let mut events = Vec::new();
        while let Some(event) = self.event().await {
            if event.name == "close" {
                assert!(self.event().await.is_none(), "nothing comes behind the end");
                return (events, event.data["code"].as_u64());
            }
            events.push(event);
        }
        (events, None)
    }
}

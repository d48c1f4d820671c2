//! Three real wscat terminals in one chat: what one types, all three show.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::support::tools::{need, wscat};
use crate::support::*;

on_both_stores! {
    three_wscat_terminals_show_what_one_types,
    wscat_signs_in_with_a_header,
}

/// One wscat in a terminal of its own.
struct Terminal {
    _child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl Terminal {
    /// Runs `wscat` with these arguments, as a shell would read them; connected when it returns.
    async fn open(wscat: &Path, arguments: &str) -> Self {
        // util-linux's `script` gives it a terminal, so that it behaves as before a person.
        let mut child = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command"])
            .arg(format!("{} {arguments}", wscat.display()))
            .arg("/dev/null")
            .env("TERM", "xterm")
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a terminal");
        let mut terminal = Self {
            keyboard: child.stdin.take().expect("a keyboard"),
            screen: child.stdout.take().expect("a screen"),
            shown: String::new(),
            _child: child,
        };
        terminal.shows("Connected (press CTRL+C to quit)").await;
        terminal
    }

    async fn types(&mut self, line: &str) {
        // Enter is a carriage return.
        let keys = format!("{line}\r");
        self.keyboard.write_all(keys.as_bytes()).await.expect("a live terminal");
        self.keyboard.flush().await.expect("a live terminal");
    }

    /// Waits until `text` stands on the screen.
    async fn shows(&mut self, text: &str) {
        let waiting = tokio::time::timeout(PATIENCE, async {
            while !self.shown.contains(text) {
                let mut bytes = [0; 4_096];
                let read = self.screen.read(&mut bytes).await.expect("a live terminal");
                self.shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
                assert_ne!(read, 0, "the terminal closed:\n{}", self.shown);
            }
        });
        if waiting.await.is_err() {
            panic!("waited in vain for {text:?} on the screen:\n{}", self.shown);
        }
    }

    /// Waits for a message, as wscat shows what comes in.
    async fn shows_message(&mut self, user: &str, content: &str) {
        self.shows(&format!(r#""username":"{user}","content":"{content}""#)).await;
    }
}

async fn three_wscat_terminals_show_what_one_types(setup: Setup) {
    let name = "three wscat terminals";
    let Some(wscat) = need(name, "script").and_then(|_| wscat(name)) else {
        return;
    };
    let node = setup.node(&["--trust"]).await;
    let port = node.address().port();
    for name in ["testuser1", "testuser2", "testuser3"] {
        let email = format!("{name}@example.com");
        let account = json!({"username": name, "password": "secret", "email": email});
        node.nobody().post("/register", account).await.is(201);
    }
    let mut terminals = Vec::new();
    for user in 1..=3 {
        let url = format!(r#"-c "ws://localhost:{port}/ws?chat_id=1&user_id={user}""#);
        terminals.push(Terminal::open(&wscat, &url).await);
    }
    terminals[0].types(r#"{"content": "Сообщение"}"#).await;
    for terminal in &mut terminals {
        terminal.shows_message("testuser1", "Сообщение").await;
    }
    terminals[2].types(r#"{"content": "Ответ"}"#).await;
    for terminal in &mut terminals {
        terminal.shows_message("testuser3", "Ответ").await;
    }
    node.nobody()
        .post("/api/messages", json!({"sequence": 1, "text": "Hello, World!"}))
        .await
        .is(200);
    for terminal in &mut terminals {
        terminal.shows(r#""content":"Hello, World!""#).await;
    }
}

async fn wscat_signs_in_with_a_header(setup: Setup) {
    let name = "a wscat terminal";
    let Some(wscat) = need(name, "script").and_then(|_| wscat(name)) else {
        return;
    };
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let port = node.address().port();
    let mut terminals = Vec::new();
    for user in [&alice, &bob] {
        let url = format!("ws://localhost:{port}/ws?chat_id={chat}&user_id={}", user.id);
        let arguments = format!(r#"-H "Authorization: {}" -c "{url}""#, user.bearer());
        terminals.push(Terminal::open(&wscat, &arguments).await);
    }
    terminals[1].types(r#"{"content": "Сообщение"}"#).await;
    for terminal in &mut terminals {
        terminal.shows_message("bob", "Сообщение").await;
    }
    alice.remove(chat, &bob).await.is(204);
    terminals[1].shows("Disconnected (code: 4503").await;
}

//! Every route, and what it answers to everybody: the status of a success, or the code of a refusal.
//!
//! `$chat` is the chat in which everybody is in their role, `$mine` a message there of whoever asks (if
//! they have none, somebody else's), `$theirs` somebody else's, `$elsewhere` one of a chat in which only
//! somebody else is. `$me` asks, `$other` is a member of the chat, `$spare` is nobody's acquaintance.

/// A request with ids, and its answers to [everybody](super::callers::EVERYBODY).
#[derive(Clone)]
pub(super) struct Row {
    pub(super) operation: &'static str,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
    /// Does a success leave another chat?
    pub(super) changes: bool,
    /// Does a success end the token that it comes with?
    pub(super) signs_out: bool,
    pub(super) answers: [&'static str; 10],
}

impl Row {
    /// Is it about the chat, and about nothing else of which somebody else may know?
    pub(super) fn is_of_a_chat(&self) -> bool {
        self.path.contains("$chat") || self.body.contains("$chat")
    }

    fn changing(self) -> Self {
        Self {
            changes: true,
            ..self
        }
    }

    fn signing_out(self) -> Self {
        Self {
            signs_out: true,
            ..self
        }
    }
}

const U: &str = "unauthenticated";
const C: &str = "chat_not_found";
const M: &str = "message_not_found";
const F: &str = "forbidden";
const R: &str = "read_only";

fn row(
    operation: &'static str,
    path: &'static str,
    body: &'static str,
    answers: [&'static str; 10],
) -> Row {
    Row {
        operation,
        path,
        body,
        changes: false,
        signs_out: false,
        answers,
    }
}

/// Of a chat: guest, member, member and administrator, admin, owner. To everybody else it does not
/// exist.
fn chat(
    operation: &'static str,
    path: &'static str,
    body: &'static str,
    [guest, member, inside, admin, owner]: [&'static str; 5],
) -> Row {
    row(operation, path, body, [U, U, C, C, C, guest, member, inside, admin, owner])
}

/// For everybody who is signed in.
fn signed_in(
    operation: &'static str,
    path: &'static str,
    body: &'static str,
    answer: &'static str,
) -> Row {
    let a = answer;
    row(operation, path, body, [U, U, a, a, a, a, a, a, a, a])
}

/// For administrators.
fn managed(
    operation: &'static str,
    path: &'static str,
    body: &'static str,
    answer: &'static str,
) -> Row {
    row(operation, path, body, [U, U, F, F, answer, F, F, answer, F, F])
}

/// An operation, its body, and the answer.
pub(super) type Open = (&'static str, &'static str, &'static str);

/// What strangers may ask is the same for everybody, even with a token that is good no more.
pub(super) const OPEN: [Open; 7] = [
    (
        "POST /register",
        r#"{"username":"$new","password":"secret","email":"$new@example.com"}"#,
        "201",
    ),
    (
        "POST /auth",
        r#"{"username":"spare","password":"wrong it is"}"#,
        "wrong_credentials",
    ),
    ("GET /api/about", "", "200"),
    ("GET /api/health", "", "200"),
    ("GET /api/ready", "", "200"),
    ("GET /healthz", "", "200"),
    ("GET /readyz", "", "200"),
];

/// Of chats and who belongs to them.
pub(super) fn of_chats() -> Vec<Row> {
    [chats(), members(), classic()].concat()
}

/// Of messages and who has read them.
pub(super) fn of_messages() -> Vec<Row> {
    [messages(), files(), marks_on_messages(), reading()].concat()
}

/// Of accounts and what is theirs.
pub(super) fn of_accounts() -> Vec<Row> {
    [accounts(), devices()].concat()
}

fn chats() -> Vec<Row> {
    vec![
        signed_in("GET /api/chats", "/api/chats", "", "200"),
        signed_in("POST /api/chats", "/api/chats", r#"{"type":"group","name":"n"}"#, "201"),
        chat("GET /api/chats/{id}", "/api/chats/$chat", "", ["200"; 5]),
        chat(
            "PATCH /api/chats/{id}",
            "/api/chats/$chat",
            r#"{"name":"n"}"#,
            [F, F, F, "200", "200"],
        ),
        chat("DELETE /api/chats/{id}", "/api/chats/$chat", "", [F, F, F, F, "204"]).changing(),
        signed_in("POST /api/users/{id}/chat", "/api/users/$other/chat", "", "201"),
        signed_in("POST /api/users/{id}/chat", "/api/users/$other/chat", "", "200"),
        signed_in("POST /api/sync", "/api/sync", "{}", "200"),
        signed_in("GET /api/search", "/api/search?q=word", "", "200"),
        chat("GET /api/events", "/api/events?chat_id=$chat", "", ["200"; 5]),
        signed_in("GET /api/events", "/api/events", "", "200"),
    ]
}

fn members() -> Vec<Row> {
    const LIST: &str = "/api/chats/$chat/members";
    const OTHER: &str = "/api/chats/$chat/members/$other";
    const ME: &str = "/api/chats/$chat/members/$me";
    let of = "PATCH /api/chats/{id}/members/{user_id}";
    let leave = "DELETE /api/chats/{id}/members/{user_id}";
    vec![
        chat("GET /api/chats/{id}/members", LIST, "", ["200"; 5]),
        chat(
            "POST /api/chats/{id}/members",
            LIST,
            r#"{"user_id":$spare}"#,
            [F, F, F, "201", "201"],
        )
        .changing(),
        chat(of, OTHER, r#"{"role":"guest"}"#, [F, F, F, "200", "200"]).changing(),
        chat(of, OTHER, r#"{"role":"owner"}"#, [F, F, F, F, "200"]).changing(),
        chat(of, ME, r#"{"role":"owner"}"#, [F, F, F, F, "200"]).changing(),
        chat(leave, OTHER, "", [F, F, F, "204", "204"]).changing(),
        chat(leave, ME, "", ["204", "204", "204", "204", "last_owner"]).changing(),
    ]
}

fn messages() -> Vec<Row> {
    const LIST: &str = "/api/chats/$chat/messages";
    const MINE: &str = "/api/chats/$chat/messages/$mine";
    const THEIRS: &str = "/api/chats/$chat/messages/$theirs";
    const ELSEWHERE: &str = "/api/chats/$chat/messages/$elsewhere";
    const SAY: &str = r#"{"content":"x"}"#;
    let show = "GET /api/chats/{id}/messages/{message_id}";
    let edit = "PATCH /api/chats/{id}/messages/{message_id}";
    let delete = "DELETE /api/chats/{id}/messages/{message_id}";
    vec![
        chat("GET /api/chats/{id}/messages", LIST, "", ["200"; 5]),
        chat("POST /api/chats/{id}/messages", LIST, SAY, [R, "201", "201", "201", "201"]),
        chat(show, THEIRS, "", ["200"; 5]),
        chat(show, ELSEWHERE, "", [M; 5]),
        chat(edit, MINE, SAY, [R, "200", "200", "200", "200"]),
        chat(edit, THEIRS, SAY, [R, F, F, F, F]),
        chat(edit, ELSEWHERE, SAY, [R, M, M, M, M]),
        chat(delete, MINE, "", ["204"; 5]).changing(),
        chat(delete, THEIRS, "", [F, F, F, "204", "204"]).changing(),
        chat(delete, ELSEWHERE, "", [M; 5]),
        chat(
            "GET /api/chats/{id}/messages/{message_id}/versions",
            "/api/chats/$chat/messages/$theirs/versions",
            "",
            [F, F, "200", F, F],
        ),
        chat(
            "GET /api/chats/{id}/messages/{message_id}/versions",
            "/api/chats/$chat/messages/$elsewhere/versions",
            "",
            [F, F, M, F, F],
        ),
    ]
}

fn files() -> Vec<Row> {
    const NO: &str = "file_not_found";
    const V: &str = "wrong_tus_version";
    let file = [U, U, NO, NO, NO, "200", "200", "200", "200", "200"];
    let show = "GET /api/files/{id}";
    vec![
        signed_in("POST /api/files", "/api/files?name=a", "bytes", "201"),
        row(show, "/api/files/$file", "", file),
        signed_in(show, "/api/files/4711000", "", NO),
        signed_in("POST /api/uploads", "/api/uploads", "", V),
        signed_in("PATCH /api/uploads/{id}", "/api/uploads/a", "bytes", V),
        signed_in("DELETE /api/uploads/{id}", "/api/uploads/a", "", V),
    ]
}

/// Reactions and pins.
fn marks_on_messages() -> Vec<Row> {
    const REACTION: &str = "/api/chats/$chat/messages/$theirs/reactions/%F0%9F%91%8D";
    const ELSEWHERE: &str = "/api/chats/$chat/messages/$elsewhere/reactions/%F0%9F%91%8D";
    let react = "PUT /api/chats/{id}/messages/{message_id}/reactions/{emoji}";
    let take_back = "DELETE /api/chats/{id}/messages/{message_id}/reactions/{emoji}";
    let pin = "PUT /api/chats/{id}/pins/{message_id}";
    let unpin = "DELETE /api/chats/{id}/pins/{message_id}";
    vec![
        chat(react, REACTION, "", [R, "204", "204", "204", "204"]),
        chat(take_back, REACTION, "", [R, "204", "204", "204", "204"]),
        chat(react, ELSEWHERE, "", [R, M, M, M, M]),
        chat(take_back, ELSEWHERE, "", [R, M, M, M, M]),
        chat("GET /api/chats/{id}/pins", "/api/chats/$chat/pins", "", ["200"; 5]),
        chat(pin, "/api/chats/$chat/pins/$theirs", "", [F, F, F, "204", "204"]),
        chat(unpin, "/api/chats/$chat/pins/$theirs", "", [F, F, F, "204", "204"]),
        chat(pin, "/api/chats/$chat/pins/$elsewhere", "", [F, F, F, M, M]),
        chat(unpin, "/api/chats/$chat/pins/$elsewhere", "", [F, F, F, M, M]),
    ]
}

fn reading() -> Vec<Row> {
    vec![
        chat("PUT /api/chats/{id}/read", "/api/chats/$chat/read", r#"{"n":1}"#, ["200"; 5]),
        chat(
            "PUT /api/chats/{id}/unread",
            "/api/chats/$chat/unread",
            r#"{"n":1}"#,
            ["200"; 5],
        ),
        chat(
            "PUT /api/chats/{id}/mute",
            "/api/chats/$chat/mute",
            r#"{"muted":true}"#,
            ["204"; 5],
        ),
    ]
}

fn classic() -> Vec<Row> {
    const SPAN: &str = "/api/messages?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
    let member = r#"{"conversation_id":$chat,"user_id":$spare}"#;
    let other = r#"{"conversation_id":$chat,"user_id":$other}"#;
    let me = r#"{"conversation_id":$chat,"user_id":$me}"#;
    let chat_id = r#"{"id":$chat}"#;
    let (add, remove) = ("POST /addMember", "DELETE /removeMember");
    vec![
        signed_in("POST /createChat", "/createChat", r#"{"type":"group","name":"n"}"#, "201"),
        chat("DELETE /deleteChat", "/deleteChat", chat_id, [F, F, F, F, "204"]).changing(),
        chat("DELETE /deleteChat", "/deleteChat?id=$chat", "", [F, F, F, F, "204"]).changing(),
        chat(add, "/addMember", member, [F, F, F, "201", "201"]).changing(),
        chat(remove, "/removeMember", other, [F, F, F, "204", "204"]).changing(),
        chat(remove, "/removeMember", me, ["204", "204", "204", "204", "last_owner"]).changing(),
        signed_in("GET /api/messages", SPAN, "", "200"),
        signed_in("POST /api/messages", "/api/messages", r#"{"text":"to all"}"#, "200"),
    ]
}

fn accounts() -> Vec<Row> {
    const PROOF: &str = "current_password_required";
    const NAME: &str = r#"{"display_name":"A Name"}"#;
    let (change, delete) = ("PATCH /api/users/{id}", "DELETE /api/users/{id}");
    let (update, end) = ("PUT /updateUser", "DELETE /deleteUser");
    let address = r#"{"id":$me,"email":"$new@example.com"}"#;
    vec![
        signed_in("GET /api/me", "/api/me", "", "200"),
        signed_in("PATCH /api/me", "/api/me", NAME, "200"),
        signed_in("PATCH /api/me", "/api/me", r#"{"email":"$new@example.com"}"#, PROOF),
        signed_in("GET /api/users", "/api/users", "", "200"),
        signed_in("GET /api/users/{id}", "/api/users/$me", "", "200"),
        signed_in("GET /api/users/{id}", "/api/users/$other", "", "200"),
        signed_in(change, "/api/users/$me", NAME, "200"),
        managed(change, "/api/users/$other", NAME, "200"),
        signed_in(delete, "/api/users/$me", "", PROOF),
        managed(delete, "/api/users/$spare", "", "204"),
        managed(
            "POST /api/users/{id}/erase",
            "/api/users/$other/erase",
            r#"{"confirm":"not their name"}"#,
            "not_confirmed",
        ),
        signed_in(
            "POST /api/users/{id}/erase",
            "/api/users/$me/erase",
            r#"{"confirm":"not their name"}"#,
            "not_confirmed",
        ),
        signed_in(update, "/updateUser", address, PROOF),
        managed(update, "/updateUser", r#"{"id":$spare,"email":"$new@example.com"}"#, "200"),
        signed_in(end, "/deleteUser", r#"{"id":$me}"#, PROOF),
        managed(end, "/deleteUser", r#"{"id":$spare}"#, "204"),
        managed(end, "/deleteUser?id=$spare", "", "204"),
        managed("GET /api/invites", "/api/invites", "", "200"),
        managed("POST /api/invites", "/api/invites", "{}", "201"),
        managed("DELETE /api/invites/{id}", "/api/invites/$invite", "", "204"),
        managed("GET /metrics", "/metrics", "", "200"),
    ]
}

fn devices() -> Vec<Row> {
    let revoke = "DELETE /api/tokens/{id}";
    vec![
        signed_in("GET /api/tokens", "/api/tokens", "", "200"),
        signed_in("POST /api/ws-ticket", "/api/ws-ticket", "", "200"),
        signed_in(revoke, "/api/tokens/$foreign_device", "", "token_not_found"),
        signed_in(revoke, "/api/tokens/$device", "", "204").signing_out(),
        signed_in("DELETE /api/tokens/current", "/api/tokens/current", "", "204").signing_out(),
    ]
}

"""Databases full of people, chats and messages, written straight into SQLite: a million messages in some ten seconds.

The server makes the schema, and `vestnik verify` checks what was written.
"""

import hashlib
import sqlite3
from datetime import datetime, timedelta, timezone

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
#: Of the forms of names that are compared. If the server has later rules, it makes them anew when it starts.
KEYS_VERSION = 1
LOOKS = str.maketrans("01", "Ol")
TEXT = "The quick brown fox jumps over the lazy dog, and nobody in the office has noticed. " * 2


def token(user):
    """The token with which a seeded user signs in; the database has its hash."""
    return f"load-test-{user}"


def instant(second):
    return (BEGAN + timedelta(seconds=second)).isoformat(timespec="microseconds")


class Seed:
    """Rows for one database. Ids are chosen here: users from 1, chats from 2 (General is 1)."""

    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.execute("PRAGMA synchronous = off")
        self.db.execute("PRAGMA cache_size = -200000")
        self.chats = 1
        self.heads = {1: [0, 0]}

    def users(self, count):
        now = instant(0)
        users = range(1, count + 1)
        self.db.executemany(
            "INSERT INTO users (id, username, username_key, email, email_key, password_hash, is_admin, created_at, "
            "search_key, written_look, folded_look, keys_version) VALUES (?, ?, ?, ?, ?, '!', ?, ?, ?, ?, ?, ?)",
            (self._user(u, now) for u in users),
        )
        ends = (datetime.now(timezone.utc) + timedelta(days=30)).isoformat(timespec="microseconds")
        self.db.executemany(
            "INSERT INTO tokens (user_id, hash, user_agent, created_at, last_used_at, expires_at) "
            "VALUES (?, ?, 'load test', ?, ?, ?)",
            ((u, hashlib.sha256(token(u).encode()).digest(), now, now, ends) for u in users),
        )
        self.members(1, users)

    def _user(self, user, now):
        name, email = f"user{user}", f"u{user}@example.com"
        look = name.translate(LOOKS)
        return (user, name, name, email, email, user == 1, now, f" {name}", look, look, KEYS_VERSION)

    def members(self, chat, users):
        users = list(users)
        head = self.heads[chat]
        self.db.executemany(
            "INSERT INTO members (conversation_id, user_id, role, seq, joined_n, read_n, muted, created_at) "
            "VALUES (?, ?, ?, ?, 0, 0, 0, ?)",
            ((chat, user, "owner" if place == 0 else "member", head[0] + place + 1, instant(0))
             for place, user in enumerate(users)),
        )
        head[0] += len(users)

    def chat(self, name, users):
        """A new group with these users; its id."""
        self.chats += 1
        self.heads[self.chats] = [0, 0]
        self.db.execute(
            "INSERT INTO conversations (id, type, name, created_at) VALUES (?, 'group', ?, ?)",
            (self.chats, name, instant(0)),
        )
        self.members(self.chats, users)
        return self.chats

    def messages(self, members, count):
        """So many messages, in turn in each chat of a dict of members by chat, said by its members in turn."""
        chats = list(members)
        self.db.executemany(
            "INSERT INTO messages (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, content, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._message(chats[i % len(chats)], members, i) for i in range(count)),
        )

    def _message(self, chat, members, i):
        head = self.heads[chat]
        head[0] += 1
        head[1] += 1
        sender = members[chat][head[1] % len(members[chat])]
        return (chat, head[1], head[0], head[0], sender, f"seed-{i}", TEXT[i % 40:][:100 + i % 30], instant(i))

    def finish(self):
        self.db.executemany(
            "UPDATE conversations SET head_seq = ?, head_n = ? WHERE id = ?",
            ((seq, n, chat) for chat, (seq, n) in self.heads.items()),
        )
        self.db.commit()
        self.db.close()

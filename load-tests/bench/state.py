"""How much of it there is: the same requests with ten thousand, a hundred thousand and a million messages."""

import base64
import http.client
import json
import os
import socket
import time
from statistics import median

from .processes import copied, scratch
from .seed import Seed, token

USER = 1
#: How many chats the user has whose requests are timed.
CHATS = 542


#: What is to be reached with a million messages.
AIMS = {"start until it listens": "≤ 30", "memory with nobody there, MiB": "≤ 24", "`ready` of a new socket": "≤ 5",
        "sync, first time": "≤ 5", "sync, nothing missed": "≤ 5"}


def fill(messages, chats, users):
    """A function that fills a database: the user is in 542 chats, or in all if there are fewer."""

    def into(path):
        seed = Seed(path)
        seed.users(users)
        members = {}
        for i in range(chats):
            others = [2 + (7 * i + 131 * k) % (users - 1) for k in range(5)]
            group = sorted({*others, USER} if i < CHATS else {*others})
            members[seed.chat(f"chat {i}", group)] = group
        seed.messages(members, messages)
        seed.finish()

    return into


class Client:
    """One connection for requests, as the user."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token(USER)}"}

    def call(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201, 204):
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text) if text else None

    def ready(self):
        """Opens a socket, and waits for its first frame."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            key = base64.b64encode(os.urandom(16)).decode()
            connection.sendall(
                f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                f"Authorization: {self.headers['Authorization']}\r\n\r\n".encode()
            )
            got = b""
            while b'"type":"ready"' not in got or not got.endswith(b"}"):
                more = connection.recv(1 << 16)
                if not more:
                    raise RuntimeError(f"no ready: {got[:300]}")
                got += more


def timed(times, act):
    """The median in milliseconds, after one that does not count."""
    act(0)
    took = []
    for i in range(1, times + 1):
        began = time.perf_counter()
        act(i)
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def measure(server, times):
    client = Client(server.port)
    nobody = server.memory() / 1024
    chats = client.call("GET", "/api/chats?limit=200")["chats"]
    chat = chats[1]["id"]
    epoch = client.call("POST", "/api/sync", {"epoch": "", "chats": {}})["epoch"]
    known = {str(it["id"]): it["seq"] for it in chats}
    pages = f"/api/chats/{chat}/messages"
    last = client.call("GET", pages)["messages"][-1]["n"]
    return {
        "memory with nobody there, MiB": nobody,
        "`ready` of a new socket": timed(times, lambda _: client.ready()),
        "sync, first time": timed(times, lambda _: client.call("POST", "/api/sync", {"epoch": "", "chats": {}})),
        "sync, nothing missed": timed(times, lambda _: client.call("POST", "/api/sync", {"epoch": epoch, "chats": known})),
        "list of 200 chats": timed(times, lambda _: client.call("GET", "/api/chats?limit=200")),
        "last 50 messages": timed(times, lambda _: client.call("GET", pages)),
        "50 messages from the middle": timed(times, lambda _: client.call("GET", f"{pages}?around={last // 2 + 1}")),
        "unread from here": timed(
            times, lambda i: client.call("PUT", f"/api/chats/{chat}/unread", {"n": max(1, last - i % 5)})),
        "post": timed(times, lambda i: client.call("POST", pages, {"content": f"post {i}", "client_msg_id": f"post-{i}"})),
    }


def run_state(programs, sizes, times, say):
    """Figures by number of messages. `sizes` has messages, chats and users for each."""
    results = {}
    for messages, chats, users in sizes:
        with scratch() as folder:
            database = programs.prepare(folder, fill(messages, chats, users))
            megabytes = database.stat().st_size / 1e6
            starts = []
            for _ in range(3):
                with programs.vestnik(folder, f"sqlite://{database}") as server:
                    starts.append(server.started_s * 1000)
            with scratch() as other, programs.vestnik(other, copied(database, other)) as server:
                results[messages] = {"file, MB": megabytes, "start until it listens": median(starts), **measure(server, times)}
        say(f"{messages:,} messages: {json.dumps({name: round(value, 2) for name, value in results[messages].items()})}")
    return results

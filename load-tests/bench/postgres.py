"""The server on Postgres, beside a bare loop of the same batched transactions on the same Postgres.

The bare loop is `pgbench`, which is part of Postgres: a transaction moves the heads of all chats, inserts a batch of messages
with their three unique keys, moves the senders' read positions, and commits.
"""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .processes import pinned, scratch
from .scenarios import PUBLISH, blast, is_clean

SCHEMA = """
DROP TABLE IF EXISTS bare_messages, bare_members, bare_conversations;
CREATE TABLE bare_conversations (id bigint PRIMARY KEY, head_seq bigint NOT NULL, head_n bigint NOT NULL);
CREATE TABLE bare_members (conversation_id bigint, user_id bigint, read_n bigint NOT NULL DEFAULT 0, active_at timestamptz,
    PRIMARY KEY (conversation_id, user_id));
CREATE TABLE bare_messages (id bigserial PRIMARY KEY, conversation_id bigint NOT NULL REFERENCES bare_conversations, n bigint NOT NULL,
    seq bigint NOT NULL, posted_seq bigint NOT NULL, sender_id bigint, client_msg_id text, content text NOT NULL,
    created_at timestamptz NOT NULL);
CREATE UNIQUE INDEX ON bare_messages (conversation_id, n);
CREATE UNIQUE INDEX ON bare_messages (conversation_id, seq);
CREATE UNIQUE INDEX ON bare_messages (conversation_id, sender_id, client_msg_id);
INSERT INTO bare_conversations SELECT c, 0, 0 FROM generate_series(1, {chats}) c;
INSERT INTO bare_members (conversation_id, user_id) SELECT c, u FROM generate_series(1, {chats}) c, generate_series(1, 20) u;
ANALYZE;
"""

# Of `each` messages in each of the chats :from to :till, which no other loop has.
LOOP = r"""
\set from 1 + :client_id * :span
\set till :from + :span - 1
BEGIN;
WITH moved AS (UPDATE bare_conversations SET head_seq = head_seq + :each, head_n = head_n + :each
    WHERE id BETWEEN :from AND :till RETURNING id, head_seq, head_n)
INSERT INTO bare_messages (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, content, created_at)
    SELECT id, head_n - i, head_seq - i, head_seq - i, 1, md5(id || '-' || head_n - i), repeat('x', 128), now()
    FROM moved, generate_series(0, :each - 1) i;
UPDATE bare_members m SET read_n = c.head_n, active_at = now() FROM bare_conversations c
    WHERE c.id = m.conversation_id AND m.user_id = 1 AND m.conversation_id BETWEEN :from AND :till;
COMMIT;
"""


def programs_of_postgres():
    """The folder of `initdb`, if Postgres is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = found[-1] if found else shutil.which("initdb")
    return Path(initdb).parent if initdb and (Path(initdb).parent / "pgbench").exists() else None


def as_owner(command):
    """Postgres refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def cluster(bin_folder, port):
    """A Postgres with its default settings, on its own folder; its URL."""
    parent = os.environ.get("BENCH_DIR") or "/var/tmp"
    with tempfile.TemporaryDirectory(prefix="vestnik-bench-pg-", dir=parent) as home:
        if os.geteuid() == 0:
            shutil.chown(home, "postgres")
        run = lambda *command: subprocess.run(as_owner(list(map(str, command))), check=True, cwd=home, capture_output=True)
        run(bin_folder / "initdb", "-D", f"{home}/data", "-U", "vestnik", "--auth=trust", "--encoding=UTF8", "--locale=C")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
        run(bin_folder / "pg_ctl", "-D", f"{home}/data", "-l", f"{home}/log", "-w", "start", "-o", settings)
        try:
            yield f"postgres://vestnik@127.0.0.1:{port}/postgres"
        finally:
            run(bin_folder / "pg_ctl", "-D", f"{home}/data", "-m", "immediate", "-w", "stop")


def bare_loop(bin_folder, url, chats, each, loops, seconds):
    """Messages a second of so many loops, which share the chats, with so many messages of a chat in a transaction."""
    psql = [str(bin_folder / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url]
    subprocess.run(psql, input=SCHEMA.format(chats=chats), text=True, check=True, capture_output=True)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(LOOP)
        script.flush()
        span = chats // loops
        command = [str(bin_folder / "pgbench"), "-n", "-M", "prepared", "-c", str(loops), "-j", "1", "-T", str(seconds),
                   "-D", f"each={each}", "-D", f"span={span}", "-f", script.name, url]
        done = subprocess.run(pinned(1, command), check=True, capture_output=True, text=True)
    transactions = float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))
    return transactions * span * each


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cases(chats):
    """Name, arguments of the generator, chats of the bare loop, and its shapes: messages of a chat in a transaction, and loops."""
    return [
        (f"{chats} chats, 16 in flight each", ["--rooms", chats, "--window", 16], chats, [(1, 1), (8, 1), (16, 1), (8, 4)]),
        (f"{chats} chats, 1 in flight each", ["--rooms", chats, "--window", 1], chats, [(1, 1), (1, 4)]),
        ("1 chat, 64 in flight", ["--rooms", 1, "--window", 64], 1, [(64, 1)]),
    ]


def run_postgres(programs, size, say):
    """Messages a second by case: the best bare loop, and the server. None without Postgres."""
    bin_folder = programs_of_postgres()
    if bin_folder is None:
        say("SKIPPED: Postgres is not installed")
        return None
    seconds, results = max(1, round(size.seconds)), {}
    with cluster(bin_folder, free_port()) as url:
        for _ in range(min(size.rounds, 3)):
            for name, load, chats, shapes in cases(size.senders):
                best = max(bare_loop(bin_folder, url, chats, each, loops, seconds) for each, loops in shapes)
                ours = of_vestnik(programs, url, load, size.senders, seconds)
                of = results.setdefault(name, {"bare": [], "vestnik": []})
                of["bare"].append(best)
                of["vestnik"].append(ours)
                say(f"postgres: {name}: bare loop {best:,.0f} messages/s, Vestnik {ours:,.0f}")
    return results


def of_vestnik(programs, url, load, chats, seconds):
    with scratch() as folder, programs.vestnik(folder, url) as server:
        lists = people(server.port, Path(folder), chats)
        address = f"ws://127.0.0.1:{server.port}/ws?chat_id={{room}}&user_id={{user}}"
        args = ["sends", *load, "--url", address, "--publish", PUBLISH, *lists,
                "--warmup", 1, "--settle", 0.5, "--duration", seconds, "--drain", 10]
        report = blast(programs, server, args)
        if not is_clean(report):
            raise RuntimeError(f"not clean: {report}")
        return report["acked_per_s"]


def people(port, folder, count):
    """Somebody in each of so many new chats, in the files that the generator reads."""
    import http.client
    import json
    import time

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def make(path, body):
        connection.request("POST", path, json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{path}: {answer.status} {text[:300]}")
        return json.loads(text).get("id")

    run, users, rooms = f"{time.time_ns():x}", [], []
    for i in range(count):
        name = f"bench{run}x{i}"
        users.append(make("/register", {"username": name, "password": "secret", "email": f"{name}@example.com"}))
        rooms.append(make("/createChat", {"type": "group", "name": name}))
        make("/addMember", {"conversation_id": rooms[-1], "user_id": users[-1], "role": "member"})
    for name, values in (("users", users), ("rooms", rooms)):
        (folder / name).write_text("".join(f"{value}\n" for value in values))
    return ["--users", folder / "users", "--room-ids", folder / "rooms"]

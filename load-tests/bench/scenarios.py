"""What is measured, and of which servers."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .processes import copied, pinned, scratch
from .seed import Seed, token

PUBLISH = '{"content":"{payload}","client_msg_id":"{id}"}'
READY = '"type":"ready"'


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    rounds: int
    seconds: float
    members: int
    rooms: int
    senders: int
    idle: int
    returning: int

    @property
    def users(self):
        return max(self.members, 20 * self.rooms, self.returning)


FULL = Size(rounds=5, seconds=4, members=1000, rooms=100, senders=64, idle=15000, returning=10000)
QUICK = Size(rounds=1, seconds=1, members=100, rooms=10, senders=8, idle=200, returning=200)


@dataclass(frozen=True)
class Scenario:
    """One load, and the figure of it that is compared."""

    key: str
    name: str
    args: tuple
    chats: str
    field: str
    unit: str
    more_is_better: bool = False
    goal: float | None = None

    def figure(self, report):
        value = report
        for part in self.field.split("/"):
            value = (value or {}).get(part)
        return value


def scenarios(size):
    many = ("fanout", "--rooms", size.rooms, "--subs", 20)
    one = ("fanout", "--subs", size.members)
    sends = ("sends", "--rooms", size.senders)
    members, rooms, senders = f"{size.members:,}", size.rooms, size.senders
    delivery, message = "server_cpu_us_per_delivery", "server_cpu_us_per_message"
    slow, fast = 5 * rooms, 25 * rooms
    each = "µs of CPU a message"
    return [
        Scenario("one_50", f"1 chat × {members}, 50 messages/s", (*one, "--rate", 50), "one", delivery,
                 "µs of CPU a delivery", goal=1.15),
        Scenario("one_saturated", f"1 chat × {members}, saturated", (*one, "--window", 64), "one", "deliveries_per_s",
                 "deliveries/s", True, 0.8),
        Scenario("many_slow", f"{rooms} chats × 20, {slow:,} messages/s", (*many, "--rate", slow), "many", message, each,
                 goal=1.3),
        Scenario("many_fast", f"{rooms} chats × 20, {fast:,} messages/s", (*many, "--rate", fast), "many", message, each,
                 goal=1.3),
        Scenario("many_saturated", f"{rooms} chats × 20, saturated", (*many, "--window", 8), "many", "acked_per_s",
                 "acked/s", True, 0.8),
        Scenario("sends_1", f"{senders} senders, 1 in flight", (*sends, "--window", 1), "first", "acked_per_s", "acked/s",
                 True, 0.9),
        Scenario("sends_16", f"{senders} senders, 16 in flight", (*sends, "--window", 16), "first", "acked_per_s",
                 "acked/s", True, 0.9),
        Scenario("talk", "5 who speak when the last was acknowledged",
                 ("fanout", "--subs", 5, "--publishers", 5, "--window", 1), "five", "ack_us/p50", "µs to the ack (p50)"),
    ]


class Lists:
    """The people and chats of the prepared database, in the files that the generator reads."""

    def __init__(self, folder, size):
        self.folder, self.size = Path(folder), size
        self.chats, self.one, self.many = [], None, []

    def fill(self, path):
        size, seed = self.size, Seed(path)
        seed.users(size.users)
        self.one = seed.chat("one", range(1, size.members + 1))
        groups = [list(range(20 * r + 1, 20 * r + 21)) for r in range(max(size.rooms, size.returning // 20))]
        self.many = [seed.chat(f"room {r}", users) for r, users in enumerate(groups)]
        # The last hundred are what those miss who come back.
        seed.messages(dict(zip(self.many, groups)), 120 * len(self.many))
        seed.finish()
        self._write("users", range(1, size.users + 1))
        self._write("tokens", map(token, range(1, size.users + 1)))
        self._write("any_users", (i % size.users + 1 for i in range(size.idle)))
        self._write("first_users", range(1, 20 * size.senders + 1, 20))
        self._write("one", [self.one])
        self._write("many", self.many)

    def _write(self, name, values):
        (self.folder / name).write_text("".join(f"{value}\n" for value in values))

    def args(self, chats):
        users, rooms = {"first": ("first_users", "many"), "many": ("users", "many")}.get(chats, ("users", "one"))
        return ["--users", self.folder / users, "--room-ids", self.folder / rooms]


class Measured:
    """A kind of server, and how the generator speaks to it."""

    def __init__(self, name, programs, lists=None, database=None, tls=None):
        self.name, self.programs, self.lists, self.database, self.tls = name, programs, lists, database, tls

    def start(self, folder):
        if self.database is None:
            return self.programs.nats(folder) if self.name == "nats" else self.programs.floor(self.name, folder)
        tls = ["--tls-cert", self.tls[0], "--tls-key", self.tls[1]] if self.tls else []
        return self.programs.vestnik(folder, copied(self.database, folder), *tls)

    def args(self, port, chats):
        if self.name == "nats":
            join = 'CONNECT {"verbose":false,"pedantic":false}\\r\\nSUB {room} 1\\r\\nPING\\r\\n'
            publish = "PUB {room} 128\\r\\n{payload}\\r\\n"
            return ["--url", f"ws://127.0.0.1:{port}/", "--binary", "--init", join, "--ready", "PONG", "--publish", publish]
        if self.database is None:
            return ["--url", f"ws://127.0.0.1:{port}/ws/{{room}}"]
        scheme, ca = ("wss", ["--ca", self.tls[0]]) if self.tls else ("ws", [])
        url = f"{scheme}://127.0.0.1:{port}/ws?chat_id={{room}}&user_id={{user}}"
        return ["--url", url, *ca, "--publish", PUBLISH, *self.lists.args(chats)]


def blast(programs, server, args):
    """The generator's report, from a core of its own."""
    command = [programs.path("blast"), *map(str, args), "--pid", str(server.pid)]
    done = subprocess.run(pinned(1, command), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def is_clean(report):
    """Nothing was lost, repeated or refused."""
    names = ("missing", "twice", "out_of_order", "foreign", "refused", "closed")
    return not any(report.get(name) for name in names)


def run_one(measured, scenario, size):
    with scratch() as folder, measured.start(folder) as server:
        # On a machine that is busy an answer may take seconds; it is late then, and not lost.
        times = ["--warmup", min(1, size.seconds), "--settle", 0.5, "--duration", size.seconds, "--drain", 10]
        args = [*scenario.args, *measured.args(server.port, scenario.chats), *times]
        return blast(measured.programs, server, args)


def attempt(name, say, act):
    """What `act` returns; None, and a line, if it fails: the other loads go on."""
    try:
        return act()
    except (RuntimeError, OSError, subprocess.CalledProcessError, KeyError, ValueError) as error:
        say(f"FAILED: {name}: {error!r}")
        return None


def run_all(measured, wanted, size, say):
    """Reports by scenario and server. Servers take turns, so that what else the machine does meets all of them."""
    reports = {scenario.key: {} for scenario in wanted}
    for number in range(size.rounds):
        for scenario in wanted:
            for server in measured:
                report = attempt(f"{scenario.key} {server.name}", say, lambda: run_one(server, scenario, size))
                if report is None:
                    continue
                reports[scenario.key].setdefault(server.name, []).append(report)
                figure, clean = scenario.figure(report), "" if is_clean(report) else "  NOT CLEAN"
                say(f"{number + 1}/{size.rounds} {scenario.key:15} {server.name:12} {figure} {scenario.unit}{clean}")
    return reports


def middle(scenario, reports):
    """The median of the figure over the rounds; None if there is none."""
    figures = [figure for report in reports if (figure := scenario.figure(report)) is not None]
    return median(figures) if figures else None

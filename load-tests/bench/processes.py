"""Servers that are measured, each in a process of its own, pinned to a core."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

CORES = os.cpu_count() or 1
PATIENCE = 300


def plain_environment():
    """The environment without settings of the server: what somebody has set is not what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("VESTNIK_", "DB_", "DATABASE_"))}


def pinned(core, command):
    """The command, on one core if there are several and `taskset` (util-linux) is there."""
    if CORES > 1 and shutil.which("taskset"):
        return ["taskset", "-c", str(core), *command]
    return command


class Running:
    """A server that listens. Leaving it ends it."""

    def __init__(self, command, folder, port_line, environment=None):
        self.log = Path(folder) / "log"
        self.began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                pinned(0, command), cwd=folder, stdout=log, stderr=log, env={**plain_environment(), **(environment or {})}
            )
        self.pid = self.process.pid
        self.port = self._port(port_line)
        self.started_s = time.monotonic() - self.began

    def _port(self, line):
        while time.monotonic() < self.began + PATIENCE:
            if found := re.search(line, self.log.read_text(errors="replace")):
                return int(found.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        said = self.log.read_text(errors="replace")
        self.__exit__()
        raise RuntimeError(f"{self.process.args} did not start: {said[-2000:]}")

    def memory(self, name="VmRSS"):
        """In KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Programs:
    """The programs that are built, in one folder."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        for name in ("vestnik", "blast", "floor"):
            if not (self.folder / name).exists():
                raise SystemExit(f"{self.folder / name} is not there: cargo build --release --workspace")

    def path(self, name):
        return str(self.folder / name)

    def vestnik(self, folder, database, *args):
        """The server on one worker thread, and with --trust, so that no pace holds."""
        command = [self.path("vestnik"), "--trust", "--workers", "1", "--listen", "127.0.0.1:0", *args]
        line = r"listening on https?://127\.0\.0\.1:(\d+)"
        return Running(command, folder, line, {"DATABASE_URL": database, "RUST_LOG": "info"})

    def floor(self, kind, folder):
        command = [self.path("floor"), kind, "--listen", "127.0.0.1:0"]
        if kind == "durable":
            command += ["--database", str(Path(folder) / "floor.db")]
        return Running(command, folder, r"listening on 127\.0\.0\.1:(\d+)")

    def nats(self, folder):
        """NATS by WebSocket, which stores nothing; None if it is not installed."""
        program = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
        if not program:
            return None
        settings = Path(folder) / "nats.conf"
        settings.write_text(
            'listen: "127.0.0.1:-1"\nmax_pending: 256MB\nwebsocket { listen: "127.0.0.1:-1", no_tls: true }\n'
        )
        line = r"Listening for websocket clients on ws://127\.0\.0\.1:(\d+)"
        return Running([program, "-c", str(settings)], folder, line, {"GOMAXPROCS": "1"})

    def prepare(self, folder, fill):
        """A database that `fill` has filled, checked; its path."""
        path = Path(folder) / "v.db"
        url = f"sqlite://{path}"
        environment = {**plain_environment(), "DATABASE_URL": url}
        command = [self.path("vestnik"), "migrate", "up"]
        subprocess.run(command, check=True, cwd=folder, env=environment, capture_output=True)
        fill(path)
        # It begins and ends in order, so that all is in the one file.
        with self.vestnik(folder, url):
            pass
        command = [self.path("vestnik"), "verify"]
        subprocess.run(command, check=True, cwd=folder, env=environment, capture_output=True)
        return path


def copied(database, folder):
    """A copy of a prepared database in another folder; its URL."""
    target = Path(folder) / "run.db"
    shutil.copyfile(database, target)
    return f"sqlite://{target}"


def scratch():
    """A folder that goes away; on the disk, not in memory, since syncs are measured."""
    parent = os.environ.get("BENCH_DIR") or os.environ.get("TMPDIR") or "/var/tmp"
    return tempfile.TemporaryDirectory(prefix="vestnik-bench-", dir=parent)

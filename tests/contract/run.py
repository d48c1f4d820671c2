#!/usr/bin/env python3
"""Sends requests that schemathesis generates from /api/openapi.json to a real server on loopback, as
nobody, as a member and as an administrator. It fails on an answer of 5xx, on an answer that the document
does not describe, and on a request that fits the document and is refused as a bad one (checks.py has the
exceptions, with reasons).

    pip install schemathesis
    VESTNIK=target/debug/vestnik tests/contract/run.py

SECONDS (40) is what each of the three may take, EXAMPLES (12) how many requests of a kind, SEED (1) the seed,
DOCUMENT another document than the server's own: one of an earlier version shows what has changed. SAVE is a file
to which the server's own is written."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VESTNIK = os.environ.get("VESTNIK", ROOT / "target/debug/vestnik")
SECONDS = int(os.environ.get("SECONDS", "40"))
EXAMPLES = os.environ.get("EXAMPLES", "12")
SEED = os.environ.get("SEED", "1")
DOCUMENT = os.environ.get("DOCUMENT")

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "what_fits_is_not_refused",
]
# A stream does not end, and a part of an upload is of no type that is generated; the others would end the session
# that asks.
LEFT_OUT = ["events_stream", "files_append"]
LEFT_OUT_SIGNED_IN = ["tokens_sign_out", "tokens_revoke"]
# Generated requests come faster than people's. What is beyond a pace would be refused unseen.
PACES = [
    "message", "text", "mark", "user_open", "ticket", "session", "request", "answer", "chat", "member", "account",
    "password", "invite", "sign_in", "sign_in_address", "guess_address", "guess", "register_address", "register", "search",
    "upload",
]


def call(url, body, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def is_signed_in(url, token):
    request = urllib.request.Request(url + "/api/me", headers={"Authorization": f"Bearer {token}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def started(folder):
    command = [VESTNIK, "serve", "--listen=127.0.0.1:0", f"--database-url=sqlite://{folder}/vestnik.db"]
    environment = {"PATH": os.environ["PATH"], "VESTNIK_RATES": ",".join(f"{pace}=0" for pace in PACES)}
    log = open(folder / "log", "w")
    server = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        log.write(line)
        if "listening on " in line:
            url = line.split("listening on ")[1].strip()
            # The rest of it goes to the file, so that the pipe never fills.
            subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
            return server, url
    sys.exit(f"the server did not start; {folder}/log says why")


def people(url):
    """An administrator, a member, and something to find."""
    tokens = []
    for name in ["administrator", "member"]:
        call(url + "/register", {"username": name, "password": "correct horse", "email": f"{name}@example.com"})
        tokens.append(call(url + "/auth", {"username": name, "password": "correct horse"})["token"])
    administrator, member = tokens
    chat = call(url + "/api/chats", {"type": "group", "name": "Lunch"}, member)["id"]
    for text in ["Soup?", "Noon"]:
        call(f"{url}/api/chats/{chat}/messages", {"content": text}, member)
    call(url + "/api/messages", {"sequence": 1, "text": "Hello"}, administrator)
    return administrator, member


def generated(url, who, token):
    """Whether all went well for this one."""
    left_out = LEFT_OUT + (LEFT_OUT_SIGNED_IN if token else [])
    command = [
        *schemathesis(), "--config-file", str(HERE / "schemathesis.toml"), "run", DOCUMENT or url + "/api/openapi.json", "--url", url, "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED, "--max-time", str(SECONDS),
        "--request-timeout", "20", "--generation-database", "none", "--no-color", "--warnings", "off",
        "--continue-on-failure", "--suppress-health-check", "all",
    ]
    for operation in left_out:
        command += ["--exclude-operation-id", operation]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    print(f"---- as {who}", flush=True)
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "checks", "PYTHONPATH": str(HERE), "NO_PROXY": "*"}
    ended = subprocess.run(command, env=environment, timeout=SECONDS * 4 + 60, cwd=tempfile.gettempdir())
    if token and not is_signed_in(url, token):
        print(f"the {who} was signed out on the way: what came after was asked by nobody")
        return False
    return ended.returncode == 0


def schemathesis():
    found = shutil.which("schemathesis") or shutil.which("schemathesis", path=str(pathlib.Path(sys.executable).parent))
    return [found] if found else sys.exit("schemathesis is not installed: pip install schemathesis")


def main():
    with tempfile.TemporaryDirectory() as name:
        server, url = started(pathlib.Path(name))
        try:
            administrator, member = people(url)
            if "SAVE" in os.environ:
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                pathlib.Path(os.environ["SAVE"]).write_bytes(opener.open(url + "/api/openapi.json").read())
            # The administrator is last, who may delete the others.
            runs = [("nobody", None), ("member", member), ("administrator", administrator)]
            well = [generated(url, who, token) for who, token in runs]
            if server.poll() is not None:
                sys.exit("the server ended")
        finally:
            server.terminate()
            server.wait(timeout=60)
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()

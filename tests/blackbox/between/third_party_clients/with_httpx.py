"""httpx, which has streams and no WebSocket: that is the package websockets'."""
import json
import sys

import httpx
from websockets.sync.client import connect

BASE = sys.argv[1]


def expect(is_so, what):
    assert is_so, what
    print(what)


with httpx.Client(base_url=BASE, trust_env=False) as http:
    answer = http.post("/auth", json={"username": "alice", "password": "secret"})
    token = answer.json().get("token")
    expect(answer.status_code == 200 and token, "signed in")
    http.headers["Authorization"] = f"Bearer {token}"
    # It keeps the cookie too, which such a request needs no more.
    http.cookies.clear()
    address = BASE.replace("http", "ws", 1) + "/ws?chat_id=1"
    socket = connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None)
    with http.stream("GET", "/api/events?chat_id=1") as events:
        expect(events.status_code == 200, "listens")
        answer = http.post("/api/chats/1/messages", json={"content": "said by REST"})
        expect(answer.status_code == 201, "sent")
        for frame in socket:
            message = json.loads(frame)
            if message.get("content") == "said by REST":
                break
        expect(message["username"] == "alice", "heard on the socket")
        for line in events.iter_lines():
            if "said by REST" in line:
                break
        expect("said by REST" in line, "heard as an event")
    failed = 0
    for i in range(400):
        try:
            failed += http.post("/api/chats/1/messages", json={"content": str(i)}).status_code != 201
        except httpx.HTTPError as error:
            print(repr(error), file=sys.stderr)
            failed += 1
    expect(failed == 0, "400 of 400")
    socket.close()

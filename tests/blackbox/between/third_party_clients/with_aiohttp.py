"""aiohttp: its session, its WebSocket and its streams."""
import asyncio
import json
import sys

import aiohttp

BASE = sys.argv[1]


def expect(is_so, what):
    assert is_so, what
    print(what)


async def main():
    async with aiohttp.ClientSession(BASE) as http:
        answer = await http.post("/auth", json={"username": "alice", "password": "secret"})
        token = (await answer.json()).get("token")
        expect(answer.status == 200 and token, "signed in")
        headers = {"Authorization": f"Bearer {token}"}
        socket = await http.ws_connect("/ws?chat_id=1", headers=headers, heartbeat=5)
        events = await http.get("/api/events?chat_id=1", headers=headers)
        expect(events.status == 200, "listens")
        answer = await http.post("/api/chats/1/messages", json={"content": "said by REST"}, headers=headers)
        expect(answer.status == 201, "sent")
        async for frame in socket:
            message = json.loads(frame.data)
            if message.get("content") == "said by REST":
                break
        expect(message["username"] == "alice", "heard on the socket")
        async for line in events.content:
            if b"said by REST" in line:
                break
        expect(b"said by REST" in line, "heard as an event")
        failed = 0
        for i in range(400):
            try:
                async with http.post("/api/chats/1/messages", json={"content": str(i)}, headers=headers) as answer:
                    failed += answer.status != 201
            except aiohttp.ClientError as error:
                print(error, file=sys.stderr)
                failed += 1
        expect(failed == 0, "400 of 400")
        await socket.close()
        events.close()


asyncio.run(main())

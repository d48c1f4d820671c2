// Node's own fetch and WebSocket, which are undici's.
const base = process.argv[2];
let token;

const call = (method, path, body) => fetch(base + path, { method, body: JSON.stringify(body), headers: token ? { Authorization: `Bearer ${token}` } : {} });
const expect = (isSo, what) => {
  if (!isSo) throw new Error(what);
  console.log(what);
};

const session = await call("POST", "/auth", { username: "alice", password: "secret" });
({ token } = await session.json());
expect(session.status === 200 && token, "signed in");

const { ticket } = await (await call("POST", "/api/ws-ticket", {})).json();
const socket = new WebSocket(`${base.replace(/^http/, "ws")}/ws?chat_id=1&ticket=${ticket}`);
const heard = new Promise((resolve, reject) => {
  socket.onmessage = ({ data }) => data.includes("said by REST") && resolve(data);
  socket.onerror = reject;
});
await new Promise((resolve) => (socket.onopen = resolve));

const events = await call("GET", "/api/events?chat_id=1");
expect(events.status === 200, "listens");
expect((await call("POST", "/api/chats/1/messages", { content: "said by REST" })).status === 201, "sent");
expect(JSON.parse(await heard).username === "alice", "heard on the socket");
let text = "";
for await (const chunk of events.body.pipeThrough(new TextDecoderStream())) {
  text += chunk;
  if (text.includes("said by REST")) break;
}
expect(text.includes("event: message"), "heard as an event");

let failed = 0;
for (let i = 0; i < 400; i += 1) {
  const answer = await call("POST", "/api/chats/1/messages", { content: String(i) }).catch((error) => console.error(error.cause));
  if (answer?.status !== 201) failed += 1;
  await answer?.arrayBuffer();
}
expect(failed === 0, "400 of 400");
process.exit(0);

// Smoke: people register, sign in, meet in a chat and talk over sockets; everybody must hear
// everything once and in order. Fails the run (exit code 99) if anything is lost, repeated, out of
// order, refused or slow.
//
//   k6 run load-tests/smoke.js
//   k6 run -e COMMIT_MS=25 load-tests/smoke.js    # on a slow disk
//   k6 run -e BASE_URL=https://chat.example.com -e PEOPLE=20 -e MESSAGES=100 load-tests/smoke.js

import { check } from "k6";
import exec from "k6/execution";
import { Counter, Trend } from "k6/metrics";
import ws from "k6/ws";

import { meet, socketOf } from "./people.js";

const PEOPLE = Number(__ENV.PEOPLE || 5);
const MESSAGES = Number(__ENV.MESSAGES || 20);
const PATIENCE_MS = 30000;
// What a bare commit takes on the server's disk. An ack may take little more: people who talk at once
// wait for the disk, and not for each other.
const COMMIT_MS = Number(__ENV.COMMIT_MS || 10);

const delivered = new Counter("messages_delivered");
const wrong = new Counter("messages_wrong");
const ackTime = new Trend("ack_time", true);

export const options = {
  scenarios: {
    talk: { executor: "per-vu-iterations", vus: PEOPLE, iterations: 1, maxDuration: "2m" },
  },
  thresholds: {
    checks: ["rate==1"],
    http_req_failed: ["rate==0"],
    messages_delivered: [`count==${PEOPLE * PEOPLE * MESSAGES}`],
    messages_wrong: ["count==0"],
    ack_time: [`p(50)<${COMMIT_MS + 20}`, `p(95)<${COMMIT_MS + 200}`],
  },
};

// A chat with everybody in it.
export function setup() {
  return meet(PEOPLE);
}

// One person: says hello until everybody is there, then talks, and leaves when all is heard.
export default function ({ chat, people }) {
  const me = people[exec.vu.idInInstance - 1];
  const present = new Set();
  const heard = new Map(people.map(({ id }) => [id, 0]));
  let lastSeq = 0;
  let sent = 0;
  let sentAt = 0;

  const [url, params] = socketOf(me, `?chat_id=${chat}&user_id=${me.id}`);
  const response = ws.connect(url, params, (socket) => {
    const say = (frame) => socket.send(JSON.stringify(frame));
    const talk = () => {
      if (sent < MESSAGES) {
        sent += 1;
        sentAt = Date.now();
        say({ content: `${sent}`, client_msg_id: `${me.id}-${sent}` });
      }
    };
    const isOver = () => [...heard.values()].every((count) => count === MESSAGES);

    const onMessage = ({ user_id: from, content, seq }) => {
      if (lastSeq > 0 && seq !== lastSeq + 1) {
        wrong.add(1, { how: "order" });
      }
      lastSeq = seq;
      if (content === "hello") {
        if (!present.has(from)) {
          present.add(from);
          // Whoever came later has not heard us.
          say({ content: "hello" });
          if (present.size === PEOPLE) {
            talk();
          }
        }
        return;
      }
      heard.set(from, heard.get(from) + 1);
      if (content !== `${heard.get(from)}`) {
        wrong.add(1, { how: "content" });
      }
      delivered.add(1);
      if (isOver()) {
        socket.close(1000);
      }
    };

    socket.on("open", () => say({ content: "hello" }));
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      if (frame.type === "message") {
        onMessage(frame);
      } else if (frame.type === "ack") {
        ackTime.add(Date.now() - sentAt);
        talk();
      } else if (frame.type === "error") {
        wrong.add(1, { how: frame.code });
      }
    });
    socket.setTimeout(() => socket.close(1000), PATIENCE_MS);
  });

  check(response, { "the socket is upgraded": (r) => r && r.status === 101 });
  check(heard, { "everybody was heard in full": (h) => [...h.values()].every((n) => n === MESSAGES) });
}

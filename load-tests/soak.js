// A long time: people talk slowly, come and go, and it must be at the end as it was at the beginning.
//
//   k6 run load-tests/soak.js                                # ten minutes
//   k6 run -e MINUTES=720 -e PEOPLE=50 load-tests/soak.js    # a night

import { check, sleep } from "k6";
import exec from "k6/execution";
import { Counter, Trend } from "k6/metrics";
import ws from "k6/ws";

import { meet, number, saying, socketOf } from "./people.js";

const PEOPLE = number("PEOPLE", 10);
const MINUTES = number("MINUTES", 10);
// Between two messages of a person, and how long a socket is kept.
const PAUSE_MS = number("PAUSE_MS", 500);
const STAY_MS = number("STAY_MS", 30000);
const ACK_MS = number("ACK_MS", 1000);
const TENTH_MS = MINUTES * 6000;

const sent = new Counter("messages_sent");
const wrong = new Counter("messages_wrong");
const ackTime = new Trend("ack_time", true);
const atFirst = new Trend("ack_time_at_first", true);
const atLast = new Trend("ack_time_at_last", true);

export const options = {
  scenarios: { live: { executor: "constant-vus", vus: PEOPLE, duration: `${MINUTES * 60}s`, gracefulStop: "60s" } },
  thresholds: {
    checks: ["rate==1"],
    messages_wrong: ["count==0"],
    ack_time: [`p(95)<${ACK_MS}`],
    ack_time_at_last: [`p(95)<${ACK_MS}`],
  },
};

export function setup() {
  return { ...meet(PEOPLE), began: Date.now() };
}

// One stay: a socket that is kept for a while, and then comes back.
export default function ({ chat, people, began }) {
  const end = began + MINUTES * 60000;
  if (Date.now() >= end) {
    return;
  }
  const me = people[exec.vu.idInTest % PEOPLE];
  const waiting = new Map();
  let lastSeq = 0;
  const acked = (key) => {
    const took = Date.now() - waiting.get(key);
    waiting.delete(key);
    ackTime.add(took);
    if (Date.now() < began + TENTH_MS) {
      atFirst.add(took);
    } else if (Date.now() > end - TENTH_MS) {
      atLast.add(took);
    }
  };
  const response = ws.connect(...socketOf(me, `?chat_id=${chat}`), (socket) => {
    let isLeaving = false;
    socket.setInterval(() => {
      if (isLeaving) {
        return;
      }
      const key = `${me.id}-${Date.now()}-${exec.vu.iterationInInstance}`;
      waiting.set(key, Date.now());
      sent.add(1);
      socket.send(JSON.stringify({ content: "Still here", client_msg_id: key }));
    }, PAUSE_MS);
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      if (frame.type === "message" && frame.chat_id === chat) {
        if (lastSeq > 0 && frame.seq !== lastSeq + 1) {
          wrong.add(1, { how: "order" });
        }
        lastSeq = frame.seq;
      } else if (frame.type === "ack" && waiting.has(frame.client_msg_id)) {
        acked(frame.client_msg_id);
      } else if (frame.type === "error") {
        wrong.add(1, { how: frame.code });
      }
      if (isLeaving && waiting.size === 0) {
        socket.close(1000);
      }
    });
    socket.setTimeout(() => {
      isLeaving = true;
    }, Math.min(STAY_MS, Math.max(1, end - Date.now())));
    socket.setTimeout(() => socket.close(1000), STAY_MS + 10000);
  });
  check(response, { "the socket is upgraded": (r) => r && r.status === 101 });
  check(waiting, { "everything was acknowledged": (left) => left.size === 0 });
  sleep(Math.random());
}

export const handleSummary = saying(
  (value) =>
    `${value("messages_sent", "count")} messages of ${PEOPLE} people in ${MINUTES} minutes: an ack took ${value("ack_time", "med")} ms ` +
    `(median), ${value("ack_time", "p(95)")} ms (95th percentile); in the first tenth ${value("ack_time_at_first", "p(95)")}, ` +
    `in the last ${value("ack_time_at_last", "p(95)")} ms.`,
);

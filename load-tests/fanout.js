// Fan-out: one speaks in a chat, and everybody must hear everything once, in order and soon.
//
//   k6 run load-tests/fanout.js
//   k6 run -e PEOPLE=100 -e RATE=50 -e MESSAGES=3000 load-tests/fanout.js

import { check } from "k6";
import exec from "k6/execution";
import { Counter, Trend } from "k6/metrics";
import ws from "k6/ws";

import { meet, number, saying, socketOf } from "./people.js";

const PEOPLE = number("PEOPLE", 10);
const RATE = number("RATE", 20);
const MESSAGES = number("MESSAGES", 100);
const PATIENCE_MS = 60000 + (1000 * MESSAGES) / RATE;

const delivered = new Counter("messages_delivered");
const wrong = new Counter("messages_wrong");
const hearing = new Trend("delivery_time", true);

export const options = {
  scenarios: { listen: { executor: "per-vu-iterations", vus: PEOPLE, iterations: 1, maxDuration: "1h" } },
  thresholds: {
    checks: ["rate==1"],
    messages_delivered: [`count==${PEOPLE * MESSAGES}`],
    messages_wrong: ["count==0"],
    delivery_time: [`p(95)<${number("DELIVERY_MS", 1000)}`],
  },
};

export function setup() {
  return meet(PEOPLE);
}

// The first one says something whenever it is due, once all others have said that they are there.
export default function ({ chat, people }) {
  const place = exec.vu.idInInstance - 1;
  const here = new Set();
  let heard = 0;
  const response = ws.connect(...socketOf(people[place], `?chat_id=${chat}`), (socket) => {
    const say = (content) => socket.send(JSON.stringify({ content }));
    const speak = () => {
      let sent = 0;
      const began = Date.now();
      socket.setInterval(() => {
        while (sent < MESSAGES && began + (1000 * sent) / RATE <= Date.now()) {
          // The time at which it was due, not the one at which it is sent.
          say(`${sent} ${began + (1000 * sent) / RATE}`);
          sent += 1;
        }
      }, 5);
    };
    const hear = (content) => {
      const [number, due] = content.split(" ").map(Number);
      if (number !== heard) {
        wrong.add(1);
      }
      heard = number + 1;
      delivered.add(1);
      hearing.add(Date.now() - due);
      if (heard === MESSAGES) {
        socket.close(1000);
      }
    };
    const arrive = (id) => {
      const isNew = !here.has(id);
      here.add(id);
      if (isNew && here.size === PEOPLE && place === 0) {
        speak();
      }
    };
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      if (frame.type === "error") {
        wrong.add(1, { code: frame.code });
      } else if (frame.type === "message" && frame.content === "here") {
        arrive(frame.user_id);
      } else if (frame.type === "message") {
        hear(frame.content);
      }
    });
    socket.on("open", () => say("here"));
    // Whoever comes later has not heard it.
    socket.setInterval(() => {
      if (heard === 0) {
        say("here");
      }
    }, 500);
    socket.setTimeout(() => socket.close(1000), PATIENCE_MS);
  });
  check(response, { "the socket is upgraded": (r) => r && r.status === 101 });
  check(heard, { "everything was heard": (count) => count === MESSAGES });
}

export const handleSummary = saying(
  (value) =>
    `${MESSAGES} messages at ${RATE} a second to ${PEOPLE} people: heard after ${value("delivery_time", "med")} ms (median), ` +
    `${value("delivery_time", "p(95)")} ms (95th percentile); ${value("messages_delivered", "count")} deliveries.`,
);

// A storm: everybody loses the connection at once and comes back at once, while somebody goes on speaking; nobody may miss
// anything or hear it twice.
//
//   k6 run load-tests/reconnect.js
//   k6 run -e PEOPLE=100 -e ROUNDS=10 load-tests/reconnect.js

import { check, sleep } from "k6";
import exec from "k6/execution";
import { Counter, Trend } from "k6/metrics";
import ws from "k6/ws";

import { call, expect, meet, number, saying, socketOf } from "./people.js";

const PEOPLE = number("PEOPLE", 8);
const ROUNDS = number("ROUNDS", 3);
// Messages of a round: some while everybody listens, and some while nobody does.
const MESSAGES = number("MESSAGES", 10);
const ROUND_MS = number("ROUND_MS", 2000);

const missed = new Counter("changes_missed");
const twice = new Counter("changes_twice");
const caught = new Counter("changes_caught_up");
const backTime = new Trend("back_time", true);

export const options = {
  scenarios: {
    listen: { executor: "per-vu-iterations", vus: PEOPLE, iterations: 1, maxDuration: "1h", exec: "listen" },
    speak: { executor: "per-vu-iterations", vus: 1, iterations: 1, maxDuration: "1h", exec: "speak" },
  },
  thresholds: {
    checks: ["rate==1"],
    changes_missed: ["count==0"],
    changes_twice: ["count==0"],
    changes_caught_up: ["count>0"],
    back_time: [`p(95)<${number("BACK_MS", 2000)}`],
  },
};

export function setup() {
  const { chat, people } = meet(PEOPLE + 1);
  // The changes so far are that they joined.
  return { chat, people, began: Date.now() + 1000, seq: people.length };
}

// The last of them speaks by requests, evenly over all rounds.
export function speak({ chat, people, began }) {
  const { token } = people[PEOPLE];
  for (let i = 0; i < ROUNDS * MESSAGES; i++) {
    const due = began + (i * ROUND_MS) / MESSAGES;
    sleep(Math.max(0, due - Date.now()) / 1000);
    expect(call("POST", `/api/chats/${chat}/messages`, { content: `${i}`, client_msg_id: `m${i}` }, token), 201);
  }
}

export function listen({ chat, people, began, seq }) {
  const person = people[exec.vu.idInTest % PEOPLE];
  const last = seq + ROUNDS * MESSAGES;
  let position = seq;
  const apply = (frame) => {
    if (frame.seq <= position) {
      twice.add(1);
    } else {
      missed.add(frame.seq - position - 1);
      position = frame.seq;
    }
  };
  for (let round = 0; position < last && round < ROUNDS + 30; round++) {
    // Everybody is cut at the same moment, and waits for half a round.
    sleep(Math.max(0, began + round * ROUND_MS - Date.now()) / 1000);
    const from = Date.now();
    const response = ws.connect(...socketOf(person), (socket) => {
      let isLive = false;
      socket.on("message", (text) => {
        const frame = JSON.parse(text);
        if (frame.type === "ready") {
          socket.send(JSON.stringify({ type: "open", chat_id: chat, after: position, epoch: frame.epoch }));
        } else if (frame.type === "opened") {
          frame.changes.forEach(apply);
          caught.add(frame.changes.length);
          isLive = isLive || !frame.more;
          if (!frame.more) {
            backTime.add(Date.now() - from);
          }
        } else if (frame.type === "message" && frame.chat_id === chat && isLive) {
          apply(frame);
        }
        if (position >= last) {
          socket.close(1000);
        }
      });
      socket.setTimeout(() => socket.close(1000), Math.max(1, began + (round + 0.5) * ROUND_MS - Date.now()));
    });
    check(response, { "the socket is upgraded": (r) => r && r.status === 101 });
  }
  check(position, { "everything was heard": (at) => at === last });
}

export const handleSummary = saying(
  (value) =>
    `${PEOPLE} people came back ${ROUNDS} times at once, after ${value("back_time", "med")} ms (median), ` +
    `${value("back_time", "p(95)")} ms (95th percentile); ${value("changes_caught_up", "count")} changes were caught up, ` +
    `${value("changes_missed", "count")} missed, ${value("changes_twice", "count")} came twice.`,
);

// Connecting: people open sockets one after the other, and each must be ready soon.
//
//   k6 run load-tests/connect.js
//   k6 run -e PEOPLE=50 -e SOCKETS=100 load-tests/connect.js

import { check } from "k6";
import exec from "k6/execution";
import { Trend } from "k6/metrics";
import ws from "k6/ws";

import { meet, number, saying, socketOf } from "./people.js";

const PEOPLE = number("PEOPLE", 5);
const SOCKETS = number("SOCKETS", 20);

const readyTime = new Trend("ready_time", true);

export const options = {
  scenarios: {
    connect: { executor: "per-vu-iterations", vus: PEOPLE, iterations: SOCKETS, maxDuration: "10m" },
  },
  thresholds: { checks: ["rate==1"], ready_time: [`p(95)<${number("READY_MS", 1000)}`] },
};

export function setup() {
  return meet(PEOPLE);
}

export default function ({ people }) {
  const began = Date.now();
  let isReady = false;
  const response = ws.connect(...socketOf(people[exec.vu.idInInstance - 1]), (socket) => {
    socket.on("message", (text) => {
      if (JSON.parse(text).type === "ready") {
        isReady = true;
        readyTime.add(Date.now() - began);
        socket.close(1000);
      }
    });
    socket.setTimeout(() => socket.close(1000), 30000);
  });
  check(response, { "the socket is upgraded": (r) => r && r.status === 101 });
  check(isReady, { "it is ready": (is) => is });
}

export const handleSummary = saying(
  (value) =>
    `${PEOPLE * SOCKETS} sockets of ${PEOPLE} people, ${value("iterations", "rate")} a second: ready after ` +
    `${value("ready_time", "med")} ms (median), ${value("ready_time", "p(95)")} ms (95th percentile).`,
);

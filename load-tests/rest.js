// Requests as a client without a socket makes them: lists, pages, posts, reading, and coming back.
//
//   k6 run load-tests/rest.js
//   k6 run -e PEOPLE=50 -e SECONDS=60 load-tests/rest.js

import exec from "k6/execution";
import { sleep } from "k6";
import { Trend } from "k6/metrics";

import { call, expect, meet, number, saying } from "./people.js";

const PEOPLE = number("PEOPLE", 5);
const SECONDS = number("SECONDS", 10);
const PAUSE_MS = number("PAUSE_MS", 50);

const readTime = new Trend("read_time", true);
const postTime = new Trend("post_time", true);

export const options = {
  scenarios: { ask: { executor: "constant-vus", vus: PEOPLE, duration: `${SECONDS}s` } },
  thresholds: {
    checks: ["rate==1"],
    http_req_failed: ["rate==0"],
    read_time: [`p(95)<${number("READ_MS", 500)}`],
    post_time: [`p(95)<${number("POST_MS", 1000)}`],
  },
};

export function setup() {
  return meet(PEOPLE);
}

// Six of ten requests read, three post, and one comes back after a while.
export default function ({ chat, people }) {
  const { token } = people[exec.vu.idInTest % PEOPLE];
  const messages = `/api/chats/${chat}/messages`;
  const timed = (trend, response, status) => {
    trend.add(response.timings.duration);
    return expect(response, status);
  };
  const post = () => {
    const body = { content: "Soup at noon?", client_msg_id: `${exec.vu.idInTest}-${exec.vu.iterationInInstance}` };
    const { n } = timed(postTime, call("POST", messages, body, token), 201);
    timed(postTime, call("PUT", `/api/chats/${chat}/read`, { n }, token), 200);
  };
  const acts = [
    () => timed(readTime, call("GET", "/api/chats", null, token), 200),
    () => timed(readTime, call("GET", messages, null, token), 200),
    () => timed(readTime, call("GET", `${messages}?around=1&limit=20`, null, token), 200),
    () => timed(readTime, call("GET", `/api/chats/${chat}/members`, null, token), 200),
    () => timed(readTime, call("GET", "/api/users?query=k6", null, token), 200),
    () => timed(readTime, call("GET", "/api/me", null, token), 200),
    post,
    post,
    post,
    () => timed(readTime, call("POST", "/api/sync", { epoch: "", chats: {} }, token), 200),
  ];
  acts[exec.vu.iterationInInstance % acts.length]();
  sleep(PAUSE_MS / 1000);
}

export const handleSummary = saying(
  (value) =>
    `${value("http_reqs", "count")} requests of ${PEOPLE} people: reads took ${value("read_time", "med")} ms (median), ` +
    `${value("read_time", "p(95)")} ms (95th percentile); what is stored ${value("post_time", "med")} and ${value("post_time", "p(95)")} ms.`,
);

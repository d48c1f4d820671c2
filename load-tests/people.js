// What the scripts share: people with accounts who meet in a chat, and the sentence at the end.

import { check, fail } from "k6";
import http from "k6/http";

export const BASE_URL = (__ENV.BASE_URL || "http://127.0.0.1:8080").replace(/\/$/, "");

// A number from the environment: `-e NAME=…`.
export function number(name, usual) {
  return Number(__ENV[name] || usual);
}

export function call(method, path, body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  return http.request(method, BASE_URL + path, body && JSON.stringify(body), {
    headers,
    tags: { name: `${method} ${path.replace(/\d+/g, "N").replace(/\?.*/, "")}` },
  });
}

export function expect(response, status) {
  const expected = { [`${response.request.method} is answered ${status}`]: (r) => r.status === status };
  if (!check(response, expected)) {
    fail(`${response.request.method} ${response.url}: ${response.status} ${response.body}`);
  }
  return response.body ? response.json() : null;
}

// So many new people in one new chat: `{chat, people: [{id, token}]}`.
export function meet(count) {
  const run = Date.now().toString(36);
  const people = [];
  for (let i = 0; i < count; i++) {
    const account = { username: `k6-${run}-${i}`, password: "correct horse" };
    const email = `${account.username}@example.com`;
    const { id } = expect(call("POST", "/register", { ...account, email }), 201);
    const { token } = expect(call("POST", "/auth", account), 200);
    people.push({ id, token });
  }
  const owner = people[0].token;
  const chat = expect(call("POST", "/createChat", { type: "group", name: `k6 ${run}` }, owner), 201);
  for (const { id } of people.slice(1)) {
    const member = { conversation_id: chat.id, user_id: id, role: "member" };
    expect(call("POST", "/addMember", member, owner), 201);
  }
  return { chat: chat.id, people };
}

// The address and the parameters of somebody's socket.
export function socketOf(person, query) {
  const url = `${BASE_URL.replace(/^http/, "ws")}/ws${query || ""}`;
  return [url, { headers: { Authorization: `Bearer ${person.token}` } }];
}

// A `handleSummary` that says what was found, and which thresholds failed.
export function saying(found) {
  return (data) => {
    const value = (name, part) => {
      const metric = data.metrics[name];
      const number = metric ? metric.values[part] : undefined;
      return number === undefined ? "none" : Math.round(number * 10) / 10;
    };
    const failed = Object.entries(data.metrics).flatMap(([name, { thresholds }]) =>
      Object.entries(thresholds || {})
        .filter(([, { ok }]) => !ok)
        .map(([threshold]) => `FAILED: ${name}: ${threshold}`),
    );
    return { stdout: [found(value), ...failed, ""].join("\n") };
  };
}

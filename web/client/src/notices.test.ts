/** What deserves a word is told of, however it has come: live, with the chat that it began, or in a gap. */
import { describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { createBrowser } from "./testing/browser.ts";
import { Clock, pass } from "./testing/clock.ts";
import { SlowServer, ME } from "./testing/slow-server.ts";

async function begin() {
  const clock = new Clock();
  const network = { delay: 20 };
  const server = new SlowServer(clock, () => network.delay);
  for (const id of [7, 8]) server.found(id, [ME, 2, 3]);
  const tab = createBrowser().tab(server.world());
  const client = createClient(tab.environment);
  const told: string[] = [];
  client.onNotice(({ message }) => told.push(message.text));
  const started = client.start();
  await pass(clock, 3_000);
  await started;
  return { clock, server, client, tab, told, line: network };
}

describe("what somebody said elsewhere", () => {
  it("is told of when it is the first in a chat that one was just added to", async () => {
    const { clock, server, told } = await begin();
    server.found(9, [2]);
    server.join(9, ME);
    server.post(9, 2, [ME]);
    await pass(clock, 5_000);
    expect(told).toEqual(["9/1"]);
    server.post(9, 2);
    await pass(clock, 10_000);
    expect(told).toEqual(["9/1", "9/2"]);
  });

  it("is told of when the list knows of it sooner than it is counted", async () => {
    const { clock, server, told, line: network } = await begin();
    server.found(9, [2]);
    server.join(9, ME);
    // The chat is being looked up; what is said now is in the answer, and counted long after.
    await pass(clock, 25);
    network.delay = 400;
    server.post(9, 2);
    network.delay = 20;
    await pass(clock, 5_000);
    expect(told).toEqual(["9/1"]);
  });

  it("is told of when it was said while the connection was away, once", async () => {
    const { clock, server, client, tab, told } = await begin();
    void client.chat(8).open();
    await pass(clock, 1_000);
    tab.look(false);
    server.cut();
    server.post(7, 2);
    server.post(8, 3);
    server.found(9, [2]);
    server.join(9, ME);
    server.post(9, 2);
    await pass(clock, 30_000);
    expect(told.sort()).toEqual(["7/1", "8/1", "9/1"]);
    server.cut();
    await pass(clock, 30_000);
    expect(told).toHaveLength(3);
  });

  it("is told of after two gaps, the first of which was too short to ask", async () => {
    const { clock, server, told } = await begin();
    server.cut();
    server.post(7, 2);
    for (let at = 0; at < 400 && told.length === 0; at += 1) {
      await pass(clock, 50);
      // As soon as it stands it is cut again.
      if (server.isReady() && at < 200) server.cut();
    }
    await pass(clock, 60_000);
    expect(told).toEqual(["7/1"]);
  });

  it("is not told of where it is read, was said by oneself, or waits since before the page was opened", async () => {
    const { clock, server, told } = await begin();
    server.cut();
    server.post(7, ME);
    server.post(8, 2);
    server.read(8, 1);
    await pass(clock, 30_000);
    expect(told).toEqual([]);
    server.post(7, 2);
    await pass(clock, 10_000);
    told.length = 0;
    const late = createClient(createBrowser().tab(server.world()).environment);
    late.onNotice(({ message }) => told.push(message.text));
    const started = late.start();
    await pass(clock, 30_000);
    await started;
    expect(told).toEqual([]);
  });
});

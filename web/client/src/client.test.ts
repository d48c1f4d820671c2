/** A whole client whose server does not answer. */
import { expect, it } from "vitest";
import { createClient } from "./client.ts";
import { createBrowser, type World } from "./testing/browser.ts";
import { Clock, pass } from "./testing/clock.ts";

it.each(["between two questions", "while it waits for answers"])("asks nothing more once it is stopped, %s", async (when) => {
  const clock = new Clock();
  let asked = 0;
  const world: World = {
    now: () => clock.now,
    random: () => 0.5,
    after: clock.after,
    request: () => {
      asked += 1;
      return new Promise((_, reject) => clock.after(1_000, () => reject(new TypeError("failed"))));
    },
    connect: () => ({ send: () => undefined, close: () => undefined }),
    stream: () => ({ close: () => undefined }),
  };
  const client = createClient(createBrowser().tab(world).environment);
  void client.start();
  await pass(clock, when === "between two questions" ? 20_000 : 500);
  expect(asked).toBeGreaterThan(1);
  client.stop();
  const before = asked;
  await pass(clock, 120_000);
  expect([asked - before, clock.next()]).toEqual([0, null]);
});

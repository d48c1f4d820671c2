/** Chromium as people have it: one tab hides the other, and what is hidden may be frozen. Playwright's tabs are always in front. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import WebSocket from "ws";
import { ARGS, EXECUTABLE } from "./browser";
import { newFolder, removeFolder } from "./folders";
import { until } from "./wait";

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string };
}

export interface Tab {
  /** What an expression, or its promise, comes to in the page. */
  ask<T>(expression: string): Promise<T>;
  /** In front of all others. */
  show(): Promise<void>;
  freeze(isFrozen: boolean): Promise<void>;
  /** Types into what has the focus, and presses Enter. */
  write(text: string): Promise<void>;
}

export interface RawChromium {
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
}

export async function launchRawChromium(): Promise<RawChromium> {
  const folder = newFolder("bare");
  const child = spawn(EXECUTABLE, [...ARGS, "--headless", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (data) => (told += String(data)));
  const place = () => /ws:\/\/\S+/.exec(told)?.[0];
  await until(() => place() !== undefined);
  const socket = new WebSocket(place() ?? "");
  await once(socket, "open");
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  socket.on("message", (data) => {
    const answer = JSON.parse(String(data)) as Answer;
    waiting.get(answer.id)?.(answer);
  });
  const send = <T>(method: string, params: object = {}, sessionId?: string) =>
    new Promise<T>((resolve, reject) => {
      const id = (asked += 1);
      waiting.set(id, ({ result, error }) => (error === undefined ? resolve(result as T) : reject(new Error(error.message))));
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  return {
    async open(url) {
      const { targetId } = await send<{ targetId: string }>("Target.createTarget", { url });
      const { sessionId } = await send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
      return {
        async ask<T>(expression: string) {
          const { result } = await send<{ result: { value: T } }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
          return result.value;
        },
        show: () => send("Target.activateTarget", { targetId }),
        freeze: (isFrozen) => send("Page.setWebLifecycleState", { state: isFrozen ? "frozen" : "active" }, sessionId),
        async write(text) {
          await send("Input.insertText", { text }, sessionId);
          for (const type of ["keyDown", "keyUp"]) {
            await send("Input.dispatchKeyEvent", { type, key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: type === "keyDown" ? "\r" : "" }, sessionId);
          }
        },
      };
    },
    async close() {
      const ended = once(child, "exit");
      // Its helpers end with it then, and write no more.
      await Promise.race([send("Browser.close"), ended]);
      await ended;
      socket.close();
      await removeFolder(folder);
    },
  };
}

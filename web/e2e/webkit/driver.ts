/** A WebKit with its MiniBrowser on a screen of its own, driven by W3C WebDriver. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { freePort } from "../server";
import { until } from "../wait";

const NEEDED = ["/usr/bin/WebKitWebDriver", "/usr/bin/Xvfb", "/usr/bin/dbus-run-session"];

/** What is not installed of what it needs; null if all is. */
export const missing = NEEDED.find((path) => !existsSync(path)) ?? null;

export interface WebKit {
  goto(url: string): Promise<void>;
  back(): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page, with values that JSON has. */
  run<T, Args extends unknown[]>(work: (...args: Args) => T | Promise<T>, ...args: Args): Promise<T>;
  /** Presses keys where the focus is. */
  press(keys: string): Promise<void>;
  window(): Promise<string>;
  /** Opens a window beside, and goes there. */
  open(): Promise<string>;
  turnTo(window: string): Promise<void>;
  /** Closes the window where one is. */
  close(): Promise<void>;
  end(): Promise<void>;
}

/** How long the driver may think about one thing. */
const PATIENCE = 60_000;

export async function startWebKit(): Promise<WebKit> {
  const screen = await startScreen();
  const port = await freePort();
  const driver = spawn("dbus-run-session", ["--", "WebKitWebDriver", `--port=${port}`], {
    env: { ...process.env, DISPLAY: screen.display, LANG: "C.UTF-8", WEBKIT_DISABLE_COMPOSITING_MODE: "1" },
    stdio: "ignore",
    // It starts others, which are to end with it.
    detached: true,
  });
  const ask = asker(`http://127.0.0.1:${port}`);
  await until(async () => (await ask("GET", "/status").catch(() => null)) !== null, 60);
  const { sessionId } = (await ask("POST", "/session", { capabilities: {} })) as { sessionId: string };
  const one = (method: string, path: string, body?: unknown) => ask(method, `/session/${sessionId}${path}`, body);

  const browser: WebKit = {
    goto: async (url) => void (await one("POST", "/url", { url })),
    back: async () => void (await one("POST", "/back", {})),
    reload: async () => void (await one("POST", "/refresh", {})),
    async run(work, ...args) {
      const script = `const done = arguments[arguments.length - 1]; Promise.resolve((${work})(...[].slice.call(arguments, 0, -1))).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const answer = (await one("POST", "/execute/async", { script, args })) as { value?: never; error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value as never;
    },
    async press(keys) {
      const actions = [...keys].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
      await one("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
    },
    window: async () => (await one("GET", "/window")) as string,
    async open() {
      const { handle } = (await one("POST", "/window/new", { type: "window" })) as { handle: string };
      await browser.turnTo(handle);
      return handle;
    },
    turnTo: async (handle) => void (await one("POST", "/window", { handle })),
    close: async () => void (await one("DELETE", "/window")),
    async end() {
      await ask("DELETE", `/session/${sessionId}`).catch(() => undefined);
      await ended(driver, () => driver.pid !== undefined && process.kill(-driver.pid, "SIGTERM"));
      await ended(screen.process, () => screen.process.kill());
    },
  };
  await one("POST", "/timeouts", { script: PATIENCE, pageLoad: PATIENCE });
  await one("POST", "/window/rect", { width: 1280, height: 800 });
  return browser;
}

function asker(address: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(address + path, {
      method,
      signal: AbortSignal.timeout(PATIENCE),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: unknown };
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
}

/** A screen that nobody sees, under a number that is free. */
function startScreen(): Promise<{ display: string; process: ChildProcess }> {
  const child = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", (number: Buffer) => resolve({ display: `:${String(number).trim()}`, process: child }));
    child.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  try {
    end();
  } catch {
    return;
  }
  await exit;
}

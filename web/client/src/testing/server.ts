/** The real server for tests, if it has been built, and a way to it with cookies. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import WebSocket from "ws";
import { encoded } from "../well-formed-text.ts";
import type { SocketCallbacks, StreamCallbacks } from "../environment.ts";
import { readStream } from "../ways/stream.ts";
import type { World } from "./browser.ts";

const BUILT = ["debug", "release"].map((profile) =>
  resolve(import.meta.dirname, `../../../../target/${profile}/vestnik`),
);

/** Null where no server has been built. Where it is named, or must not be missing, that is an error. */
export const binary = findBinary(process.env["VESTNIK_BIN"], process.env["CI"] === "true");

export function findBinary(named: string | undefined, isNeeded: boolean): string | null {
  const found = (named === undefined ? BUILT : [named]).find((place) => existsSync(place));
  if (found === undefined && (named !== undefined || isNeeded)) {
    throw new Error(`there is no server at ${named ?? BUILT.join(" or ")}: build it, or name it in VESTNIK_BIN`);
  }
  return found ?? null;
}

export interface Server {
  url: string;
  /** Kills it without warning and starts it again at the same place. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "vestnik-web-"));
  let [process_, url] = await launch(directory, "127.0.0.1:0");

  async function kill() {
    const ended = new Promise((resolve) => process_.once("exit", resolve));
    if (process_.exitCode === null && process_.signalCode === null && process_.kill("SIGKILL")) await ended;
  }

  return {
    url,
    kill,
    async restart() {
      await kill();
      [process_, url] = await launch(directory, new URL(url).host);
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function launch(directory: string, listen: string): Promise<[ChildProcess, string]> {
  // Tests fill chats faster than people talk. Nothing else of the environment: the server refuses settings that it does not know.
  const settings = { DATABASE_URL: `sqlite://${directory}/vestnik.db`, VESTNIK_RATES: "message=1000/2000", VESTNIK_CHEAP_HASHES: "true" };
  const environment = { PATH: process.env["PATH"] ?? "", ...settings };
  const child = spawn(binary ?? "", ["--listen", listen], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve, reject) => {
    let heard = "";
    child.stderr.on("data", (data: Buffer) => {
      heard += data.toString();
      const url = /listening on (http:\/\/\S+)/.exec(heard)?.[1];
      if (url) resolve([child, url]);
    });
    child.once("exit", () => reject(new Error(heard)));
  });
}

/** Someone's browser, whose cookie is the jar's. */
export function worldOf(server: Server): World & { cutAll(): void; sockets: "pass" | "refuse" | "swallow" } {
  let cookie = "";
  const sockets = new Set<WebSocket>();
  const streams = new Set<StreamCallbacks>();
  const headers = () => ({ origin: server.url, ...(cookie === "" ? {} : { cookie }) });
  return {
    now: () => Date.now(),
    random: () => Math.random() * 0.2,
    after(milliseconds, run) {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    async request(method, path, body, file) {
      const init = file ? { body: (file.bytes as Blob | undefined) ?? null } : body === undefined ? {} : { body: encoded(body) };
      const answer = await fetch(server.url + path, { method, headers: { ...headers(), ...file?.headers }, ...init });
      for (const set of answer.headers.getSetCookie()) cookie = set.split(";")[0] ?? "";
      const text = await answer.text();
      const offset = answer.headers.get("upload-offset");
      const place = { location: answer.headers.get("location"), offset: offset === null ? null : Number(offset) };
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text), ...place };
    },
    sockets: "pass",
    stream(path, callbacks) {
      const ask = (signal: AbortSignal) => fetch(server.url + path, { headers: headers(), signal });
      const one = readStream(ask, callbacks);
      streams.add(callbacks);
      return one;
    },
    connect(callbacks: SocketCallbacks) {
      if (this.sockets !== "pass") {
        if (this.sockets === "refuse") setTimeout(() => callbacks.closed(1006));
        return { send: () => {}, close: () => {} };
      }
      const socket = new WebSocket(server.url.replace("http", "ws") + "/ws", { headers: headers() });
      sockets.add(socket);
      socket.on("open", callbacks.opened);
      socket.on("message", (data) => callbacks.text(String(data)));
      socket.on("error", () => {});
      socket.on("close", (code) => {
        sockets.delete(socket);
        callbacks.closed(code);
      });
      return {
        send: (text) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(text);
        },
        close: () => socket.close(),
      };
    },
    cutAll() {
      for (const socket of sockets) socket.terminate();
      for (const callbacks of streams) callbacks.closed(null);
      streams.clear();
    },
  };
}

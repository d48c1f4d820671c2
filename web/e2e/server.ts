/** The real server, behind a line that can be cut. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { newFolder, removeFolder } from "./folders";
import { until } from "./wait";

const BINARY = process.env["VESTNIK_BIN"];
export const DIST = resolve(import.meta.dirname, "../dist");

export interface Running {
  /** Where the page is, through the line. */
  readonly url: string;
  /** All connections break and none is made, until `mend`. */
  cut(): void;
  /** Connections are taken and nothing comes over them, until `mend`. */
  hang(): void;
  mend(): void;
  /** As a power cut would end it. */
  kill(): Promise<void>;
  /** As an operator ends it: with a word to everybody. */
  stop(): Promise<void>;
  /** Again, with other options if there are any. */
  start(...options: string[]): Promise<void>;
  /** Another command of the binary, such as `demo`, on the database of the stopped server. */
  command(...words: string[]): Promise<void>;
  end(): Promise<void>;
}

export async function serve(...options: string[]): Promise<Running> {
  if (BINARY === undefined) throw new Error("VESTNIK_BIN must name the server's binary");
  const folder = newFolder("e2e");
  const port = await freePort();
  let process_: ChildProcess | null = null;
  const line = await lineTo(port);
  // Tests fill chats faster than people talk.
  const env = { PATH: process.env["PATH"] ?? "", VESTNIK_RATES: "frame=0,message=0,text=0", VESTNIK_CHEAP_HASHES: "true", DATABASE_URL: `sqlite://${join(folder, "vestnik.db")}?mode=rwc`, RUST_LOG: "warn" };

  async function start(...others: string[]): Promise<void> {
    const chosen = others.length > 0 ? others : options;
    const args = ["--listen", `127.0.0.1:${port}`, ...chosen];
    if (!chosen.includes("--public-url")) args.push("--public-url", line.url);
    if (!chosen.includes("--web-dir")) args.push("--web-dir", DIST);
    const child = spawn(BINARY as string, args, {
      env,
      stdio: ["ignore", "ignore", process.env["VESTNIK_E2E_LOG"] === undefined ? "ignore" : "inherit"],
    });
    process_ = child;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      return (await fetch(`http://127.0.0.1:${port}/api/ready`).catch(() => null))?.ok === true;
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = process_;
    process_ = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  await start();
  return {
    url: line.url,
    cut: line.cut,
    hang: line.hang,
    mend: line.mend,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    start,
    async command(...words) {
      const child = spawn(BINARY as string, words, { env, stdio: ["ignore", "ignore", "inherit"] });
      const [code] = (await once(child, "exit")) as [number | null];
      if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}`);
    },
    async end() {
      await end("SIGKILL");
      await line.end();
      await removeFolder(folder);
    },
  };
}

async function lineTo(port: number) {
  const open = new Set<Socket>();
  let isCut = false;
  let isHanging = false;
  const server: Server = createServer((near) => {
    if (isCut) return near.destroy();
    if (isHanging) {
      open.add(near);
      return near.on("error", () => undefined).on("close", () => open.delete(near));
    }
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        (socket === near ? far : near).destroy();
      });
    }
    near.pipe(far).pipe(near);
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    isCut = true;
    open.forEach((socket) => socket.destroy());
  };
  return {
    // A name, so that the browser takes the page for a secure one.
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    cut,
    hang() {
      cut();
      [isCut, isHanging] = [false, true];
    },
    mend() {
      if (isHanging) cut();
      isCut = isHanging = false;
    },
    end() {
      cut();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

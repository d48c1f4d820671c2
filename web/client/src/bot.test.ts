/** The example of a bot, built as its author would have it, before the real server: cut off, and killed. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./testing/browser.ts";
import { begin, end, newcomer, server, texts, type Person } from "./testing/people.ts";
import { binary } from "./testing/server.ts";

const PACKAGE = resolve(import.meta.dirname, "..");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** A network to the server that can be cut. */
class Network {
  private pairs = new Set<[Socket, Socket]>();
  private listener: Listener = createServer((near) => {
    const far = connect(Number(new URL(server.url).port), "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    near.pipe(far).pipe(near);
    const over = () => {
      this.pairs.delete(pair);
      for (const one of pair) one.destroy();
    };
    for (const one of pair) one.on("close", over).on("error", over);
  });

  async open(): Promise<string> {
    await new Promise<void>((ready) => this.listener.listen(0, "127.0.0.1", ready));
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  cut() {
    for (const pair of this.pairs) for (const one of pair) one.destroy();
  }

  close() {
    this.cut();
    this.listener.close();
  }
}

class Bot {
  private process: ChildProcess | null = null;
  readonly folder = mkdtempSync(join(tmpdir(), "vestnik-bot-"));
  said = "";

  constructor(private name: string, private url: string) {}

  start() {
    const settings = { PATH: process.env["PATH"] ?? "", VESTNIK_URL: this.url, BOT_NAME: this.name, BOT_PASSWORD: "correct horse", BOT_FOLDER: this.folder };
    this.process = spawn(process.execPath, [join(PACKAGE, "examples/echo-bot.mjs")], { env: settings, stdio: ["ignore", "ignore", "pipe"] });
    this.process.stderr?.on("data", (data: Buffer) => (this.said += data.toString()));
  }

  async kill() {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await ended;
  }
}

describe.skipIf(!binary)("the example of a bot", () => {
  const network = new Network();
  let alice: Person;
  let bot: Bot;
  let chat: number;

  beforeAll(async () => {
    execFileSync(process.execPath, [tsc, "-p", join(PACKAGE, "tsconfig.build.json")]);
    await begin();
    alice = await newcomer();
    const account = await newcomer();
    account.client.stop();
    bot = new Bot(account.name, await network.open());
    const made = await alice.client.createGroup("Echoes", [account.id]);
    if (!made.ok) throw new Error(made.error);
    chat = made.value.id;
    await alice.client.chat(chat).open();
    bot.start();
  }, 60_000);
  afterAll(async () => {
    await bot.kill();
    rmSync(bot.folder, { recursive: true, force: true });
    network.close();
    await end();
  });

  const answers = () => texts(alice.client, chat).filter((text) => /^\d+$/.test(text));
  const say = (first: number, last: number) => {
    for (let n = first; n <= last; n += 1) alice.client.chat(chat).send(`echo ${n}`);
  };
  const all = (last: number) => Array.from({ length: last }, (_, place) => String(place + 1));
  const answered = (last: number) => until(`${last} are answered: ${bot.said}`, () => answers().length >= last, 30_000);

  it("answers what was said before it came, and after", async () => {
    say(1, 3);
    await answered(3);
    const [first, answer] = ["echo 1", "1"].map((text) => alice.client.chat(chat).timeline.value.messages.find((one) => one.text === text));
    expect(answer?.replyTo).toBe(first?.id);
  });

  it("answers each once and in order, however often it is cut off", async () => {
    say(4, 30);
    for (let answersBefore = 5; answersBefore <= 25; answersBefore += 5) {
      await answered(answersBefore);
      network.cut();
    }
    await answered(30);
    expect(answers()).toEqual(all(30));
  }, 60_000);

  it("answers each once and in order, also if it is killed in the midst of it", async () => {
    say(31, 45);
    await answered(33);
    await bot.kill();
    bot.start();
    await answered(38);
    await bot.kill();
    // As if it had noted nothing of what it has done: it comes to everything again.
    rmSync(join(bot.folder, "done.json"));
    bot.start();
    await answered(45);
    // One more, so that a second answer to the last one would have come before its answer.
    say(46, 46);
    await answered(46);
    expect(answers()).toEqual(all(46));
    expect(bot.said).toBe("");
  }, 60_000);

  it("goes on where it was, after more was said than a page has", async () => {
    await bot.kill();
    for (let n = 0; n < 130; n += 1) alice.client.chat(chat).send(`not for the bot: ${n}`);
    say(47, 48);
    await until("all are sent", () => alice.client.waiting.value === 0, 30_000);
    bot.start();
    await until(`the last is answered: ${bot.said}`, () => answers().includes("48"), 30_000);
    expect(answers()).toEqual(all(48));
  }, 60_000);
});

/**
 * A bot that says again what it is told: whoever writes "echo hello" in a chat that it belongs to is answered "hello", once,
 * also if the connection is cut or the bot is killed in the midst of it.
 *
 *   VESTNIK_URL=https://chat.example.com BOT_NAME=echo BOT_PASSWORD=... node examples/echo-bot.mjs
 *
 * BOT_FOLDER is where it keeps its session and how far it has come; here, unless set.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, follow, settled } from "@vestnik/client";
import { nodeEnvironment } from "@vestnik/client/node";
import WebSocket from "ws";

const { VESTNIK_URL: url = "http://127.0.0.1:8080", BOT_NAME = "echo", BOT_PASSWORD = "", BOT_FOLDER = "." } = process.env;

const environment = nodeEnvironment({ url, WebSocket, sessionFile: join(BOT_FOLDER, "session") });
const client = createClient(environment);

/** By chat, the number of the last message that it is done with. */
const done = new Map(read(join(BOT_FOLDER, "done.json")));
const followed = new Set();

await client.start();
client.session.subscribe(async ({ state }) => {
  if (state !== "signed-out") return;
  const answer = await client.signIn(BOT_NAME, BOT_PASSWORD);
  if (!answer.ok) give(`cannot sign in as ${BOT_NAME}: ${answer.error}`);
});
client.chats.subscribe((chats) => {
  for (const { id, type } of chats) {
    // In General everybody is.
    if (type === "general" || followed.has(id)) continue;
    followed.add(id);
    void attend(id).finally(() => followed.delete(id));
  }
});

/** Answers what is said in a chat, one message after the other. */
async function attend(chatId) {
  const chat = client.chat(chatId);
  for await (const message of follow(chat, environment, done.get(chatId) ?? 0)) {
    const [, words] = /^echo (.+)$/s.exec(message.deleted ? "" : message.text) ?? [];
    if (words !== undefined && message.userId !== myId()) {
      // The same key each time that this message is come to: so it is answered once, however often that is.
      const key = chat.send(words, message.id, `echo-${message.id}`);
      const answer = await settled(chat, key);
      if (!answer.ok) console.error(`message ${message.id} could not be answered: ${answer.error}`);
    }
    done.set(chatId, message.n);
    write(join(BOT_FOLDER, "done.json"), [...done]);
  }
}

function myId() {
  const session = client.session.value;
  return session.state === "signed-in" ? session.me.id : null;
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (failure) {
    if (failure.code === "ENOENT") return [];
    throw failure;
  }
}

/** At one stroke: after a crash it is the old one or the new one. */
function write(file, value) {
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
}

function give(reason) {
  console.error(reason);
  process.exit(1);
}

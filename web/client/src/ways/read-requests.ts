/** How far chats are read, said in requests. */
import type { Answer, Environment } from "../environment.ts";
import type { ServerFrame } from "../protocol.ts";
import { waitOf } from "../rules/server-waits.ts";
import { answerToRead } from "./frames-of-answers.ts";

/** When to try again what would be too much now, unless the server says. */
const LATER = 5_000;

export interface ReadRequestCallbacks {
  request(method: string, path: string, body: unknown): Promise<Answer | null>;
  tell(frame: ServerFrame): void;
  isOver(): boolean;
}

/** One request of a chat at a time is on its way; of those that wait the last is what is meant. */
export function createReadRequests(environment: Pick<Environment, "after">, callbacks: ReadRequestCallbacks) {
  /** The last that was said of each chat of which a request is on its way, or waits. */
  const said = new Map<number, number>();

  async function ask(chatId: number, n: number) {
    const answer = await callbacks.request("PUT", `/api/chats/${chatId}/read`, { n });
    const { frame, retryAfter } = answerToRead(answer);
    if (frame) callbacks.tell(frame);
    if (retryAfter !== null) environment.after(waitOf(retryAfter, LATER), () => askAgain(chatId, n));
    else if (said.get(chatId) !== n) askAgain(chatId, n);
    else said.delete(chatId);
  }

  function askAgain(chatId: number, n: number) {
    const next = said.get(chatId) ?? n;
    said.delete(chatId);
    if (!callbacks.isOver()) read(chatId, next);
  }

  function read(chatId: number, n: number) {
    const isRunning = said.has(chatId);
    said.set(chatId, n);
    if (!isRunning) void ask(chatId, n);
  }

  return { read };
}

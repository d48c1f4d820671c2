/** What a socket would have said, made of the answer to a request. */
import type { Answer } from "../environment.ts";
import { parseFrame } from "../frames.ts";
import type { ClientFrame, ErrorFrame, ServerFrame } from "../protocol.ts";
import { waitIn } from "../rules/server-waits.ts";
import { isRecord } from "../value-checks.ts";

/** When to ask again what was not answered, in milliseconds; it is done once however often it is asked. */
const AGAIN = 2_000;

type Send = Extract<ClientFrame, { type: "send" }>;

/** The answer to a message; null is none. */
export function answerToSend(frame: Send, answer: Answer | null): ServerFrame {
  const { chat_id, client_msg_id } = frame;
  const body = isRecord(answer?.body) ? answer.body : {};
  if (answer && answer.status >= 200 && answer.status < 300) {
    const { id, seq, n, created_at } = body;
    const dup = body["dup"] === true;
    const ack = parseFrame(JSON.stringify({ type: "ack", chat_id, client_msg_id, id, seq, n, created_at, dup }));
    // Something in between has answered in the server's place.
    return ack ?? unanswered(frame);
  }
  const { code, error } = body;
  if (typeof code !== "string") return unanswered(frame);
  const after = waitIn(body["retry_after_ms"]);
  return {
    type: "error",
    code,
    error: typeof error === "string" ? error : code,
    retry: after !== null,
    ...(after === null ? {} : { retry_after_ms: after }),
    chat_id,
    client_msg_id,
  };
}

function unanswered({ chat_id, client_msg_id }: Send): ErrorFrame {
  const error = "the server did not answer";
  return { type: "error", code: "no_answer", error, retry: true, retry_after_ms: AGAIN, chat_id, client_msg_id };
}

/** The answer to a mark, and when to set it again if it was not set. */
export function answerToRead(answer: Answer | null): { frame: ServerFrame | null; retryAfter: number | null } {
  const body = isRecord(answer?.body) ? answer.body : {};
  if (answer?.status === 200) return { frame: parseFrame(JSON.stringify({ ...body, type: "unread" })), retryAfter: null };
  const isRefused = typeof body["code"] === "string";
  return { frame: null, retryAfter: isRefused ? waitIn(body["retry_after_ms"]) : AGAIN };
}

/** From where a chat is to be opened; what is of another history is nowhere. */
export function wanted(frame: Extract<ClientFrame, { type: "open" }>, epoch: string | null): number | null {
  return frame.after === undefined || (frame.epoch !== undefined && frame.epoch !== epoch) ? null : frame.after;
}

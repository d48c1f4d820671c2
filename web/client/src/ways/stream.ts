/** Server-sent events out of the body of an answer. */
import { createParser } from "eventsource-parser";
import * as bodies from "../bodies.ts";
import type { Stream, StreamCallbacks } from "../environment.ts";
import { bodyOf, NOT_THE_SERVER, resultOf } from "../rest.ts";

/** The status by which the server refuses; null where a proxy or another program does. */
async function refusal(answer: Response): Promise<number | null> {
  const { status, headers } = answer;
  const result = resultOf({ status, body: bodyOf(await answer.text(), headers.get("content-type")) }, bodies.done);
  return result.ok || result.code === NOT_THE_SERVER ? null : status;
}

/** Reads what `ask` is answered, until it ends or is closed. What is no event stream has never begun. */
export function readStream(ask: (signal: AbortSignal) => Promise<Response>, callbacks: StreamCallbacks): Stream {
  const end = new AbortController();
  let isOver = false;

  function over(status: number | null) {
    if (isOver) return;
    isOver = true;
    end.abort();
    callbacks.closed(status);
  }

  async function read() {
    const answer = await ask(end.signal);
    const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    if (!answer.ok || !isStream || answer.body === null) return over(await refusal(answer));
    callbacks.opened();
    const parser = createParser({ onEvent: ({ event, data }) => void (isOver || callbacks.event(event ?? "message", data)) });
    const text = new TextDecoder();
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (isOver) return;
      if (done) return over(null);
      callbacks.alive();
      parser.feed(text.decode(value, { stream: true }));
    }
  }

  read().catch(() => over(null));
  return {
    close() {
      isOver = true;
      end.abort();
    },
  };
}

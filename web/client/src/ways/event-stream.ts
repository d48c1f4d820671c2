/** One stream of events after the other: when other chats are to be open it is asked for anew, from where it was. */
import type { Environment, Stream } from "../environment.ts";

/** A server says something every 25 seconds. */
const SILENCE = 60_000;
/** What is opened and closed in one stroke is asked for together. */
const TOGETHER = 20;

export interface EventStreamCallbacks {
  /** Where to ask for the stream from here on. */
  path(): string;
  opened(): void;
  event(name: string, data: string): void;
  /** It has ended, or was refused with this status. */
  over(status: number | null): void;
}

export interface EventStream {
  ask(): void;
  /** In a moment, once for all who want it. */
  askAgain(): void;
  end(): void;
}

export function createEventStream(environment: Environment, callbacks: EventStreamCallbacks): EventStream {
  let stream: Stream | null = null;
  let isOver = false;
  let cancelSilence = () => {};
  let cancelAgain: (() => void) | null = null;

  function ask() {
    cancelAgain = null;
    stream?.close();
    alive();
    const own = environment.stream(callbacks.path(), {
      opened: () => stream === own && !isOver && callbacks.opened(),
      alive: () => stream === own && !isOver && alive(),
      event: (name, data) => stream === own && !isOver && callbacks.event(name, data),
      closed: (status) => stream === own && callbacks.over(status),
    });
    stream = own;
  }

  function alive() {
    cancelSilence();
    cancelSilence = environment.after(SILENCE, () => callbacks.over(null));
  }

  return {
    ask,
    askAgain: () => void (cancelAgain ??= environment.after(TOGETHER, ask)),
    end() {
      isOver = true;
      cancelSilence();
      cancelAgain?.();
      stream?.close();
    },
  };
}

/**
 * Which tabs show which chats, and the opening of those on the socket. The server answers one `open`
 * of a chat at a time, so others wait; and it does not repeat in its answer where that began, which
 * the tabs must know: they may be at different places.
 */
import type { Environment } from "../environment.ts";
import type { ChangesFrame, ClientFrame, ErrorFrame, OpenedFrame } from "../protocol.ts";
import { hasPassed } from "../rules/clock.ts";
import { waitOf } from "../rules/waits.ts";

/** When to ask again what was too much, unless the server says. */
const LATER = 1_000;

interface Asked {
  tabs: string[];
  after: number | null;
  epoch: string | null;
}

interface Opening {
  tabs: Set<string>;
  running: Asked | null;
  waiting: Asked[];
  /** The next step begins behind this. */
  reached: number;
  /** When the server last had something to answer, or answered. */
  at: number;
}

export interface Openings {
  open(tab: string, chatId: number, after: number | null, epoch: string | null): void;
  close(tab: string, chatId: number): void;
  gone(tab: string): void;
  /** Where a step begins, and which tabs asked for it. */
  opened(frame: OpenedFrame): { from: number; tabs: string[] };
  /** A chat is not the user's any more: nobody has it open there. */
  ended(chatId: number): void;
  /** What another process has stored was told; is the chat still the user's? */
  stored(frame: ChangesFrame, isIn: boolean): void;
  /** A live change was heard. */
  live(chatId: number, seq: number): void;
  /** The tabs whose opening failed with this error; null if it is about something else. */
  failed(frame: ErrorFrame): string[] | null;
  isOpen(chatId: number): boolean;
  /** Has nothing been heard for so long of what was asked? */
  isStuck(chatId: number, milliseconds: number): boolean;
  /** What is asked, and waits to be, is not waited for any more: whose that was. */
  givenUp(chatId: number): string[];
  lost(): void;
}

export function createOpenings(
  send: (frame: ClientFrame) => void,
  environment: Pick<Environment, "now" | "after">,
): Openings {
  const chats = new Map<number, Opening>();

  function next(chatId: number, opening: Opening) {
    if (opening.running) return;
    opening.running = opening.waiting.shift() ?? null;
    if (opening.running) ask(chatId, opening, opening.running);
    else if (opening.tabs.size === 0) {
      chats.delete(chatId);
      send({ type: "close", chat_id: chatId });
    }
  }

  function ask(chatId: number, opening: Opening, asked: Asked) {
    opening.reached = asked.after ?? 0;
    opening.at = environment.now();
    send({
      type: "open",
      chat_id: chatId,
      ...(asked.after === null ? {} : { after: asked.after }),
      ...(asked.epoch === null ? {} : { epoch: asked.epoch }),
    });
  }

  function ended(chatId: number) {
    const opening = chats.get(chatId);
    if (!opening) return;
    opening.waiting = [];
    opening.tabs.clear();
    // An answer that is on its way is waited for, so that it is not taken for the next one's.
    if (!opening.running) chats.delete(chatId);
  }

  function live(chatId: number, seq: number) {
    const opening = chats.get(chatId);
    if (opening && !opening.running) opening.reached = seq;
  }

  function close(tab: string, chatId: number) {
    const opening = chats.get(chatId);
    if (!opening?.tabs.delete(tab) || opening.tabs.size > 0) return;
    // An answer that is on its way is waited for, so that it is not taken for the next one's.
    opening.waiting = [];
    next(chatId, opening);
  }

  return {
    open(tab, chatId, after, epoch) {
      const opening = chats.get(chatId) ?? { tabs: new Set(), running: null, waiting: [], reached: 0, at: 0 };
      chats.set(chatId, opening);
      opening.tabs.add(tab);
      const like = opening.waiting.find((one) => one.epoch === epoch && after !== null && one.after !== null);
      if (like) {
        like.tabs.push(tab);
        like.after = Math.min(like.after ?? 0, after ?? 0);
      } else {
        opening.waiting.push({ tabs: [tab], after, epoch });
      }
      next(chatId, opening);
    },
    close,
    gone(tab) {
      for (const chatId of [...chats.keys()]) close(tab, chatId);
    },
    opened(frame) {
      const opening = chats.get(frame.chat_id);
      if (!opening) return { from: frame.seq, tabs: [] };
      const answer = { from: opening.reached, tabs: opening.running?.tabs ?? [] };
      opening.reached = frame.seq;
      opening.at = environment.now();
      if (!frame.more) {
        opening.running = null;
        next(frame.chat_id, opening);
      }
      return answer;
    },
    ended,
    live,
    stored({ chat_id: chatId, seq }, isIn) {
      live(chatId, seq);
      if (!isIn) ended(chatId);
    },
    failed(frame) {
      if (frame.chat_id === undefined || frame.client_msg_id !== undefined) return null;
      const opening = chats.get(frame.chat_id);
      const asked = opening?.running;
      if (!opening || !asked) return null;
      const chatId = frame.chat_id;
      if (frame.retry) {
        environment.after(waitOf(frame.retry_after_ms, LATER), () => {
          if (chats.get(chatId) === opening && opening.running === asked) ask(chatId, opening, asked);
        });
        return [];
      }
      opening.running = null;
      // Who was refused has it not open, and is told if it can be.
      for (const tab of asked.tabs) opening.tabs.delete(tab);
      if (opening.tabs.size === 0 && opening.waiting.length === 0) chats.delete(chatId);
      else next(chatId, opening);
      return asked.tabs;
    },
    isOpen: (chatId) => (chats.get(chatId)?.tabs.size ?? 0) > 0,
    isStuck(chatId, milliseconds) {
      const opening = chats.get(chatId);
      return !!opening?.running && hasPassed(opening.at, environment.now(), milliseconds);
    },
    givenUp(chatId) {
      const opening = chats.get(chatId);
      if (!opening) return [];
      const tabs = [opening.running, ...opening.waiting].flatMap((asked) => asked?.tabs ?? []);
      [opening.running, opening.waiting] = [null, []];
      // They have it not open; whoever has had it open before still has, and an answer that comes late is nobody's.
      for (const tab of tabs) opening.tabs.delete(tab);
      if (opening.tabs.size === 0) chats.delete(chatId);
      return tabs;
    },
    lost: () => chats.clear(),
  };
}

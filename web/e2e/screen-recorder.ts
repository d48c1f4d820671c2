/**
 * What was on somebody's screen, measured without the page's own code, and what may be done to a screen. It is taken
 * down at every picture that the browser draws, and survives a reload.
 */
import type { Person } from "./browser";

export interface ScreenRecorder {
  /** Up to which message each chat has been on the screen, by its title. */
  readonly seen: Map<string, number>;
  /** The chat that is shown now, and the last of its messages that is on the screen. */
  now(): Promise<{ title: string; n: number } | null>;
  /** Another tab is shown, or this one again. */
  hide(isHidden: boolean): Promise<void>;
  /** Another window has the focus, or this one again. */
  blur(isBlurred: boolean): Promise<void>;
}

interface Watched {
  __isHidden: boolean;
  __isBlurred: boolean;
  __look: () => { title: string; n: number } | null;
  __saw: (title: string, n: number) => void;
}

/** Before the page is loaded for the first time. */
export async function recordScreen({ context, page }: Person): Promise<ScreenRecorder> {
  const seen = new Map<string, number>();
  const state = { isHidden: false, isBlurred: false };
  await context.exposeFunction("__saw", (title: string, n: number) => void seen.set(title, Math.max(seen.get(title) ?? 0, n)));
  await context.exposeFunction("__state", () => state);
  await context.addInitScript(watch);
  const set = async (change: Partial<typeof state>, events: string[]) => {
    Object.assign(state, change);
    await page.evaluate(
      ({ state, events }) => {
        const watched = globalThis as unknown as Watched;
        [watched.__isHidden, watched.__isBlurred] = [state.isHidden, state.isBlurred];
        for (const name of events) (name === "visibilitychange" ? document : window).dispatchEvent(new Event(name));
      },
      { state, events },
    );
  };
  return {
    seen,
    now: () => page.evaluate(() => (globalThis as unknown as Watched).__look()),
    hide: (isHidden) => set({ isHidden }, ["visibilitychange", isHidden ? "blur" : "focus"]),
    blur: (isBlurred) => set({ isBlurred }, [isBlurred ? "blur" : "focus"]),
  };
}

function watch(): void {
  const watched = globalThis as unknown as Watched & { __state: () => Promise<{ isHidden: boolean; isBlurred: boolean }> };
  [watched.__isHidden, watched.__isBlurred] = [false, false];
  void watched.__state().then((state) => ([watched.__isHidden, watched.__isBlurred] = [state.isHidden, state.isBlurred]));
  Object.defineProperty(document, "visibilityState", { get: () => (watched.__isHidden ? "hidden" : "visible") });
  Object.defineProperty(document, "hidden", { get: () => watched.__isHidden });
  document.hasFocus = () => !watched.__isHidden && !watched.__isBlurred;

  /** Where the last line of what was said is. */
  const lastLine = (message: Element): DOMRect | undefined => {
    const range = document.createRange();
    range.selectNodeContents(message.querySelector(".text") ?? message);
    return [...range.getClientRects()].filter(({ height }) => height > 0).at(-1);
  };
  watched.__look = () => {
    const [box, title] = [document.querySelector(".timeline-box"), document.querySelector(".chat-head h1 > span")?.textContent];
    if (!box || !title || !document.hasFocus() || document.querySelector("dialog[open]")) return null;
    const view = box.getBoundingClientRect();
    const [top, bottom] = [Math.max(view.top, 0), Math.min(view.bottom, innerHeight)];
    let n = 0;
    for (const message of box.querySelectorAll(".message[data-n]")) {
      const edge = message.getBoundingClientRect();
      if (edge.bottom < top || edge.top > bottom) continue;
      const line = lastLine(message);
      if (line && line.top >= top - 4 && line.bottom <= bottom + 2) n = Math.max(n, Number(message.getAttribute("data-n")));
    }
    return { title, n };
  };
  let told = new Map<string, number>();
  const look = () => {
    const now = watched.__look();
    if (now && now.n > (told.get(now.title) ?? 0)) {
      told = new Map(told).set(now.title, now.n);
      watched.__saw(now.title, now.n);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** How far somebody has read each chat, by the server. */
export async function readBy(url: string, token: string): Promise<Map<string, { n: number; readN: number }>> {
  const answer = await fetch(`${url}/api/chats`, { headers: { Authorization: `Bearer ${token}` } });
  const { chats } = (await answer.json()) as { chats: { name: string; n: number; unread: number }[] };
  return new Map(chats.map(({ name, n, unread }) => [name, { n, readN: n - unread }]));
}

/** The same numbers for the same seed. */
export function dice(seed: number): { upTo(n: number): number; one<T>(of: readonly T[]): T } {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (n: number) => Math.floor(next() * (n + 1));
  return { upTo, one: (of) => of[upTo(of.length - 1)] as (typeof of)[number] };
}


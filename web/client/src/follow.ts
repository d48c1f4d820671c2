/** For programs: what is said in a chat, each message once and in order, and what becomes of what one says oneself. */
import type { ChatView, Message, Result } from "./api.ts";
import type { Environment } from "./environment.ts";

/** What was not answered is asked for again after so long, in milliseconds. */
const ASK_AGAIN = 2_000;

/**
 * The messages of a chat behind number `after`, from the first one on and for as long as the chat is the user's: those that
 * are there, and those to come. However often the connection is lost meanwhile, none is left out and none comes twice.
 * A message comes as it is when its turn has come; that it was edited or deleted later is told by the chat's timeline.
 */
export async function* follow(view: ChatView, environment: Pick<Environment, "after">, after: number): AsyncGenerator<Message, void> {
  await view.open();
  try {
    for (let n = after + 1; view.ended.peek() === null; ) {
      const message = numbered(view, n);
      if (message) {
        n += 1;
        yield message;
      } else {
        await goTo(view, environment, n);
      }
    }
  } finally {
    view.close();
  }
}

/** The message with a number, if the timeline has it. */
function numbered(view: ChatView, n: number): Message | undefined {
  const { messages } = view.timeline.peek();
  // They are without holes.
  return messages[n - (messages[0]?.n ?? 1)];
}

/** Goes to where a message is, or will be, and waits until there is something else than before. */
async function goTo(view: ChatView, environment: Pick<Environment, "after">, n: number) {
  const { messages, hasNewer } = view.timeline.peek();
  const [first] = messages;
  const isBefore = first !== undefined && first.n > n;
  if (isBefore) await view.showAround(n);
  else if (hasNewer) await view.loadNewer();
  if (!numbered(view, n)) await changed(view, environment, isBefore || hasNewer);
}

/** `isThere`: the server has what is waited for, and is asked again. */
function changed(view: ChatView, environment: Pick<Environment, "after">, isThere: boolean): Promise<void> {
  return new Promise((resolve) => {
    const ends: (() => void)[] = [];
    const end = () => {
      for (const one of ends.splice(0)) one();
      resolve();
    };
    if (isThere) ends.push(environment.after(ASK_AGAIN, end));
    const [timeline, ended] = [view.timeline.peek(), view.ended.peek()];
    ends.push(view.timeline.subscribe((now) => now !== timeline && end()));
    ends.push(view.ended.subscribe((now) => now !== ended && end()));
  });
}

/** Waits until a message that was sent under this key is stored, or refused: then that is the answer. */
export function settled(view: ChatView, key: string): Promise<Result<void>> {
  return new Promise((resolve) => {
    let isOver = false;
    let end = () => {};
    end = view.timeline.subscribe(({ pending }) => {
      const item = pending.find((one) => one.key === key);
      if (isOver || (item && item.state !== "failed")) return;
      isOver = true;
      end();
      resolve(item ? { ok: false, code: item.error?.code ?? "", error: item.error?.text ?? "" } : { ok: true, value: undefined });
    });
    if (isOver) end();
  });
}

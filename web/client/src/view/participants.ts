/** Who is in a chat, who is there, who is writing. */
import { computed, signal, type ReadonlySignal } from "@preact/signals-core";
import type { Member, Person } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import type { MemberFrame } from "../protocol.ts";
import { pages } from "../rest.ts";
import { hasPassed } from "../rules/clock-changes.ts";
import * as rules from "../rules/participants.ts";

/** Who is not heard of for so long has stopped writing. */
const TYPING_LASTS = 5_000;
const TYPING_EVERY = 3_000;
const MOST_MEMBERS = 5_000;

export interface ParticipantsView {
  members: ReadonlySignal<readonly Member[]>;
  typing: ReadonlySignal<readonly Person[]>;
  online: ReadonlySignal<ReadonlySet<number> | null>;
  load(): Promise<void>;
  /** What was told is not all: who is in it is asked again, if it was or is being asked. */
  reload(): void;
  there(online: readonly number[]): void;
  changed(frame: MemberFrame): void;
  typed(userId: number, username: string): void;
  /** What somebody was writing is said. */
  wrote(userId: number | null): void;
  isTyping(): void;
  /** It is shown no longer, or not told any more. */
  closed(): void;
  /** It is not the user's any more. */
  gone(): void;
}

export function createParticipants(core: Core, id: number): ParticipantsView {
  const { environment, state } = core;
  const participants = signal(rules.NOBODY);
  const members = computed(() => participants.value.members ?? NONE);
  const writing = createWriting(core, members);
  let isAsking = false;
  let isToAskAgain = false;
  let saidTypingAt = 0;

  /** One at a time: what is asked for meanwhile is asked for after. */
  async function load() {
    isToAskAgain = isAsking;
    if (isAsking) return;
    isAsking = true;
    participants.value = rules.asking(participants.peek());
    const answer = await pages(core.rest, `/api/chats/${id}/members`, "members", bodies.member, MOST_MEMBERS);
    participants.value = rules.asked(participants.peek(), answer.ok ? answer.value : null);
    isAsking = false;
    if (isToAskAgain) await load();
  }

  function closed() {
    writing.allStopped();
    participants.value = rules.untold(participants.peek());
  }

  return {
    members,
    typing: writing.typing,
    online: computed(() => participants.value.online),
    load,
    reload() {
      if (isAsking || participants.peek().members !== null) void load();
    },
    there: (ids) => void (participants.value = rules.there(participants.peek(), ids)),
    changed(frame) {
      if (frame.change === "left") writing.stopped(frame.user_id);
      participants.value = rules.changed(participants.peek(), frame);
    },
    typed(userId, username) {
      if (userId !== state.me()?.id) writing.typed(userId, username);
    },
    wrote(userId) {
      if (userId !== null) writing.stopped(userId);
    },
    isTyping() {
      const now = environment.now();
      if (!hasPassed(saidTypingAt, now, TYPING_EVERY)) return;
      saidTypingAt = now;
      core.tell({ do: "typing", chatId: id });
    },
    closed,
    gone() {
      closed();
      participants.value = { ...rules.NOBODY, journal: participants.peek().journal };
    },
  };
}

/** Who is writing now. */
function createWriting({ environment }: Core, members: ReadonlySignal<readonly Member[]>) {
  const typing = signal<readonly Person[]>([]);
  const writing = new Map<number, { person: Person; cancel: () => void }>();
  const show = () => (typing.value = Array.from(writing.values(), ({ person }) => person));

  function stopped(userId: number) {
    writing.get(userId)?.cancel();
    if (writing.delete(userId)) show();
  }

  return {
    typing,
    stopped,
    allStopped: () => [...writing.keys()].forEach(stopped),
    typed(userId: number, username: string) {
      writing.get(userId)?.cancel();
      const person = members.value.find(({ id }) => id === userId) ?? { id: userId, username, displayName: null };
      writing.set(userId, { person, cancel: environment.after(TYPING_LASTS, () => stopped(userId)) });
      show();
    },
  };
}

const NONE: readonly Member[] = [];

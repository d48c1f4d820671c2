/** Who is in a chat, who is there, who is writing. */
import { signal, type Signal } from "@preact/signals-core";
import type { Member, Person } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import type { MemberBody, MemberFrame } from "../protocol.ts";
import { pages } from "../rest.ts";
import { hasPassed } from "../rules/clock.ts";

/** Who is not heard of for so long has stopped writing. */
const TYPING_LASTS = 5_000;
const TYPING_EVERY = 3_000;
const MOST_MEMBERS = 5_000;

export interface Company {
  members: Signal<readonly Member[]>;
  typing: Signal<readonly Person[]>;
  online: Signal<ReadonlySet<number> | null>;
  load(): Promise<void>;
  changed(frame: MemberFrame): void;
  typed(userId: number, username: string): void;
  /** What somebody was writing is said. */
  said(userId: number | null): void;
  isTyping(): void;
  /** It is shown no longer, or not told any more. */
  closed(): void;
}

export function createCompany(core: Core, id: number): Company {
  const { environment, state } = core;
  const members = signal<readonly Member[]>([]);
  const typing = signal<readonly Person[]>([]);
  const online = signal<ReadonlySet<number> | null>(null);
  const writing = new Map<number, { person: Person; cancel: () => void }>();
  let isLoaded = false;
  let saidTypingAt = 0;

  const show = () => (typing.value = Array.from(writing.values(), ({ person }) => person));

  function stopped(userId: number) {
    writing.get(userId)?.cancel();
    if (writing.delete(userId)) show();
  }

  return {
    members,
    typing,
    online,
    async load() {
      const answer = await pages(core.rest, `/api/chats/${id}/members`, "members", bodies.member, MOST_MEMBERS);
      if (!answer.ok) return;
      isLoaded = true;
      members.value = answer.value.map(toMember);
    },
    changed(frame) {
      if (frame.change === "left") stopped(frame.user_id);
      if (!isLoaded) return;
      const known = members.value.find((member) => member.id === frame.user_id);
      const others = members.value.filter((member) => member !== known);
      const { user_id, username, role } = frame;
      if (frame.change === "left") members.value = others;
      else if (known) members.value = members.value.map((one) => (one === known ? { ...one, role: role ?? one.role } : one));
      else members.value = [...others, toMember({ user_id, username, role: role ?? "member" })];
    },
    typed(userId, username) {
      if (userId === state.me()?.id) return;
      writing.get(userId)?.cancel();
      const member = members.value.find(({ id }) => id === userId);
      const person = member ?? { id: userId, username, displayName: null };
      writing.set(userId, { person, cancel: environment.after(TYPING_LASTS, () => stopped(userId)) });
      show();
    },
    said(userId) {
      if (userId !== null) stopped(userId);
    },
    isTyping() {
      const now = environment.now();
      if (!hasPassed(saidTypingAt, now, TYPING_EVERY)) return;
      saidTypingAt = now;
      core.tell({ do: "typing", chatId: id });
    },
    closed() {
      for (const userId of [...writing.keys()]) stopped(userId);
      online.value = null;
    },
  };
}

function toMember(body: MemberBody): Member {
  return { id: body.user_id, username: body.username, displayName: body.display_name ?? null, role: body.role };
}

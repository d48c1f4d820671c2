/** One chat, as the view shows it. */
import { computed, signal } from "@preact/signals-core";
import type { ChatView, Message, Result } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import type { ShownChat } from "../tab-context.ts";
import { inAddress } from "../encode.ts";
import type { ServerFrame } from "../protocol.ts";
import { nothing } from "../rest.ts";
import { counted, read } from "../rules/chats.ts";
import { BLANK } from "../rules/draft.ts";
import { toRow } from "../rules/message.ts";
import type { Shape } from "../shapes.ts";
import { updateListed } from "../state.ts";
import { createParticipants } from "./participants.ts";
import { createDrafting } from "./drafting.ts";
import { createReading } from "./reading.ts";
import { createSending } from "./sending.ts";

/** Looked-up messages that are remembered, for replies. */
const MOST_LOOKED_UP = 200;

export function createChatView(core: Core, id: number): ChatView & { shownChat: ShownChat } {
  const { state, rest } = core;
  const path = `/api/chats/${id}`;
  const log = state.log(id);
  const sending = createSending(core, id);
  const reading = createReading(core, id, sending.pending);
  const participants = createParticipants(core, id);
  const pins = signal<readonly Message[]>([]);
  let arePinsLoaded = false;
  const lookedUp = new Map<number, Message>();

  const act = async (method: string, what: string, is: Shape<unknown> = bodies.done, body?: unknown): Promise<Result<void>> =>
    nothing(await rest(method, `${path}${what}`, is, body));

  let isLoadingPins = false;
  let areOthersPinned = false;

  /** One at a time: what is pinned meanwhile is looked up after. */
  async function loadPins() {
    areOthersPinned = isLoadingPins;
    if (isLoadingPins) return;
    isLoadingPins = true;
    await lookUpPins();
    isLoadingPins = false;
    if (areOthersPinned) await loadPins();
  }

  async function lookUpPins() {
    const answer = await rest("GET", `${path}/pins`, bodies.messages);
    if (!answer.ok) return;
    arePinsLoaded = true;
    pins.value = answer.value.messages.map(toRow);
  }

  async function message(messageId: number): Promise<Message | null> {
    const here = log.peek().rows.find((row) => row.id === messageId) ?? lookedUp.get(messageId);
    if (here) return here;
    const answer = await rest("GET", `${path}/messages/${messageId}`, bodies.message);
    if (!answer.ok) return null;
    const [oldest] = lookedUp.keys();
    if (lookedUp.size >= MOST_LOOKED_UP && oldest !== undefined) lookedUp.delete(oldest);
    lookedUp.set(messageId, toRow(answer.value));
    return toRow(answer.value);
  }

  function frame(frame: ServerFrame) {
    switch (frame.type) {
      case "message":
        return participants.wrote(frame.user_id);
      case "edited":
      case "deleted":
        lookedUp.delete(frame.id);
        reading.edited();
        if (arePinsLoaded && pins.peek().some((pin) => pin.id === frame.id)) void loadPins();
        return;
      case "pin":
        if (arePinsLoaded) void loadPins();
        return;
      case "member":
        return participants.changed(frame);
      case "typing":
        return participants.typed(frame.user_id, frame.username);
      case "presence":
        return participants.there(frame.online);
      case "ack":
        return sending.acked(frame);
      default:
        return;
    }
  }

  const shownChat: ShownChat = {
    isOpen: reading.isOpen,
    reopen: reading.reopen,
    missed: reading.missed,
    frame,
    replayed(isMine, isWhole, online) {
      reading.replayed(isMine, isWhole);
      if (online) participants.there(online);
    },
    renewed: participants.reload,
    unopened(code) {
      reading.unopened();
      if (code === "not_member") core.tell({ do: "list", chatId: id });
    },
    gone() {
      reading.gone();
      participants.gone();
      arePinsLoaded = false;
      pins.value = [];
    },
    lost() {
      participants.closed();
      reading.away();
    },
  };

  /** The user ends it: that it is gone then is nothing to be told of. */
  async function end(path: string): Promise<Result<void>> {
    core.state.ending.add(id);
    const result = await act("DELETE", path);
    if (result.ok) core.gone(id);
    core.state.ending.delete(id);
    return result;
  }

  const edit: ChatView["edit"] = (messageId, text) => act("PATCH", `/messages/${messageId}`, bodies.message, { content: text });
  const drafting = createDrafting({
    writing: computed(() => state.drafts.value.get(id) ?? BLANK),
    set: (draft) => core.draft(id, draft),
    send: sending.send,
    save: edit,
  });

  return {
    ...drafting,
    id,
    shownChat,
    chat: computed(() => state.chatsById.value.get(id) ?? null),
    ended: computed(() => state.endings.value.get(id) ?? null),
    timeline: reading.timeline,
    members: participants.members,
    typing: participants.typing,
    online: participants.online,
    pins,
    open: reading.open,
    close() {
      reading.close();
      participants.closed();
      arePinsLoaded = false;
    },
    loadOlder: reading.loadOlder,
    loadNewer: reading.loadNewer,
    showAround: reading.showAround,
    showLatest: reading.showLatest,
    message,
    loadMembers: participants.load,
    loadPins,
    send: sending.send,
    retry: (key) => core.tell({ do: "retry", key }),
    discard: sending.discard,
    edit,
    remove: (messageId) => act("DELETE", `/messages/${messageId}`),
    react: (messageId, emoji, on) =>
      act(on ? "PUT" : "DELETE", `/messages/${messageId}/reactions/${inAddress(emoji)}`),
    pin: (messageId, on) => act(on ? "PUT" : "DELETE", `/pins/${messageId}`),
    markRead(n) {
      const chat = state.listing.peek().get(id);
      if (!chat || read(chat, n) === chat) return;
      state.reading.set(id, Math.min(n, chat.n));
      updateListed(state, id, (known) => read(known, n));
      core.tell({ do: "read", chatId: id, n });
    },
    async markUnread(n) {
      state.reading.delete(id);
      core.tell({ do: "forget-read", chatId: id });
      const answer = await rest("PUT", `${path}/unread`, bodies.counters, { n });
      if (answer.ok) updateListed(state, id, (chat) => counted(chat, answer.value, null));
      return nothing(answer);
    },
    async mute(muted) {
      const result = await act("PUT", "/mute", bodies.done, { muted });
      if (result.ok) updateListed(state, id, (chat) => ({ ...chat, muted }));
      return result;
    },
    isTyping: participants.isTyping,
    async rename(name) {
      const result = await act("PATCH", "", bodies.chat, { name });
      if (result.ok) updateListed(state, id, (chat) => ({ ...chat, name }));
      return result;
    },
    addMember: (userId, role) => act("POST", "/members", bodies.member, { user_id: userId, role }),
    setRole: (userId, role) => act("PATCH", `/members/${userId}`, bodies.member, { role }),
    removeMember: (userId) => act("DELETE", `/members/${userId}`),
    leave: () => end(`/members/${state.me()?.id ?? 0}`),
    destroy: () => end(""),
    hide: () => end(""),
  };
}

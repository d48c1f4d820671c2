/** What one asks of the server for a chat, and is answered once. */
import type { ChatView, Result } from "../api.ts";
import * as bodies from "../bodies.ts";
import { dropChat, type Core } from "../core.ts";
import { inAddress } from "../well-formed-text.ts";
import { nothing } from "../rest.ts";
import { counted, read } from "../rules/chats.ts";
import type { Shape } from "../value-checks.ts";
import { updateListed } from "../state.ts";

type OnMessages = Pick<ChatView, "edit" | "remove" | "react" | "pin">;
type OnMembers = Pick<ChatView, "addMember" | "setRole" | "removeMember" | "leave">;
type OnChat = Pick<ChatView, "rename" | "destroy" | "hide">;
type OnOneself = Pick<ChatView, "markRead" | "markUnread" | "mute">;

export type Acting = OnMessages & OnMembers & OnChat & OnOneself;

type Act = (method: string, what: string, is?: Shape<unknown>, body?: unknown) => Promise<Result<void>>;

export function createActing(core: Core, id: number): Acting {
  const act: Act = async (method, what, is = bodies.done, body) => nothing(await core.rest(method, `/api/chats/${id}${what}`, is, body));

  /** The user ends it: that it is gone then is nothing to be told of. */
  async function end(what: string): Promise<Result<void>> {
    core.state.ending.add(id);
    const result = await act("DELETE", what);
    if (result.ok) dropChat(core, id);
    core.state.ending.delete(id);
    return result;
  }

  return {
    ...onMessages(act),
    ...onOneself(core, id, act),
    async rename(name) {
      const result = await act("PATCH", "", bodies.chat, { name });
      if (result.ok) updateListed(core.state, id, (chat) => ({ ...chat, name }));
      return result;
    },
    addMember: (userId, role) => act("POST", "/members", bodies.member, { user_id: userId, role }),
    setRole: (userId, role) => act("PATCH", `/members/${userId}`, bodies.member, { role }),
    removeMember: (userId) => act("DELETE", `/members/${userId}`),
    leave: () => end(`/members/${core.state.me()?.id ?? 0}`),
    destroy: () => end(""),
    hide: () => end(""),
  };
}

function onMessages(act: Act): OnMessages {
  return {
    edit: (messageId, text) => act("PATCH", `/messages/${messageId}`, bodies.message, { content: text }),
    remove: (messageId) => act("DELETE", `/messages/${messageId}`),
    react: (messageId, emoji, on) => act(on ? "PUT" : "DELETE", `/messages/${messageId}/reactions/${inAddress(emoji)}`),
    pin: (messageId, on) => act(on ? "PUT" : "DELETE", `/pins/${messageId}`),
  };
}

function onOneself({ state, rest, tell }: Core, id: number, act: Act): OnOneself {
  return {
    markRead(n) {
      const chat = state.listing.peek().get(id);
      if (!chat || read(chat, n) === chat) return;
      state.reading.set(id, Math.min(n, chat.n));
      updateListed(state, id, (known) => read(known, n));
      tell({ do: "read", chatId: id, n });
    },
    async markUnread(n) {
      state.reading.delete(id);
      tell({ do: "forget-read", chatId: id });
      const answer = await rest("PUT", `/api/chats/${id}/unread`, bodies.counters, { n });
      if (answer.ok) updateListed(state, id, (chat) => counted(chat, answer.value, null));
      return nothing(answer);
    },
    async mute(muted) {
      const result = await act("PUT", "/mute", bodies.done, { muted });
      if (result.ok) updateListed(state, id, (chat) => ({ ...chat, muted }));
      return result;
    },
  };
}

/** People, messages, devices, new chats and invitations: what is asked and answered once. */
import type { Client } from "./api.ts";
import * as bodies from "./bodies.ts";
import { listChat, type Core } from "./core.ts";
import { inAddress } from "./well-formed-text.ts";
import { meet } from "./chats-to-be.ts";
import { map, NO_ANSWER, NOT_THE_SERVER, nothing, pages } from "./rest.ts";
import { toPerson } from "./rules/chats.ts";
import { pathOf, toFound } from "./rules/found.ts";
import { chatWith, numberWith } from "./rules/chat-to-be.ts";

const MOST_DEVICES = 1_000;

type PeopleClient = Pick<
  Client,
  "devices" | "revoke" | "findPeople" | "search" | "bytesOf" | "mostFileBytes" | "meet" | "createGroup" | "createInvite"
>;

export function createPeople(core: Core): PeopleClient {
  const { environment, rest, announce, state } = core;
  return {
    async devices() {
      const answer = await pages(rest, "/api/tokens", "tokens", bodies.token, MOST_DEVICES);
      return map(answer, (tokens) =>
        tokens.map((token) => ({
          id: token.id,
          userAgent: token.user_agent ?? null,
          lastUsedAt: Date.parse(token.last_used_at),
          current: token.current,
        })),
      );
    },
    revoke: async (deviceId) => nothing(await rest("DELETE", `/api/tokens/${deviceId}`, bodies.done)),
    async findPeople(text) {
      const query = inAddress(text);
      const answer = await rest("GET", `/api/users?query=${query}&limit=20`, bodies.users);
      return map(answer, ({ users }) => users.map(toPerson));
    },
    bytesOf: core.files.bytesOf,
    async mostFileBytes() {
      const answer = await environment.request("OPTIONS", "/api/uploads").catch(() => null);
      return answer?.mostBytes || null;
    },
    search: async (wanted) => map(await rest("GET", pathOf(wanted), bodies.search), toFound),
    meet(person) {
      const known = chatWith(state.listing.peek(), person.id);
      if (known) return known.id;
      const { id, username, displayName } = person;
      meet(state, { id, username, displayName }, environment.now() + state.clockAhead);
      announce({ is: "meet", person: { id, username, displayName } });
      return numberWith(person.id);
    },
    async createGroup(name, userIds) {
      const answer = await rest("POST", "/api/chats", bodies.newChat, { type: "group", name });
      if (!answer.ok) return answer;
      const { id } = answer.value;
      const refused: number[] = [];
      for (const [at, userId] of userIds.entries()) {
        const added = await rest("POST", `/api/chats/${id}/members`, bodies.member, { user_id: userId });
        if (added.ok || added.code === "already_member") continue;
        refused.push(userId);
        if (![NO_ANSWER, NOT_THE_SERVER].includes(added.code)) continue;
        // Without an answer for one the others would be waited for in vain, one after another.
        refused.push(...userIds.slice(at + 1));
        break;
      }
      await listChat(core, id);
      return { ok: true, value: { id, refused } };
    },
    async createInvite({ hours, uses }) {
      const body = { expires_in_hours: hours, max_uses: uses };
      const answer = await rest("POST", "/api/invites", bodies.invite, body);
      // The page is where it is; only what stands behind its address is the server's to say.
      return map(answer, ({ path }) => ({ link: new URL(path.slice(path.indexOf("#")), environment.place).href }));
    },
  };
}

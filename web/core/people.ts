/** People, devices, new chats and invitations: what is asked and answered once. */
import type { Client } from "./api.ts";
import type { Core } from "./core.ts";
import type { ChatBody, PersonBody, TokenBody } from "./protocol.ts";
import { map, nothing, pages } from "./rest.ts";
import { toPerson } from "./rules/chats.ts";

const MOST_DEVICES = 1_000;

type Asked = Pick<
  Client,
  "devices" | "revoke" | "findPeople" | "startPrivate" | "createGroup" | "createInvite"
>;

export function createPeople({ environment, rest, list }: Core): Asked {
  return {
    async devices() {
      const answer = await pages<TokenBody>(rest, "/api/tokens", "tokens", MOST_DEVICES);
      return map(answer, (tokens) =>
        tokens.map((token) => ({
          id: token.id,
          userAgent: token.user_agent,
          lastUsedAt: Date.parse(token.last_used_at),
          current: token.current,
        })),
      );
    },
    revoke: async (deviceId) => nothing(await rest("DELETE", `/api/tokens/${deviceId}`)),
    async findPeople(text) {
      const query = encodeURIComponent(text);
      const answer = await rest<{ users: PersonBody[] }>("GET", `/api/users?query=${query}&limit=20`);
      return map(answer, ({ users }) => users.map(toPerson));
    },
    async startPrivate(userId) {
      const answer = await rest<ChatBody>("POST", `/api/users/${userId}/chat`);
      if (answer.ok) await list(answer.value.id);
      return map(answer, (chat) => chat.id);
    },
    async createGroup(name, userIds) {
      const answer = await rest<{ id: number }>("POST", "/api/chats", { type: "group", name });
      if (!answer.ok) return answer;
      const { id } = answer.value;
      const refused: number[] = [];
      for (const userId of userIds) {
        const added = await rest("POST", `/api/chats/${id}/members`, { user_id: userId });
        if (!added.ok && added.code !== "already_member") refused.push(userId);
      }
      await list(id);
      return { ok: true, value: { id, refused } };
    },
    async createInvite({ hours, uses }) {
      const body = { expires_in_hours: hours, max_uses: uses };
      const answer = await rest<{ path: string }>("POST", "/api/invites", body);
      // The page is where it is; only what stands behind its address is the server's to say.
      return map(answer, ({ path }) => ({ link: new URL(path.slice(path.indexOf("#")), environment.place).href }));
    },
  };
}

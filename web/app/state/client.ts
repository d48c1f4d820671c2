/** The client that everything here is a view of. */
import { computed } from "@preact/signals";
import { lookalikes, type Chat, type ChatView, type Client, type Me, type Member, type Message, type Person } from "@vestnik/client";
import { route } from "./route";

let current: Client | undefined;

export function provide(made: Client): void {
  current = made;
}

export function client(): Client {
  if (current === undefined) throw new Error("no client was provided");
  return current;
}

/** Who is signed in, as far as it is known. */
export function me(): Me | null {
  const session = client().session.value;
  return session.state === "signed-out" ? null : session.me;
}

/** The chat that is shown. */
export const shown = computed<ChatView | null>(() => {
  const id = route.value.chat;
  return id === null ? null : client().chat(id);
});

/** The display name, or the username of who has none. */
export function plainName(person: Pick<Person, "username" | "displayName">): string {
  return person.displayName !== null && person.displayName !== "" ? person.displayName : person.username;
}

/** A name that can be nobody else's: a display name that is like another's has the username beside it. */
export function nameOf(person: Person | Me): string {
  const name = plainName(person);
  if (name === person.username || !alike.value.has(person.id)) return name;
  // Whatever direction the name is written in, and whatever it does to what follows, this stands behind it.
  return `\u2068${name}\u2069 @${person.username}`;
}

/** What a chat is called here. */
export function titleOf(chat: Chat): string {
  return chat.peer === null ? chat.title : nameOf(chat.peer);
}

/** Those with whom one has a private chat. */
const peers = computed(() => new Map(client().chats.value.flatMap(({ peer }) => (peer === null ? [] : [[peer.id, peer]]))));

/** Of all whose names one may see now, those whose display name says too little. */
const alike = computed<ReadonlySet<number>>(() => {
  const self = me();
  const known = new Map<number, Person>(peers.value);
  if (self !== null) known.set(self.id, self);
  for (const member of shown.value?.members.value ?? []) known.set(member.id, member);
  return sameAsBefore(lookalikes(known.values()));
});

let before: ReadonlySet<number> = new Set();

/** What shows names is drawn again only if they change. */
function sameAsBefore(next: ReadonlySet<number>): ReadonlySet<number> {
  if (next.size !== before.size || [...next].some((id) => !before.has(id))) before = next;
  return before;
}

/** The name of who said something in a chat, as far as it is known: in full where the chat has been opened. */
export function speakerOf(chat: number, said: Pick<Message, "userId" | "username">): string {
  const peer = said.userId === null ? undefined : peers.value.get(said.userId);
  return peer === undefined ? authorOf(said, client().chat(chat).members.value) : nameOf(peer);
}

/** The author's name as the chat knows it: a member's display name, or what the message says. */
export function authorOf(message: Pick<Message, "userId" | "username">, members: readonly Member[]): string {
  const member = message.userId === null ? undefined : members.find((one) => one.id === message.userId);
  return member === undefined ? message.username : nameOf(member);
}

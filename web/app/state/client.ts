/** The client that everything here is a view of. */
import { computed } from "@preact/signals";
import type { ChatView, Client, Me, Member, Message, Person } from "../../core/api";
import { route } from "./route";

let current: Client | undefined;

export function provide(client: Client): void {
  current = client;
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

export function nameOf(person: Pick<Person, "username" | "displayName">): string {
  return person.displayName !== null && person.displayName !== "" ? person.displayName : person.username;
}

/** Those with whom one has a private chat. */
const peers = computed(() => new Map(client().chats.value.flatMap(({ peer }) => (peer === null ? [] : [[peer.id, peer]]))));

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

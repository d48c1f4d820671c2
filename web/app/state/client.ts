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

/** The author's name as the chat knows it: a member's display name, or what the message says. */
export function authorOf(message: Pick<Message, "userId" | "username">, members: readonly Member[]): string {
  const member = message.userId === null ? undefined : members.find((one) => one.id === message.userId);
  return member === undefined ? message.username : nameOf(member);
}

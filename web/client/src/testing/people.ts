/** People with whole clients before the real server (`VESTNIK_BIN` names it elsewhere). */
import { expect } from "vitest";
import type { Client } from "../api.ts";
import { createClient } from "../client.ts";
import { createBrowser, until, type Browser, type Tab } from "./browser.ts";
import { startServer, worldOf, type Server } from "./server.ts";

export let server: Server;
let people = 0;
/** Those who are to be stopped in the end. */
export const opened: Client[] = [];

export interface Person {
  client: Client;
  tab: Tab;
  browser: Browser;
  world: ReturnType<typeof worldOf>;
  id: number;
  name: string;
}

export async function newcomer(sockets: "pass" | "refuse" | "swallow" = "pass"): Promise<Person> {
  people += 1;
  const name = `person${people}`;
  const [browser, world] = [createBrowser(), worldOf(server)];
  world.sockets = sockets;
  const tab = browser.tab(world);
  const client = createClient(tab.environment);
  opened.push(client);
  await client.start();
  expect(client.session.value.state).toBe("signed-out");
  const account = { username: name, email: `${name}@example.com`, password: "correct horse" };
  expect(await client.signUp(account)).toEqual({ ok: true, value: undefined });
  await until("online", () => client.connection.value.state === "online");
  await until("General", () => client.chats.value.some((chat) => chat.id === 1));
  const session = client.session.value;
  return { client, tab, browser, world, id: session.state === "signed-in" ? session.me.id : 0, name };
}

export async function anotherTab(of: Person): Promise<{ client: Client; tab: Tab }> {
  const tab = of.browser.tab(of.world);
  const client = createClient(tab.environment);
  opened.push(client);
  await client.start();
  await until("shared", () => client.connection.value.state === "shared");
  return { client, tab };
}

export const texts = (client: Client, chat: number) =>
  client.chat(chat).timeline.value.messages.map((message) => message.text);

export async function group(owner: Person, ...others: Person[]): Promise<number> {
  const made = await owner.client.createGroup("Lunch", others.map((person) => person.id));
  if (!made.ok) throw new Error(made.error);
  expect(made.value.refused).toEqual([]);
  return made.value.id;
}

export async function begin(): Promise<void> {
  server = await startServer();
}

export async function end(): Promise<void> {
  for (const client of opened) client.stop();
  await server.stop();
}

export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, place) => first + place);

/** Who is there and what was said, in the client without a server. */
import type { Chat, Me, Message, Person, Role } from "@vestnik/client";

export type Line = [userId: number, minutesAgo: number, text: string, more?: Partial<Message> & { answers?: number }];

export interface Script {
  id: number;
  type: Chat["type"];
  title: string;
  people: number[];
  said: Line[];
  unread?: number;
  muted?: boolean;
  draft?: string;
  role?: Role;
}

export const ME: Me = { id: 1, username: "anna", displayName: "Anna", email: "anna@example.com", isAdmin: true };

const person = (id: number, username: string, displayName: string | null = null): Person => ({ id, username, displayName });
export const PEOPLE: Person[] = [
  person(2, "boris", "Boris"), person(3, "clara", "Clara"), person(4, "dmitry", "Дмитрий"), person(5, "elena"),
  person(6, "farid", "Farid"), person(7, "greta", "Greta"), person(8, "hugo"),
];

const long = Array.from({ length: 400 }, (_, at): Line => [
  (at % 5) + 1, 60 * 24 * 6 + (400 - at) * 9, `Note ${at + 1}: ${"all quiet on the nightly build. ".repeat((at % 3) + 1)}`,
]);

export const SCRIPT: Script[] = [
  {
    id: 1, type: "general", title: "General", people: [1, 2, 3, 4, 5, 6, 7, 8], unread: 3,
    said: [
      ...long,
      [2, 1500, "Morning! The **new build** is on the test server: https://build.example/latest.", { pinned: true }],
      [3, 1497, "Great. Does it have the fix for the export?"],
      [2, 1496, "Yes, and this:\n```rust\nfn export(rows: &[Row]) -> Result<Csv> {\n    rows.iter().map(Row::to_line).collect()\n}\n```\nplus ~~two~~ *three* smaller ones", { reactions: [{ emoji: "🎉", userIds: [1, 3, 4] }, { emoji: "👀", userIds: [5] }] }],
      [1, 1490, "Trying it now"],
      [1, 1489, "Works for me 👍", { reactions: [{ emoji: "❤️", userIds: [2] }] }],
      [4, 200, "Коллеги, обед в час? Кто идёт — отметьтесь реакцией.", { reactions: [{ emoji: "🍕", userIds: [2, 3] }] }],
      [5, 195, "> обед в час\n\nя за! Список:\n- Дмитрий\n- Елена\n- кто ещё?", { answers: 1 }],
      [1, 190, "I will be there, keep me a seat", { editedAt: 1, answers: 2 }],
      [6, 60, "", { deleted: true }],
      [3, 12, "@anna could you look at `deploy.yml` when you have a minute?", { answers: 9 }],
      [3, 11, "No hurry, the release is tomorrow."],
      [2, 4, "🚀"],
    ],
  },
  {
    id: 2, type: "private", title: "Clara", people: [1, 3], unread: 1,
    said: [[1, 90, "Are you in the office today?"], [3, 88, "From noon on"], [1, 87, "Perfect, see you at the coffee machine ☕"], [3, 30, "On my way"]],
  },
  {
    id: 3, type: "group", title: "Release 2.4", people: [2, 1, 3, 6], muted: true, unread: 14, role: "admin",
    said: Array.from({ length: 30 }, (_, at): Line => [[2, 3, 6][at % 3] ?? 2, 400 - at * 7, `Step ${at + 1} of the checklist is done`]),
  },
  { id: 4, type: "private", title: "Дмитрий", people: [1, 4], draft: "Посмотрю после обеда, если", said: [[4, 1600, "Есть минутка обсудить смету?"]] },
  { id: 5, type: "group", title: "Design", people: [7, 2, 1], role: "guest", said: [[7, 4000, "New icons are in the shared folder"]] },
  { id: 6, type: "group", title: "Book club", people: [1, 8], said: [] },
  { id: 7, type: "private", title: "Farid", people: [6, 1], said: [[6, 20000, "Thanks for your help!"], [1, 19990, "Any time"]] },
];

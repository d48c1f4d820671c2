import type { Message } from "@vestnik/client";
import { plainText } from "./plain-text";

/** What a message says in one line: its text, or what its files are called. */
export function saidIn({ text, attachments }: Pick<Message, "text" | "attachments">): string {
  return text === "" ? attachments.map(({ name }) => name).join(", ") : plainText(text);
}

/** What a search answers, as the view has it. */
import type { FoundMessage, FoundMessages, Search } from "../api.ts";
import { inAddress } from "../well-formed-text.ts";
import type { FoundBody, SearchBody } from "../protocol.ts";
import { toRow } from "./message.ts";

/** The address of a page of results. */
export function pathOf({ text, chat, sort = "newest", after, limit = 20 }: Search): string {
  const where = chat === undefined ? "" : ` in:${chat}`;
  const rest = after === undefined ? "" : `&after=${inAddress(after)}`;
  return `/api/search?q=${inAddress(text + where)}&sort=${sort}&limit=${limit}${rest}`;
}

export function toFound({ results, next, indexing }: SearchBody): FoundMessages {
  return { results: results.map(toFoundMessage), next: next ?? null, isIndexing: indexing ?? false };
}

function toFoundMessage({ chat_id, message, marks, before, after }: FoundBody): FoundMessage {
  return {
    chatId: chat_id,
    message: toRow(message),
    marks: ordered(marks ?? [], message.content.length),
    before: before ? toRow(before) : null,
    after: after ? toRow(after) : null,
  };
}

/** Those within a text, by their beginning; what overlaps or touches is one. */
export function ordered(marks: readonly (readonly number[])[], length: number): [number, number][] {
  const whole: [number, number][] = [];
  const sorted = marks.map(([from = 0, to = 0]): [number, number] => [Math.max(0, from), Math.min(to, length)]).sort(([a], [b]) => a - b);
  for (const [from, to] of sorted) {
    const last = whole.at(-1);
    if (from >= to) continue;
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}

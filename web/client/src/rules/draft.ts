/**
 * What is half-written in a chat: what is to be said next, what it answers, and changes of what was said. Nothing of it
 * is lost but by the user's own word: by sending it, by emptying the field, or by cancelling.
 */
import type { Draft, Edit, Message, Quoted } from "../api.ts";
import { isRecord } from "../value-checks.ts";

export const BLANK: Draft = { text: "", reply: null, edit: null, aside: [], saving: [] };

/** What is in the field. */
export const fieldOf = (draft: Draft): string => draft.edit?.wording ?? draft.text;

/** What the list shows of it. */
export function previewOf({ text, edit, aside }: Draft): string {
  return edit && isChanged(edit) ? edit.wording : text || (aside[0]?.wording ?? "");
}

export const isBlank = (draft: Draft): boolean =>
  draft.text === "" && draft.reply === null && draft.edit === null && draft.aside.length === 0 && draft.saving.length === 0;

/** The field says this now. */
export function typed(draft: Draft, text: string): Draft {
  return draft.edit ? { ...draft, edit: { ...draft.edit, wording: text } } : { ...draft, text };
}

/** What is said next answers this. A change that is being written waits. */
export function replying(draft: Draft, message: Message): Draft {
  return { ...putAside(draft), reply: quoted(message) };
}

/** This is to be changed: from the last wording that was given, if there is one that the message does not have yet. */
export function editing(draft: Draft, message: Message): Draft {
  if (draft.edit?.message.id === message.id) return draft;
  const next = putAside(draft);
  const isMeant = (one: Edit) => one.message.id === message.id;
  const known = next.aside.find(isMeant) ?? next.saving.findLast(isMeant);
  const edit = { message: quoted(message), wording: known?.wording ?? message.text };
  return { ...next, edit, aside: next.aside.filter((one) => !isMeant(one)) };
}

/** What the field is about is given up; what waited behind it is there again. */
export function cancelled(draft: Draft): Draft {
  return draft.edit ? resumed({ ...draft, edit: null }) : { ...draft, reply: null };
}

/** Somebody comes to the field, and it is free for a change that waits. */
export function resumed(draft: Draft): Draft {
  const [edit, ...aside] = draft.aside;
  const isFree = draft.edit === null && draft.text === "" && draft.reply === null;
  return isFree && edit ? { ...draft, edit, aside } : draft;
}

export type DraftAct = { do: "say"; text: string; replyTo: number | null } | { do: "save"; edit: Edit };

/** What is in the field is to be said or saved; null if there is nothing to it. */
export function submitted(draft: Draft, hasFiles = false): [Draft, DraftAct | null] {
  const said = fieldOf(draft).trim();
  if (said === "" && (draft.edit !== null || !hasFiles)) return [draft, null];
  if (!draft.edit) return [{ ...draft, text: "", reply: null }, { do: "say", text: said, replyTo: draft.reply?.id ?? null }];
  const edit = { ...draft.edit, wording: said };
  const next = { ...draft, edit: null };
  return isChanged(edit) ? [{ ...next, saving: [...draft.saving, edit] }, { do: "save", edit }] : [next, null];
}

/** The server has the change. */
export function saved(draft: Draft, edit: Edit): Draft {
  const known = (one: Edit): Edit =>
    one.message.id === edit.message.id ? { ...one, message: { ...one.message, text: edit.wording } } : one;
  const next = answered(draft, edit);
  return { ...next, edit: next.edit && known(next.edit), aside: next.aside.map(known).filter(isChanged) };
}

function answered(draft: Draft, edit: Edit): Draft {
  return { ...draft, saving: draft.saving.filter((one) => !isSame(one, edit)) };
}

/** The server does not have it: it is there to be tried again, at once if nothing else is being written. */
export function failed(draft: Draft, edit: Edit): Draft {
  const next = answered(draft, edit);
  return next.saving.length === draft.saving.length ? draft : resumed(withOlder(next, edit));
}

/** As it was left by a page that is gone, and with it what became of changes on their way. What is no draft is none. */
export function restored(value: unknown): Draft {
  if (typeof value === "string") return { ...BLANK, text: value };
  if (!isRecord(value) || typeof value["text"] !== "string") return BLANK;
  const edits = (name: string) => (Array.isArray(value[name]) ? value[name].filter(isEdit) : []);
  const reply = isQuoted(value["reply"]) ? value["reply"] : null;
  const draft = { ...BLANK, text: value["text"], reply, edit: isEdit(value["edit"]) ? value["edit"] : null };
  return edits("saving").reduceRight(withOlder, edits("aside").reduce(withAside, draft));
}

/** As it is kept: a text alone is kept as that. */
export function kept(draft: Draft): Draft | string {
  return isBlank({ ...draft, text: "" }) ? draft.text : draft;
}

/** In another history its messages are others. */
export const withoutHistory = (draft: Draft): Draft => ({ ...BLANK, text: draft.text });

function putAside(draft: Draft): Draft {
  const { edit } = draft;
  if (!edit) return draft;
  return isChanged(edit) ? withAside({ ...draft, edit: null }, edit) : { ...draft, edit: null };
}

/** One wording of each message: the last one. */
function withAside(draft: Draft, edit: Edit): Draft {
  if (draft.edit?.message.id === edit.message.id) return draft;
  return { ...draft, aside: [...draft.aside.filter((one) => one.message.id !== edit.message.id), edit] };
}

/** It was given up before all that is here: a later wording of the message takes its place. */
function withOlder(draft: Draft, edit: Edit): Draft {
  const isKnown = [...draft.aside, ...draft.saving].some((one) => one.message.id === edit.message.id);
  return isKnown ? draft : withAside(draft, edit);
}

const isChanged = (edit: Edit) => edit.wording.trim() !== edit.message.text;
const isSame = (one: Edit, other: Edit) => one.message.id === other.message.id && one.wording === other.wording;

function quoted({ id, n, userId, username, text }: Message): Quoted {
  return { id, n, userId, username, text };
}

function isQuoted(value: unknown): value is Quoted {
  return isRecord(value) && ["id", "n"].every((name) => typeof value[name] === "number") && ["username", "text"].every((name) => typeof value[name] === "string");
}

function isEdit(value: unknown): value is Edit {
  return isRecord(value) && typeof value["wording"] === "string" && isQuoted(value["message"]);
}

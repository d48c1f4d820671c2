/** The files that go with what is said next, in each chat; they are here until the page is closed. */
import { signal } from "@preact/signals";
import type { FileInput } from "@vestnik/client";
import { admitted, sizeText, type Objection } from "../files/kinds";
import { t } from "../words";
import { client } from "./client";
import { focusComposer, showToast } from "./overlays";
import { language } from "./settings";

export interface TrayFile extends FileInput {
  id: number;
  bytes: File | Blob;
}

/** The server's bound on a message. */
const MOST_FILES = 10;
const NONE: readonly TrayFile[] = [];

const trays = signal<ReadonlyMap<number, readonly TrayFile[]>>(new Map());
let lastId = 0;
/** The server's bound on a file, once it was asked for. */
let mostBytes: Promise<number | null> | undefined;

export const trayOf = (chat: number): readonly TrayFile[] => trays.value.get(chat) ?? NONE;

export function setTray(chat: number, files: readonly TrayFile[]): void {
  const next = new Map(trays.peek());
  if (files.length === 0) next.delete(chat);
  else next.set(chat, files);
  trays.value = next;
}

export const emptyTrays = () => (trays.value = new Map());

/** What does not fit is told of before a byte of it is sent. */
export async function addToTray(chat: number, files: readonly File[]): Promise<void> {
  mostBytes ??= client().mostFileBytes();
  const bytes = await mostBytes;
  if (bytes === null) mostBytes = undefined;
  const there = trays.peek().get(chat) ?? NONE;
  const { taken, objection } = admitted(there.length, files, { files: MOST_FILES, bytes });
  setTray(chat, [...there, ...taken.map((file) => ({ id: (lastId += 1), name: file.name, type: file.type, bytes: file }))]);
  if (objection !== null) showToast(wordsOf(objection));
  else focusComposer();
}

/** What could not be sent, to be sent again. */
export function putBack(chat: number, files: readonly FileInput[]): void {
  setTray(chat, [...files.map((file) => ({ ...file, id: (lastId += 1), bytes: file.bytes as Blob })), ...(trays.peek().get(chat) ?? NONE)]);
}

function wordsOf(objection: Objection): string {
  if (objection.is === "too many") return t("files.tooMany", { n: objection.most });
  if (objection.is === "empty") return t("files.empty", { name: objection.name });
  return t("files.tooLarge", { name: objection.name, most: sizeText(objection.most, language.peek()) });
}

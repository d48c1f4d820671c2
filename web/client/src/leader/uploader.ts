/**
 * Brings the files of messages to the server, one after another: small ones in one go, others by tus 1.0, in parts, so that
 * after a loss of the connection, of the tab or of the server it goes on where it was.
 */
import type { Result } from "../api.ts";
import type { Environment, FileRequest } from "../environment.ts";
import { inAddress } from "../well-formed-text.ts";
import type { FileBytes } from "../message-api.ts";
import { NO_ANSWER, NOT_THE_SERVER, resultOf, type Failure } from "../rest.ts";
import type { Item, OutboxFile } from "../rules/outbox.ts";
import { FIRST_PART, IN_ONE_GO, isSmallest, metadataOf, nextPart, smallerPart, uploadIn } from "../rules/parts-of-file.ts";
import { shape, text } from "../value-checks.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
/** So often an upload that the server does not know any more is begun anew. */
const BEGINNINGS = 3;

/** `code` where the bytes of a file are not on this device any more. */
export const FILE_LOST = "file_lost";

const uploadedShape = shape<{ upload_id: string }>({ upload_id: text });

export interface UploaderCallbacks {
  bytesOf(fileKey: string): Promise<FileBytes | null>;
  /** So much is known of a file by now. */
  known(item: string, file: string, known: Pick<OutboxFile, "uploadId" | "isWhole">): void;
  progress(item: string, sent: number): void;
}

type UploadEnvironment = Pick<Environment, "now" | "request">;

/** One file on its way. */
interface Going {
  environment: UploadEnvironment;
  file: OutboxFile;
  bytes: FileBytes;
  signal: AbortSignal;
  known(known: Pick<OutboxFile, "uploadId" | "isWhole">): void;
  sent(bytes: number): void;
}

const DONE: Result<void> = { ok: true, value: undefined };
const failure = (code: string, error: string): Failure => ({ ok: false, code, error });

/** All files of a message that are not with the server yet. */
export async function upload(environment: UploadEnvironment, callbacks: UploaderCallbacks, item: Item, signal: AbortSignal): Promise<Result<void>> {
  let before = 0;
  for (const file of item.files) {
    if (!file.isWhole) {
      const bytes = await callbacks.bytesOf(file.key);
      if (bytes === null || bytes.size !== file.size) return failure(FILE_LOST, `“${file.name}” is not on this device any more`);
      const done = before;
      const answer = await uploadOne({
        environment, file, bytes, signal,
        known: (known) => callbacks.known(item.key, file.key, known),
        sent: (count) => callbacks.progress(item.key, done + count),
      });
      if (!answer.ok) return answer;
    }
    before += file.size;
    callbacks.progress(item.key, before);
  }
  return DONE;
}

function uploadOne(going: Going): Promise<Result<void>> {
  return going.file.size <= IN_ONE_GO && going.file.uploadId === null ? inOneGo(going) : inParts(going);
}

async function ask({ environment, signal }: Going, method: string, path: string, file: Omit<FileRequest, "signal">) {
  return environment.request(method, path, undefined, { ...file, signal }).catch(() => null);
}

const noAnswer = () => failure(NO_ANSWER, "the server did not answer");

async function inOneGo(going: Going): Promise<Result<void>> {
  const { file, bytes } = going;
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await ask(going, "POST", `/api/files?name=${inAddress(file.name)}`, { headers, bytes });
  if (answer === null) return noAnswer();
  const result = resultOf(answer, uploadedShape);
  if (!result.ok) return result;
  going.known({ uploadId: result.value.upload_id, isWhole: true });
  return DONE;
}

async function inParts(going: Going): Promise<Result<void>> {
  let uploadId = going.file.uploadId;
  for (let count = 0; count < BEGINNINGS; count += 1) {
    if (uploadId === null) {
      const begun = await begin(going);
      if (!begun.ok) return begun;
      uploadId = begun.value;
      going.known({ uploadId, isWhole: false });
    }
    const answer = await goOn(going, uploadId);
    if (answer.ok) going.known({ uploadId, isWhole: true });
    if (answer.ok || answer.code !== "upload_not_found") return answer;
    uploadId = null;
  }
  return failure("upload_not_found", "the server forgets what it is sent");
}

async function begin(going: Going): Promise<Result<string>> {
  const { name, type, size } = going.file;
  const headers = { ...TUS, "Upload-Length": String(size), "Upload-Metadata": metadataOf(name, type) };
  const answer = await ask(going, "POST", "/api/uploads", { headers });
  if (answer === null) return noAnswer();
  const uploadId = uploadIn(answer.location);
  if (answer.status === 201 && uploadId !== null) return { ok: true, value: uploadId };
  const result = resultOf(answer, () => false);
  return result.ok ? failure(NOT_THE_SERVER, "this is no upload") : result;
}

/** From where the server is, to the end. */
async function goOn(going: Going, uploadId: string): Promise<Result<void>> {
  const path = `/api/uploads/${uploadId}`;
  const { file, bytes, environment } = going;
  let at = await offsetOf(going, path);
  let size = FIRST_PART;
  while (at.ok && at.value < file.size) {
    const from: number = at.value;
    going.sent(from);
    const begun = environment.now();
    const headers = { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) };
    const answer = await ask(going, "PATCH", path, { headers, bytes: bytes.slice(from, Math.min(from + size, file.size)) });
    if (answer === null) return noAnswer();
    const { status, offset } = answer;
    if (status === 204 && typeof offset === "number" && offset > from && offset <= file.size) {
      at = { ok: true, value: offset };
      size = nextPart(size, environment.now() - begun);
    } else if (status === 409) {
      // The server has more, or less, than was said.
      at = await offsetOf(going, path);
      if (at.ok && at.value === from) return failure(NO_ANSWER, "the server refuses the part that it asks for");
    } else {
      const result = resultOf(answer, () => false);
      const isTooLarge = status === 413 && !result.ok && result.code === NOT_THE_SERVER;
      // Something in between lets only smaller ones through.
      if (!isTooLarge || isSmallest(size)) return result.ok ? noAnswer() : result;
      size = smallerPart(size);
    }
  }
  return at.ok ? DONE : at;
}

/** How much of it the server has. A refusal of a HEAD has no body. */
async function offsetOf(going: Going, path: string): Promise<Result<number>> {
  const answer = await ask(going, "HEAD", path, { headers: TUS });
  if (answer === null) return noAnswer();
  const { status, offset } = answer;
  if ((status === 200 || status === 204) && typeof offset === "number" && offset >= 0 && offset <= going.file.size) return { ok: true, value: offset };
  if (status === 404 || status === 410) return failure("upload_not_found", "the server does not know this upload");
  if (status === 401) return failure("unauthenticated", "nobody is signed in");
  return failure(status >= 500 || status === 429 ? "unavailable" : NOT_THE_SERVER, `the server answered ${status}`);
}

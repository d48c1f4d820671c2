/** In which parts a file goes to the server. */

/** What is no larger goes in one go. */
export const IN_ONE_GO = 1024 * 1024;
const SMALLEST = 64 * 1024;
const LARGEST = 8 * 1024 * 1024;
/** A part that takes less, in milliseconds, is followed by a larger one; one that takes more, by a smaller. */
const SOON = 1_000;
const LATE = 5_000;

export const FIRST_PART = 512 * 1024;

/** How large the next part is, after one that took so long. */
export function nextPart(size: number, took: number): number {
  if (took < SOON) return Math.min(size * 2, LARGEST);
  return took > LATE ? smallerPart(size) : size;
}

/** After one that did not get through. */
export const smallerPart = (size: number): number => Math.max(Math.floor(size / 2), SMALLEST);

export const isSmallest = (size: number): boolean => size <= SMALLEST;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A text as `Upload-Metadata` has it: base64 of its UTF-8 (RFC 4648). */
export function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let out = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const four = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63];
    const letters = four.map((six) => ALPHABET[six] ?? "").join("");
    out += letters.slice(0, Math.min(4, bytes.length - at + 1)).padEnd(4, "=");
  }
  return out;
}

/** The name and the type of a file, for the server. */
export function metadataOf(name: string, type: string): string {
  const parts = [`filename ${base64(name.toWellFormed())}`];
  if (type !== "") parts.push(`filetype ${base64(type.toWellFormed())}`);
  return parts.join(",");
}

/** What an upload is called, by the address that the server gives it; null if that is none. */
export function uploadIn(location: string | null | undefined): string | null {
  return /\/api\/uploads\/([\w-]{1,64})$/.exec(location ?? "")?.[1] ?? null;
}

/** What a file is shown as, and how large. Rules on values. */
import type { Attachment } from "@vestnik/client";

export type Kind = "picture" | "audio" | "video" | "file";

/** What browsers can play, and the server lets them. */
const AUDIO = /^audio\/(mpeg|mp4|m4a|aac|ogg|wav|x-wav|x-flac|flac|webm)$/;
const VIDEO = /^video\/(mp4|webm|quicktime|ogg)$/;
const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;

/** A picture is one if its size is known: otherwise what is around it would jump. */
export function kindOf({ type, width, height }: Pick<Attachment, "type" | "width" | "height">): Kind {
  if (PICTURE.test(type)) return width !== null && height !== null ? "picture" : "file";
  return AUDIO.test(type) ? "audio" : VIDEO.test(type) ? "video" : "file";
}

const MOST_WIDE = 420;
const MOST_HIGH = 320;
/** What is thinner is cut. */
const LEAST = 64;

/** The box of a picture in the timeline, in pixels: all of it within the bounds, and never larger than it is. */
export function boxOf(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, MOST_WIDE / width, MOST_HIGH / height);
  return { width: Math.max(LEAST, Math.round(width * scale)), height: Math.max(LEAST, Math.round(height * scale)) };
}

/** The columns of several pictures. */
export const columnsOf = (count: number): number => (count === 2 || count === 4 ? 2 : 3);

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** 48 kB, 1.5 MB: as people of that language write it. */
export function sizeText(bytes: number, language: string): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  const format = { style: "unit", unit: UNITS[power], unitDisplay: "short", maximumFractionDigits: power > 0 && value < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language, format).format(value);
}

/** The end of a name, as its sign: PDF, DOCX. */
export function endingOf(name: string): string {
  const ending = /\.([\p{L}\p{N}]{1,5})$/u.exec(name)?.[1] ?? "";
  return ending.toUpperCase();
}

/** Where a file is; `size` of a picture is of the timeline or of the viewer. */
export function addressOf(id: number, size?: "list" | "view"): string {
  return `./api/files/${id}${size === undefined ? "" : `?size=${size}`}`;
}

/** What is shown as itself: a picture that moves would stand still otherwise. */
export const sizeFor = ({ type }: Pick<Attachment, "type">, size: "list" | "view") => (type === "image/gif" ? undefined : size);

export interface Candidate {
  name: string;
  size: number;
}

export type Objection = { is: "too many"; most: number } | { is: "too large"; name: string; most: number } | { is: "empty"; name: string };

/** Which of these may be put to those that are there; and what is to be said of the others. */
export function admitted<T extends Candidate>(there: number, added: readonly T[], most: { files: number; bytes: number | null }): { taken: T[]; objection: Objection | null } {
  let objection: Objection | null = null;
  const fitting = added.filter((one) => {
    const isTooLarge = most.bytes !== null && one.size > most.bytes;
    if (isTooLarge) objection = { is: "too large", name: one.name, most: most.bytes ?? 0 };
    else if (one.size === 0) objection = { is: "empty", name: one.name };
    return !isTooLarge && one.size > 0;
  });
  const room = Math.max(0, most.files - there);
  if (fitting.length > room) objection = { is: "too many", most: most.files };
  return { taken: fitting.slice(0, room), objection };
}

/** Which build of the page this is, and whether the server has another one. Rules on values. */
import { signal } from "@preact/signals";

/** The server has another page than this one, and it can be had. */
export const isOutdated = signal(false);

/** The path of the script that a page names, which each build has its own of; null for what is not this page. */
export function buildOf(page: string): string | null {
  if (!page.includes('name="application-name" content="Vestnik"')) return null;
  return /<script[^>]+src="\.\/(assets\/[^"]+)"/.exec(page)?.[1] ?? null;
}

export interface VersionState {
  isOutdated: boolean;
  isHidden: boolean;
  /** For how long it has been hidden, in milliseconds. */
  hiddenFor: number;
  /** Is anything half-written, or open before the page? */
  isBusy: boolean;
  /** Was it taken once already, and is it still another? */
  wasTaken: boolean;
}

/** So long nobody has looked. */
export const UNSEEN = 20_000;

/** Is the new page to be taken now, by itself? */
export function isToBeTaken({ isOutdated: isThere, isHidden, hiddenFor, isBusy, wasTaken }: VersionState): boolean {
  return isThere && isHidden && hiddenFor >= UNSEEN && !isBusy && !wasTaken;
}

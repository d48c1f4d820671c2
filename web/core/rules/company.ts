/** Who is in a chat and who is there. Frames and the list that is asked for meet here in any order. */
import type { Member } from "../api.ts";
import type { MemberBody, MemberFrame } from "../protocol.ts";

export interface Company {
  /** Null: not asked for yet. */
  members: readonly Member[] | null;
  /** Null: not told. */
  online: ReadonlySet<number> | null;
  /** What was heard since the list was asked for, which it may not know; null when none is. */
  journal: readonly MemberFrame[] | null;
}

export const NOBODY: Company = { members: null, online: null, journal: null };

export const asking = (company: Company): Company => ({ ...company, journal: [] });

/** The list has come; null: it has not. */
export function asked(company: Company, bodies: readonly MemberBody[] | null): Company {
  const { journal } = company;
  const next = { ...company, journal: null };
  if (bodies === null) return next;
  // Whose account has ended is neither counted nor offered.
  const there = bodies.filter(({ deleted }) => deleted !== true);
  return (journal ?? []).reduce(changed, { ...next, members: there.map(toMember) });
}

/** Somebody has come or gone, or is something else. */
export function changed(company: Company, frame: MemberFrame): Company {
  const { user_id: id, username, role, change } = frame;
  const journal = company.journal && [...company.journal, frame];
  const online = change === "left" && company.online ? without(company.online, id) : company.online;
  const { members } = company;
  if (members === null) return { members, online, journal };
  if (change === "left") return { members: members.filter((one) => one.id !== id), online, journal };
  const isKnown = members.some((one) => one.id === id);
  const next = isKnown
    ? members.map((one) => (one.id === id ? { ...one, role: role ?? one.role } : one))
    : [...members, toMember({ user_id: id, username, role: role ?? "member" })];
  return { members: next, online, journal };
}

export const there = (company: Company, online: readonly number[]): Company => ({ ...company, online: new Set(online) });

/** Nothing is told of who is there any more. */
export const untold = (company: Company): Company => (company.online === null ? company : { ...company, online: null });

function without(all: ReadonlySet<number>, id: number): ReadonlySet<number> {
  return all.has(id) ? new Set([...all].filter((one) => one !== id)) : all;
}

function toMember(body: MemberBody): Member {
  return { id: body.user_id, username: body.username, displayName: body.display_name ?? null, role: body.role };
}

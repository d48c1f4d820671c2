/** Who is in a chat and who is there. Frames and the list that is asked for meet here in any order. */
import type { Member } from "../api.ts";
import type { MemberBody, MemberFrame } from "../protocol.ts";

export interface Participants {
  /** Null: not asked for yet. */
  members: readonly Member[] | null;
  /** Null: not told. */
  online: ReadonlySet<number> | null;
  /** What was heard since the list was asked for, which it may not know; null when none is. */
  journal: readonly MemberFrame[] | null;
}

export const NOBODY: Participants = { members: null, online: null, journal: null };

export const asking = (participants: Participants): Participants => ({ ...participants, journal: [] });

/** The list has come; null: it has not. */
export function asked(participants: Participants, bodies: readonly MemberBody[] | null): Participants {
  const { journal } = participants;
  const next = { ...participants, journal: null };
  if (bodies === null) return next;
  // Whose account has ended is neither counted nor offered.
  const there = bodies.filter(({ deleted }) => deleted !== true);
  return (journal ?? []).reduce(changed, { ...next, members: there.map(toMember) });
}

/** Somebody has come or gone, or is something else. */
export function changed(participants: Participants, frame: MemberFrame): Participants {
  const { user_id: id, username, display_name, role, change } = frame;
  const journal = participants.journal && [...participants.journal, frame];
  const online = change === "left" && participants.online ? without(participants.online, id) : participants.online;
  const { members } = participants;
  if (members === null) return { members, online, journal };
  if (change === "left") return { members: members.filter((one) => one.id !== id), online, journal };
  const isKnown = members.some((one) => one.id === id);
  const next = isKnown
    ? members.map((one) => (one.id === id ? { ...one, username, displayName: display_name ?? one.displayName, role: role ?? one.role } : one))
    : [...members, toMember({ user_id: id, username, display_name: display_name ?? null, role: role ?? "member" })];
  return { members: next, online, journal };
}

export const there = (participants: Participants, online: readonly number[]): Participants => ({ ...participants, online: new Set(online) });

/** Nothing is told of who is there any more. */
export const untold = (participants: Participants): Participants => (participants.online === null ? participants : { ...participants, online: null });

function without(all: ReadonlySet<number>, id: number): ReadonlySet<number> {
  return all.has(id) ? new Set([...all].filter((one) => one !== id)) : all;
}

function toMember(body: MemberBody): Member {
  return { id: body.user_id, username: body.username, displayName: body.display_name ?? null, role: body.role };
}

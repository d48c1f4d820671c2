/** Who may do what, by role; the server has the last word. */
import { isToBe, type Chat, type Message, type Role } from "@vestnik/client";

const RANK: Record<Role, number> = { guest: 0, member: 1, admin: 2, owner: 3 };
export const ROLES: readonly Role[] = ["owner", "admin", "member", "guest"];

export const mayWrite = (chat: Chat) => chat.role !== "guest";
export const mayManage = (chat: Chat) => chat.type !== "private" && RANK[chat.role] >= RANK.admin;
export const mayDestroy = (chat: Chat) => chat.type === "group" && chat.role === "owner";
export const mayLeave = (chat: Chat) => chat.type === "group";
/** A private chat has no master: one puts it out of one's own sight, and the other keeps it. */
export const mayHide = (chat: Chat) => chat.type === "private" && hasBegun(chat);
/** Of a private chat in which nothing has been said the server knows nothing. */
export const hasBegun = (chat: Chat) => !isToBe(chat.id);

export function mayEdit(chat: Chat, message: Message, me: number): boolean {
  return message.userId === me && !message.deleted && mayWrite(chat);
}

export function mayDelete(chat: Chat, message: Message, me: number): boolean {
  return !message.deleted && (message.userId === me || mayManage(chat));
}

export function mayPin(chat: Chat): boolean {
  return mayManage(chat) || (chat.type === "private" && mayWrite(chat));
}

/** The roles that somebody of `role` may give. */
export function grantable(role: Role): Role[] {
  return RANK[role] < RANK.admin ? [] : ROLES.filter((granted) => RANK[granted] <= RANK[role]);
}

/** May one of `role` change or remove one of `other`? */
export function mayGovern(role: Role, other: Role): boolean {
  return role === "owner" || (RANK[role] >= RANK.admin && RANK[other] < RANK[role]);
}

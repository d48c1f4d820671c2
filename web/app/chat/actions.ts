/** What may be done with a message, as the menu, the bar and the keys all do it. */
import { nameKey, type ChatView, type Message, type Result } from "@vestnik/client";
import { writeTo } from "../dialog/Switcher";
import { me, nameOf } from "../state/client";
import { permalink, showList } from "../state/route";
import { mayDelete, mayEdit, mayPin, mayWrite } from "../state/rights";
import { ask, focusComposer, panelOpen, showToast } from "../state/overlays";
import { openPopover, type MenuItem } from "../shell/popover";
import { errorText, t } from "../words";
import type { Scroller } from "./scroller";

/** Tells of a failure; says whether there was none. */
export async function reportFailure(result: Promise<Result<unknown>>): Promise<boolean> {
  const answer = await result;
  if (!answer.ok) showToast(errorText(answer));
  return answer.ok;
}

/** The user leaves a chat, hides it or ends it: once that is done, `close` takes away what asked for it, and the list is shown. */
export async function goneBy(what: Promise<Result<unknown>>, close = () => {}): Promise<void> {
  if (!(await reportFailure(what))) return;
  close();
  panelOpen.value = false;
  showList();
}

export function replyTo(view: ChatView, message: Message): void {
  const chat = view.chat.peek();
  if (message.deleted || chat === null || !mayWrite(chat)) return;
  view.answer(message);
  focusComposer();
}

export function editMessage(view: ChatView, message: Message): void {
  const chat = view.chat.peek();
  if (chat === null || !mayEdit(chat, message, me()?.id ?? 0)) return;
  view.change(message);
  focusComposer();
}

export function removeMessage(view: ChatView, message: Message): void {
  const chat = view.chat.peek();
  if (chat === null || !mayDelete(chat, message, me()?.id ?? 0)) return;
  ask({
    title: t("message.deleteTitle"),
    body: t("message.deleteBody"),
    action: t("message.delete"),
    run: () => void reportFailure(view.remove(message.id)),
  });
}

export function toggleReaction(view: ChatView, message: Message, emoji: string): void {
  const self = me()?.id ?? 0;
  const has = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.userIds.includes(self));
  void reportFailure(view.react(message.id, emoji, !has));
}

export function openReactions(view: ChatView, message: Message, at: DOMRect): void {
  const chat = view.chat.peek();
  if (message.deleted || chat === null || !mayWrite(chat)) return;
  openPopover({ kind: "emoji", at, pick: (emoji) => toggleReaction(view, message, emoji) });
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyOldWay(text)) return showToast(t("message.notCopied"));
  }
  showToast(t("message.copied"));
}

/** Without TLS there is no clipboard but by a selection. */
function copyOldWay(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "off-screen";
  const before = document.activeElement;
  // Behind an open dialog nothing can be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}

/** What may be done with somebody whom a text calls. */
export function openPerson(view: ChatView, name: string, from: HTMLElement): void {
  const member = view.members.peek().find(({ username }) => nameKey(username) === name);
  if (member === undefined) return;
  const label = t("panel.write", { name: nameOf(member) });
  openPopover({ kind: "menu", at: from.getBoundingClientRect(), label, items: [{ icon: "edit", label, run: () => writeTo(member) }] });
}

export function openMenu(view: ChatView, message: Message, at: DOMRect, scroller: Scroller): void {
  const items = itemsFor(view, message, at, scroller);
  if (items.length > 0) openPopover({ kind: "menu", at, label: t("message.actions"), items });
}

function itemsFor(view: ChatView, message: Message, at: DOMRect, scroller: Scroller): MenuItem[] {
  const chat = view.chat.peek();
  const self = me()?.id ?? 0;
  if (chat === null) return [];
  const items: MenuItem[] = [];
  const add = (isAllowed: boolean, item: MenuItem) => isAllowed && items.push(item);
  const isThere = !message.deleted;
  add(isThere && mayWrite(chat), { icon: "reply", label: t("message.reply"), run: () => replyTo(view, message) });
  add(isThere && mayWrite(chat), { icon: "emoji", label: t("message.react"), run: () => openReactions(view, message, at) });
  add(mayEdit(chat, message, self), { icon: "edit", label: t("message.edit"), run: () => editMessage(view, message) });
  add(isThere && mayPin(chat), {
    icon: "pin",
    label: t(message.pinned ? "message.unpin" : "message.pin"),
    run: () => void reportFailure(view.pin(message.id, !message.pinned)),
  });
  add(isThere, { icon: "copy", label: t("message.copyText"), run: () => void copy(message.text) });
  add(true, { icon: "link", label: t("message.copyLink"), run: () => void copy(permalink(view.id, message.n)) });
  add(true, {
    icon: "unread",
    label: t("message.markUnread"),
    run: () => {
      scroller.hold();
      void reportFailure(view.markUnread(message.n));
    },
  });
  add(mayDelete(chat, message, self), { icon: "trash", label: t("message.delete"), danger: true, run: () => removeMessage(view, message) });
  return items;
}

/** Tells of messages that came while one was elsewhere. */
import { cut, type Chat, type Message } from "@vestnik/client";
import { client, speakerOf, titleOf } from "../state/client";
import { route, showChat } from "../state/route";
import { notifications } from "../state/settings";
import { saidIn } from "../text/said";

const LENGTH = 160;

export function notifyOfMessages(): void {
  client().onNotice(({ chat, message }) => {
    if (isWanted(chat)) show(chat, message);
  });
}

function isWanted(chat: Chat): boolean {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return false;
  if (notifications.peek() === "off") return false;
  const isInFront = document.visibilityState === "visible" && document.hasFocus() && route.peek().chat === chat.id;
  return !isInFront;
}

function show(chat: Chat, message: Message): void {
  const said = cut(saidIn(message), LENGTH);
  const body = chat.type === "private" ? said : `${speakerOf(chat.id, message)}: ${said}`;
  // One for a chat: the newest takes the place of the one before, also from another tab.
  const { href } = new URL(`#/chat/${chat.id}`, document.baseURI);
  const options = { body, tag: href, icon: "./icon-192.png" };
  let notification: Notification;
  try {
    notification = new Notification(titleOf(chat), options);
  } catch {
    // Phones show them only through the service worker, which opens the page by itself.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(titleOf(chat), { ...options, data: { chat: chat.id, n: message.n } }));
    return;
  }
  notification.onclick = () => {
    window.focus();
    showChat(chat.id, message.n);
    notification.close();
  };
}

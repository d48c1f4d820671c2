/** A round sign with initials, coloured by id: the same everywhere. */
import { cut, type Chat } from "@vestnik/client";

const HUES = 8;

export function Avatar({ id, name, online = false, small = false }: { id: number; name: string; online?: boolean; small?: boolean }) {
  return (
    <span class={`avatar hue-${Math.abs(id) % HUES}${small ? " avatar-small" : ""}`} data-initials={initials(name)} aria-hidden="true">
      {online && <span class="presence-dot" />}
    </span>
  );
}

/** A private chat is coloured as the other person is. */
export function ChatAvatar({ chat, online = false, small = false }: { chat: Chat; online?: boolean; small?: boolean }) {
  return <Avatar id={chat.peer?.id ?? chat.id} name={chat.title} online={online} small={small} />;
}

/** The first letters of the first two words, or the first two letters of the only one. */
export function initials(name: string): string {
  // Without the username that may stand behind a name.
  const words = name.replace(/^\u2068(.*)\u2069 @.*$/u, "$1").split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const [first, second] = words;
  if (first === undefined) return "#";
  const letters = second === undefined ? cut(first, 2) : cut(first, 1) + cut(second, 1);
  return letters.toLocaleUpperCase();
}

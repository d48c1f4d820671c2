/** Ctrl+K: type a few letters, press Enter, be there. */
import { useComputed, useSignal } from "@preact/signals";
import { Fragment } from "preact";
import type { FoundMessage, Person } from "@vestnik/client";
import { onKeys } from "../keys/pressed-key";
import { Icon } from "../shell/Icon";
import { client, plainName, speakerOf } from "../state/client";
import { openSearch } from "../state/overlays";
import { showChat } from "../state/route";
import { Avatar, ChatAvatar } from "../text/Avatar";
import { excerpt } from "../text/excerpt";
import { t } from "../words";
import { shortTime } from "../words/dates";
import { closeDialog, Dialog } from "./Dialog";
import { hitsFor, withMessages, type Hit } from "./switcher-hits";
import { useFoundMessages } from "./useFoundMessages";
import { usePeople } from "./usePeople";

export function Switcher() {
  const text = useSignal("");
  const people = usePeople(text);
  const at = useSignal(0);
  const messages = useFoundMessages(text);
  const hits = useComputed<Hit[]>(() => {
    const isAnswered = people.value?.text === text.value.trim();
    return withMessages(hitsFor(text.value, client().chats.value, people.value?.people ?? [], isAnswered), messages.value, isAnswered);
  });
  const firstMessage = hits.value.findIndex(({ kind }) => kind === "message");
  const chosen = Math.min(at.value, hits.value.length - 1);
  const onKeyDown = onKeys((event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.value.length > 0) {
      event.preventDefault();
      at.value = (chosen + step + hits.value.length) % hits.value.length;
      document.getElementById(`hit-${at.value}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      const hit = hits.value[chosen];
      if (hit !== undefined) go(hit, text.peek());
    }
  });
  return (
    <Dialog title={t("switcher.title")} kind="dialog-switcher" quiet>
      <input
        class="switcher-input"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="hits"
        aria-activedescendant={chosen >= 0 ? `hit-${chosen}` : undefined}
        aria-label={t("switcher.title")}
        placeholder={t("switcher.title")}
        autocomplete="off"
        data-autofocus
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      {hits.value.length > 0 ? (
        <div id="hits" class="hits" role="listbox" aria-label={t("switcher.title")}>
          {hits.value.map((hit, place) => (
            <Fragment key={keyOf(hit)}>
              {place === firstMessage && <div class="hits-group" role="presentation">{t("switcher.messages")}</div>}
              <HitRow hit={hit} text={text.value} id={`hit-${place}`} chosen={place === chosen} />
            </Fragment>
          ))}
        </div>
      ) : (
        <p id="hits" class="quiet hits-none">{t("switcher.none")}</p>
      )}
    </Dialog>
  );
}

function keyOf(hit: Hit): string {
  switch (hit.kind) {
    case "chat":
      return `c${hit.chat.id}`;
    case "person":
      return `p${hit.person.id}`;
    case "message":
      return `m${hit.found.message.id}`;
    case "all":
      return "all";
  }
}

interface HitRowProps {
  hit: Hit;
  text: string;
  id: string;
  chosen: boolean;
}

function HitRow({ hit, text, id, chosen }: HitRowProps) {
  if (hit.kind === "message") return <MessageHit found={hit.found} text={text} id={id} chosen={chosen} />;
  if (hit.kind === "all") {
    return (
      <div id={id} class="hit" role="option" aria-selected={chosen} onClick={() => go(hit, text)}>
        <Icon name="search" />
        <span class="hit-name" dir="auto">{t("switcher.all", { text: text.trim() })}</span>
      </div>
    );
  }
  const peer = hit.kind === "chat" ? hit.chat.peer : hit.person;
  return (
    <div id={id} class="hit" role="option" aria-selected={chosen} onClick={() => go(hit, text)}>
      {hit.kind === "chat" ? <ChatAvatar chat={hit.chat} small /> : <Avatar id={hit.person.id} name={plainName(hit.person)} small />}
      <span class="hit-name" dir="auto">{hit.kind === "chat" ? hit.chat.title : plainName(hit.person)}</span>
      {peer !== null && <span class="quiet hit-username">@{peer.username}</span>}
      {hit.kind === "chat" && hit.chat.unread > 0 && <span class="pill">{hit.chat.unread}</span>}
    </div>
  );
}

/** A message: where, by whom, and what. */
function MessageHit({ found, text, id, chosen }: Omit<HitRowProps, "hit"> & { found: FoundMessage }) {
  const { chatId, message } = found;
  const chat = client().chats.value.find((one) => one.id === chatId);
  return (
    <div id={id} class="hit hit-message" role="option" aria-selected={chosen} onClick={() => go({ kind: "message", found }, text)}>
      <span class="hit-about">
        <strong dir="auto">{speakerOf(chatId, message)}</strong>
        {chat !== undefined && chat.peer === null && <span class="quiet" dir="auto">{chat.title}</span>}
        <time class="quiet">{shortTime(message.createdAt)}</time>
      </span>
      <span class="hit-said" dir="auto">
        {excerpt(message.text, found.marks, 120).map(({ s, isMarked }, place) => (isMarked ? <mark key={place}>{s}</mark> : s))}
      </span>
    </div>
  );
}

function go(hit: Hit, text: string): void {
  if (hit.kind === "person") return writeTo(hit.person);
  closeDialog();
  if (hit.kind === "chat") showChat(hit.chat.id);
  else if (hit.kind === "message") showChat(hit.found.chatId, hit.found.message.n);
  else openSearch(null, text.trim());
}

/** The chat with somebody, on the screen. They hear of it with the first message. */
export function writeTo(person: Person): void {
  closeDialog();
  showChat(client().meet(person));
}

/** Ctrl+K: type a few letters, press Enter, be there. */
import { useComputed, useSignal } from "@preact/signals";
import type { Person } from "@vestnik/client";
import { onKeys } from "../keys/pressed-key";
import { client, plainName } from "../state/client";
import { showChat } from "../state/route";
import { Avatar, ChatAvatar } from "../text/Avatar";
import { t } from "../words";
import { closeDialog, Dialog } from "./Dialog";
import { hitsFor, type Hit } from "./switcher-hits";
import { usePeople } from "./usePeople";

export function Switcher() {
  const text = useSignal("");
  const people = usePeople(text);
  const at = useSignal(0);
  const hits = useComputed<Hit[]>(() => hitsFor(text.value, client().chats.value, people.value?.people ?? [], people.value?.text === text.value.trim()));
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
      if (hit !== undefined) go(hit);
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
            <HitRow key={hit.kind === "chat" ? `c${hit.chat.id}` : `p${hit.person.id}`} hit={hit} id={`hit-${place}`} chosen={place === chosen} />
          ))}
        </div>
      ) : (
        <p id="hits" class="quiet hits-none">{t("switcher.none")}</p>
      )}
    </Dialog>
  );
}

function HitRow({ hit, id, chosen }: { hit: Hit; id: string; chosen: boolean }) {
  const peer = hit.kind === "chat" ? hit.chat.peer : hit.person;
  return (
    <div id={id} class="hit" role="option" aria-selected={chosen} onClick={() => go(hit)}>
      {hit.kind === "chat" ? <ChatAvatar chat={hit.chat} small /> : <Avatar id={hit.person.id} name={plainName(hit.person)} small />}
      <span class="hit-name" dir="auto">{hit.kind === "chat" ? hit.chat.title : plainName(hit.person)}</span>
      {peer !== null && <span class="quiet hit-username">@{peer.username}</span>}
      {hit.kind === "chat" && hit.chat.unread > 0 && <span class="pill">{hit.chat.unread}</span>}
    </div>
  );
}

function go(hit: Hit): void {
  if (hit.kind === "chat") {
    closeDialog();
    showChat(hit.chat.id);
  } else {
    writeTo(hit.person);
  }
}

/** The chat with somebody, on the screen. They hear of it with the first message. */
export function writeTo(person: Person): void {
  closeDialog();
  showChat(client().meet(person));
}

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { Chat, ChatView } from "@vestnik/client";
import { goneBy, reportFailure } from "../chat/actions";
import type { Scroller } from "../chat/scroller";
import { hasBegun, mayDestroy, mayHide, mayLeave, mayManage } from "../state/rights";
import { me, titleOf } from "../state/client";
import { ask, focusPanel, overlay, panelTab } from "../state/overlays";
import { ChatAvatar } from "../text/Avatar";
import { Icon } from "../shell/Icon";
import { FilesTab } from "../shell/file-parts";
import { t } from "../words";
import { leftBehind } from "./ChooseOwner";
import { Members } from "./Members";
import { PanelFrame } from "./PanelFrame";
import { Pins } from "./Pins";

export function SidePanel({ view, chat, scroller }: { view: ChatView; chat: Chat; scroller: Scroller }) {
  useLayoutEffect(focusPanel, []);
  useEffect(() => {
    void view.loadMembers();
    void view.loadPins();
  }, [view]);
  return (
    <PanelFrame title={t("panel.title")}>
      {hasBegun(chat) && <Tabs />}
      {panelTab.value === "files" && hasBegun(chat) ? <div class="panel-scroll"><FilesTab view={view} /></div> : <About view={view} chat={chat} scroller={scroller} />}
    </PanelFrame>
  );
}

/** What there is to see of a chat. */
function Tabs() {
  const tabs = [["details", "panel.title"], ["files", "files.title"]] as const;
  return (
    <div class="panel-tabs" role="group" aria-label={t("panel.tabs")}>
      {tabs.map(([tab, title]) => (
        <button key={tab} type="button" class="panel-tab" aria-pressed={panelTab.value === tab} onClick={() => (panelTab.value = tab)}>{t(title)}</button>
      ))}
    </div>
  );
}

function About({ view, chat, scroller }: { view: ChatView; chat: Chat; scroller: Scroller }) {
  return (
      <div class="panel-scroll">
        <div class="panel-title">
          <ChatAvatar chat={chat} />
          <h3 dir="auto">{chat.title}</h3>
          <p class="quiet">{subtitle(chat)}</p>
        </div>
        {mayManage(chat) && <Rename key={chat.title} view={view} title={chat.title} />}
        {hasBegun(chat) && <Mute view={view} chat={chat} />}
        {hasBegun(chat) && <Pins view={view} scroller={scroller} />}
        {chat.type !== "private" && <Members view={view} chat={chat} />}
        <Ends view={view} chat={chat} />
      </div>
  );
}

function Mute({ view, chat }: { view: ChatView; chat: Chat }) {
  return (
    <label class="switch">
      <input type="checkbox" role="switch" checked={chat.muted} onChange={(event) => void reportFailure(view.mute(event.currentTarget.checked))} />
      <span>
        {t("panel.mute")}
        <small>{t("panel.muteHint")}</small>
      </span>
    </label>
  );
}

function subtitle(chat: Chat): string {
  if (chat.peer !== null) return `@${chat.peer.username}`;
  return chat.type === "general" ? t("chat.general") : t(`role.${chat.role}`);
}

function Rename({ view, title }: { view: ChatView; title: string }) {
  const name = useSignal(title);
  const rename = (event: Event) => {
    event.preventDefault();
    void reportFailure(view.rename(name.value.trim()));
  };
  return (
    <form class="rename" onSubmit={rename}>
      <label class="field">
        <span>{t("panel.name")}</span>
        <input class="field-input" required maxLength={128} autocomplete="off" value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
      </label>
      {name.value.trim() !== title && <button type="submit" class="button">{t("panel.rename")}</button>}
    </form>
  );
}

/** Leaving, hiding, and the end of it all; each is asked twice. */
function Ends({ view, chat }: { view: ChatView; chat: Chat }) {
  const title = titleOf(chat);
  const leave = () => {
    // The server lets no chat be without an owner: that is said before, not after.
    if (leftBehind(view.members.peek(), me()?.id ?? 0).length > 0) overlay.value = { kind: "handover", chat: chat.id };
    else ask({ title: t("panel.leaveTitle", { title }), body: t("panel.leaveBody"), action: t("panel.leaveDo"), run: () => void goneBy(view.leave()) });
  };
  const destroy = () =>
    ask({ title: t("panel.deleteTitle", { title }), body: t("panel.deleteBody"), action: t("panel.deleteDo"), run: () => void goneBy(view.destroy()) });
  const hide = () =>
    ask({ title: t("panel.hideTitle", { title }), body: t("panel.hideBody"), action: t("panel.hideDo"), run: () => void goneBy(view.hide()) });
  if (!mayLeave(chat) && !mayDestroy(chat) && !mayHide(chat)) return null;
  return (
    <div class="panel-ends">
      {mayHide(chat) && (
        <button type="button" class="row-button" onClick={hide}>
          <Icon name="leave" />
          {t("panel.hide")}
        </button>
      )}
      {mayLeave(chat) && (
        <button type="button" class="row-button danger" onClick={leave}>
          <Icon name="leave" />
          {t("panel.leave")}
        </button>
      )}
      {mayDestroy(chat) && (
        <button type="button" class="row-button danger" onClick={destroy}>
          <Icon name="trash" />
          {t("panel.delete")}
        </button>
      )}
    </div>
  );
}

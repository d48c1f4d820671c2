import { client, me, nameOf } from "../state/client";
import { overlay } from "../state/overlays";
import { Avatar } from "../text/Avatar";
import { IconButton } from "../shell/IconButton";
import { Icon } from "../shell/Icon";
import { MOD } from "../keys/pressed-key";
import { t } from "../words";
import { ChatList } from "./ChatList";
import { FirstSteps, isBeginner } from "./FirstSteps";

/** Where there is room for one thing only, and this is it, it is the page. */
export function Sidebar({ alone }: { alone: boolean }) {
  const Landmark = alone ? "main" : "nav";
  return (
    <Landmark class="sidebar" aria-label={t("list.chats")}>
      {alone && <h1 class="off-screen">{t("list.chats")}</h1>}
      <Head />
      <OtherWay />
      {client().chats.value.length === 0 ? <Loading /> : <ChatList />}
      {alone && client().chats.value.length > 0 && isBeginner() && <FirstSteps below />}
    </Landmark>
  );
}

function Head() {
  const self = me();
  return (
    <div class="sidebar-head">
      {self !== null && (
        <button type="button" class="self" aria-label={t("settings.title")} title={t("settings.title")} onClick={() => (overlay.value = { kind: "settings" })}>
          <Avatar id={self.id} name={nameOf(self)} small />
        </button>
      )}
      <button type="button" class="search-button" onClick={() => (overlay.value = { kind: "switcher" })}>
        <Icon name="search" />
        <span>{t("list.search")}</span>
        <kbd>{MOD} K</kbd>
      </button>
      <IconButton icon="plus" label={t("list.new")} onClick={() => (overlay.value = { kind: "new" })} />
    </div>
  );
}

/** Nothing is lost by it but who types; so it is said, and not loudly. */
function OtherWay() {
  const connection = client().connection.value;
  if (!("by" in connection) || connection.by === "socket") return null;
  return <p class="other-way quiet" role="status">{t("list.otherWay")}</p>;
}

/** Everybody is in General: a list without a chat has not come yet. */
function Loading() {
  return (
    <p class="list-loading quiet" role="status">
      <span class="spinner" aria-hidden="true" /> {t("app.loading")}
    </p>
  );
}

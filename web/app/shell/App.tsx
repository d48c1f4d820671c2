import { ChatPane } from "../chat/ChatPane";
import { ConfirmDialog } from "../dialog/ConfirmDialog";
import { Switcher } from "../dialog/Switcher";
import { MOD } from "../keys/pressed-key";
import { Entry } from "../entry/Entry";
import { FirstSteps, isBeginner } from "../list/FirstSteps";
import { Sidebar } from "../list/Sidebar";
import { client, shown } from "../state/client";
import { isNarrow, overlay, panelOpen, panelTab } from "../state/overlays";
import { t } from "../words";
import { Banner } from "./Banner";
import { Logo } from "./Logo";
import { NewVersion } from "./NewVersion";
import { Viewer } from "./file-parts";
import { AddPeople, ChooseOwner, Help, InviteDialog, NewChat, SearchPanel, Settings } from "./parts";
import { Toast } from "./Toast";

export function App() {
  const session = client().session.value;
  if (session.state === "signed-out") return <Door />;
  // Tried before, and nothing is known: the server has to be asked first.
  if (session.state === "checking" && session.me === null) return <Splash />;
  return <Messenger />;
}

function Door() {
  return (
    <>
      <NewVersion />
      <Entry />
      <Toast />
    </>
  );
}

function Splash() {
  return (
    <>
      <Banner />
      <main class="splash" aria-busy="true">
        <Logo />
        <p class="quiet" role="status">{t("app.loading")}</p>
      </main>
    </>
  );
}

function Messenger() {
  const view = shown.value;
  const isSearching = panelOpen.value && panelTab.value === "search";
  const classes = ["messenger", view === null ? "shows-list" : "shows-chat", panelOpen.value && (view !== null || isSearching) && "shows-panel"];
  return (
    <>
      <Banner />
      <NewVersion />
      <div class={classes.filter(Boolean).join(" ")}>
        <Sidebar alone={view === null && isNarrow.value} />
        {view !== null && <ChatPane key={view.id} view={view} />}
        {view === null && !isNarrow.value && <NoChat />}
        {isSearching && <SearchPanel />}
      </div>
      <Front />
      {overlay.value === null && (view === null || view.chat.value === null) && <Toast />}
    </>
  );
}

function NoChat() {
  if (client().chats.value.length > 0 && isBeginner()) {
    return (
      <main class="chat no-chat">
        <FirstSteps />
      </main>
    );
  }
  return (
    <main class="chat no-chat">
      <div class="empty">
        <Logo />
        <h1>{t("none.title")}</h1>
        <p class="quiet">{t("none.hint", { key: `${MOD}+K` })}</p>
      </div>
    </main>
  );
}

/** What is in front of the chats. */
function Front() {
  const front = overlay.value;
  switch (front?.kind) {
    case "switcher":
      return <Switcher key="switcher" />;
    case "new":
      return <NewChat key="new" />;
    case "add":
      return <AddPeople key="add" chat={front.chat} />;
    case "handover":
      return <ChooseOwner key="handover" chat={front.chat} />;
    case "invite":
      return <InviteDialog key="invite" />;
    case "settings":
      return <Settings key="settings" />;
    case "viewer":
      return <Viewer key="viewer" chat={front.chat} file={front.file} />;
    case "help":
      return <Help key="help" />;
    case "question":
      return <ConfirmDialog key="question" question={front.question} />;
    case undefined:
      return null;
  }
}

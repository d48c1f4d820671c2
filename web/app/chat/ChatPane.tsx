import { useEffect, useMemo } from "preact/hooks";
import type { ChatView } from "@vestnik/client";
import { endingOf } from "../shell/ended-chats";
import { Composer } from "../compose/Composer";
import { PopoverHost } from "../shell/PopoverHost";
import { Toast } from "../shell/Toast";
import { client } from "../state/client";
import { mayWrite } from "../state/rights";
import { route, showList } from "../state/route";
import { focusComposer, overlay, panelOpen, panelTab, showToast, uncover } from "../state/overlays";
import { visited } from "../state/search";
import { ResultsBar, SidePanel } from "../shell/parts";
import { isDragging } from "../shell/take-files";
import { t } from "../words";
import { Header } from "./Header";
import { PinsBar } from "./PinsBar";
import { scrollerOf } from "./scroller";
import { TimelineView } from "./Timeline";

/** One chat; made anew for each, so that nothing of the last one stays. */
export function ChatPane({ view }: { view: ChatView }) {
  const scroller = useMemo(() => scrollerOf(view), [view]);
  // The messages are not drawn again because something else of the chat has changed, as its draft with every key.
  const timeline = useMemo(() => <TimelineView view={view} scroller={scroller} />, [view, scroller]);
  useEffect(() => {
    let isShown = true;
    void view.open().then(() => {
      if (!isShown) return;
      void view.loadMembers();
      void view.loadPins();
    });
    focusComposer();
    return () => {
      isShown = false;
      view.close();
      if (panelTab.peek() !== "search") uncover();
    };
  }, [view]);
  const { n } = route.value;
  useEffect(() => {
    if (n === null) return;
    void scroller.goTo(n).then((isFound) => {
      if (!isFound) showToast(t("chat.gonePlace"));
    });
  }, [route.value]);
  const chat = view.chat.value;
  if (chat === null) return <Gone view={view} />;
  return (
    <>
      <main class="chat" aria-label={chat.title}>
        <Header view={view} chat={chat} />
        {visited.value?.chatId === view.id && !panelOpen.value && <ResultsBar />}
        <PinsBar view={view} scroller={scroller} />
        {timeline}
        {overlay.value === null && <Toast />}
        {mayWrite(chat) ? <Composer view={view} scroller={scroller} /> : <p class="read-only">{t("compose.readOnly")}</p>}
        <PopoverHost />
        {isDragging.value && <p class="drop-here">{t("files.dropHere")}</p>}
      </main>
      {panelOpen.value && panelTab.value !== "search" && <SidePanel view={view} chat={chat} scroller={scroller} />}
    </>
  );
}

/** Unknown as long as the list of chats is; after that, not there. */
function Gone({ view }: { view: ChatView }) {
  const isKnown = client().chats.value.length > 0;
  const ended = view.ended.value;
  const word = ended === null ? t(isKnown ? "chat.gone" : "app.loading") : endingOf(ended);
  return (
    <main class="chat">
      <div class="empty">
        <p class="quiet" role="status">{word}</p>
        {ended?.how === "left" && <p class="quiet">{t("chat.endedHint")}</p>}
        {isKnown && (
          <button type="button" class="button" onClick={showList}>
            {t("app.back")}
          </button>
        )}
      </div>
    </main>
  );
}

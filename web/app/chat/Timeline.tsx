import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { ChatView } from "@vestnik/client";
import { onKeys } from "../keys/pressed-key";
import { isDisconnected } from "../state/disconnected";
import { me, nameOf } from "../state/client";
import { isHovering } from "../shell/popover";
import { Icon } from "../shell/Icon";
import { focusComposer } from "../state/overlays";
import { t } from "../words";
import { dayName } from "../words/dates";
import { keysOfTimeline } from "./message-keys";
import { MessageRow } from "./MessageRow";
import { PendingRow } from "./PendingRow";
import { rows, type TimelineRow } from "./rows";
import type { Scroller } from "./scroller";
import { within } from "./rendered-span";

export function TimelineView({ view, scroller }: { view: ChatView; scroller: Scroller }) {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const active = useSignal<number | null>(null);
  const span = scroller.span.value;
  const shown = useComputed(() => {
    const { messages, pending, firstUnread, hasNewer } = view.timeline.value;
    const { to } = scroller.span.value;
    const isEnd = to === null && !hasNewer;
    return rows(within(messages, scroller.span.value), isEnd ? pending : [], firstUnread, me()?.id ?? 0);
  });
  // What has not changed is not drawn again.
  const drawn = useMemo(
    () => shown.value.map((row) => <RowOf key={row.key} row={row} view={view} scroller={scroller} active={active} />),
    [shown.value],
  );
  const title = useComputed(() => view.chat.value?.title ?? "").value;
  const timeline = view.timeline.value;
  // At once when it goes: what is out of the page is not measured any more.
  useLayoutEffect(() => {
    if (box.current === null || list.current === null) return undefined;
    return scroller.attach(box.current, list.current);
  }, [scroller]);
  useLayoutEffect(() => scroller.settle());
  const isBeginning = !timeline.hasOlder && (timeline.messages[0]?.n ?? 0) >= span.from && timeline.messages.length > 0;
  return (
    <div class="timeline">
      <div
        ref={box}
        class="timeline-box"
        role="log"
        // While one looks at what was said before, what arrives is not read aloud.
        aria-live={scroller.atBottom.value ? "polite" : "off"}
        aria-label={t("chat.messages", { title })}
        aria-busy={timeline.loading === "first"}
        tabIndex={0}
        onKeyDown={onKeys((event) => keysOfTimeline(event, view, scroller))}
        onPointerLeave={(event) => {
          if (isHovering(event)) active.value = null;
        }}
      >
        <div class="timeline-edge">
          {timeline.loading === "older" && <span class="spinner" />}
          {isBeginning && <p class="quiet">{t("chat.beginning")}</p>}
        </div>
        <div ref={list} class="timeline-list">
          {drawn}
        </div>
      </div>
      {timeline.messages.length === 0 && timeline.pending.length === 0 && <Nothing view={view} loading={timeline.loading !== null} />}
      <ToLatest view={view} scroller={scroller} />
    </div>
  );
}

interface RowProps {
  row: TimelineRow;
  view: ChatView;
  scroller: Scroller;
  active: { value: number | null };
}

function RowOf({ row, view, scroller, active }: RowProps) {
  switch (row.kind) {
    case "day":
      return (
        <div class="day" data-key={row.key} role="separator" aria-label={dayName(row.at)}>
          <span>{dayName(row.at)}</span>
        </div>
      );
    case "new":
      return (
        <div class="new-divider" data-key={row.key} role="separator" aria-label={t("chat.newMessages")}>
          <span>{t("chat.newMessages")}</span>
        </div>
      );
    case "message":
      return <MessageRow view={view} scroller={scroller} active={active} message={row.message} first={row.first} last={row.last} />;
    case "pending":
      return <PendingRow view={view} pending={row.pending} first={row.first} last={row.last} />;
  }
}

function Nothing({ view, loading }: { view: ChatView; loading: boolean }) {
  const chat = view.chat.value;
  if (loading || chat === null) {
    return <p class="timeline-nothing quiet" role="status">{t(isDisconnected.value ? "chat.notKept" : "chat.loading")}</p>;
  }
  return (
    <div class="timeline-nothing empty">
      <h2>{t("chat.empty")}</h2>
      <p class="quiet">{chat.peer === null ? t("chat.emptyHint") : t("chat.emptyPrivateHint", { name: nameOf(chat.peer) })}</p>
    </div>
  );
}

/** Instead of jumping: how much is new below, and the way there. */
function ToLatest({ view, scroller }: { view: ChatView; scroller: Scroller }) {
  if (scroller.atBottom.value) return null;
  const unread = view.chat.value?.unread ?? 0;
  const go = () => {
    void scroller.toLatest();
    focusComposer();
  };
  const label = unread > 0 ? t("chat.newBelow", { n: unread }) : t("chat.toLatest");
  return (
    <button type="button" class="to-latest" aria-label={label} title={label} onClick={go}>
      <Icon name="down" />
      {unread > 0 && <span>{label}</span>}
    </button>
  );
}

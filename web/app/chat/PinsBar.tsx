import { useSignal } from "@preact/signals";
import type { ChatView } from "@vestnik/client";
import { openPanel, showToast } from "../state/overlays";
import { saidIn } from "../text/said";
import { IconButton } from "../shell/IconButton";
import { Icon } from "../shell/Icon";
import { t } from "../words";
import type { Scroller } from "./scroller";

/** The pinned message to go to next: from the newest to the oldest, and around. */
export function PinsBar({ view, scroller }: { view: ChatView; scroller: Scroller }) {
  const place = useSignal(0);
  const pins = [...view.pins.value].sort((a, b) => b.n - a.n);
  const pin = pins[place.value % Math.max(1, pins.length)];
  if (pin === undefined) return null;
  const go = async () => {
    place.value = (place.value + 1) % pins.length;
    if (!(await scroller.goTo(pin.n))) showToast(t("chat.gonePlace"));
  };
  const text = saidIn(pin);
  return (
    <div class="pins-bar">
      <button type="button" class="pins-bar-message" title={t("pins.next")} onClick={() => void go()}>
        <Icon name="pin" />
        <span class="pins-bar-text">
          <strong>{t("pins.bar")}{pins.length > 1 ? ` ${(place.value % pins.length) + 1}/${pins.length}` : ""}</strong>
          <span dir="auto">{text}</span>
        </span>
      </button>
      {pins.length > 1 && <IconButton icon="more" label={t("pins.all")} onClick={openPanel} />}
    </div>
  );
}

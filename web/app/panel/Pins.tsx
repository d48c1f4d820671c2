import type { ChatView } from "@vestnik/client";
import { reportFailure } from "../chat/actions";
import type { Scroller } from "../chat/scroller";
import { authorOf } from "../state/client";
import { mayPin } from "../state/rights";
import { showToast, uncover } from "../state/overlays";
import { saidIn } from "../text/said";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";

export function Pins({ view, scroller }: { view: ChatView; scroller: Scroller }) {
  const chat = view.chat.value;
  const pins = [...view.pins.value].sort((a, b) => b.n - a.n);
  const go = async (n: number) => {
    uncover();
    if (!(await scroller.goTo(n))) showToast(t("chat.gonePlace"));
  };
  return (
    <section aria-label={t("pins.title")}>
      <h3 class="panel-section">
        {t("pins.title")} <span class="quiet">{pins.length || ""}</span>
      </h3>
      {pins.length === 0 && <p class="quiet panel-text">{t("pins.none")}</p>}
      <ul class="pins">
        {pins.map((pin) => (
          <li key={pin.id}>
            <button type="button" class="pin" onClick={() => void go(pin.n)}>
              <strong dir="auto">{authorOf(pin, view.members.value)}</strong>
              <span dir="auto">{saidIn(pin)}</span>
            </button>
            {chat !== null && mayPin(chat) && <IconButton icon="close" label={t("message.unpin")} onClick={() => void reportFailure(view.pin(pin.id, false))} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

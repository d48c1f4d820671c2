import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isDisconnected } from "../state/disconnected";
import { client } from "../state/client";
import { t } from "../words";
import { NotTheServer } from "./NotTheServer";

/** What keeps messages from going out and coming in, once that takes a while. */
export function Banner() {
  const connection = client().connection.value;
  const now = useSignal(Date.now());
  useEffect(() => {
    if (!isDisconnected.value) return undefined;
    now.value = Date.now();
    const tick = setInterval(() => (now.value = Date.now()), 500);
    return () => clearInterval(tick);
  }, [isDisconnected.value]);
  if (!isDisconnected.value) return null;
  const n = "retryAt" in connection ? Math.max(0, Math.ceil((connection.retryAt - now.value) / 1000)) : 0;
  const waiting = client().waiting.value;
  return (
    <section class={`banner banner-${connection.state}`} aria-label={t("banner.label")}>
      <span class="banner-dot" aria-hidden="true" />
      {/* The seconds are not read aloud; that the connection is lost is, once. */}
      <span aria-hidden="true">{text(connection.state, n)}</span>
      <span class="off-screen" role="status">{t(connection.state === "restarting" ? "error.unavailable" : "error.no_answer")}</span>
      {waiting > 0 && <span>{t("banner.waiting", { n: waiting })}</span>}
      {waiting > 0 && !client().isKept.value && <span>{t("banner.notKept")}</span>}
      <button type="button" class="link-button" onClick={() => client().reconnect()}>
        {t("banner.now")}
      </button>
      <NotTheServer />
    </section>
  );
}

function text(state: string, n: number): string {
  if (n === 0) return t("banner.connecting");
  return t(state === "restarting" ? "banner.restarting" : "banner.offline", { n });
}

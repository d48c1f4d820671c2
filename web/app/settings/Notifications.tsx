import { useSignal } from "@preact/signals";
import { notifications } from "../state/settings";
import { t } from "../words";

/** Asked for by a button, never by itself. */
export function Notifications() {
  const permission = useSignal<NotificationPermission | "unsupported">("Notification" in globalThis ? Notification.permission : "unsupported");
  const turnOn = async () => {
    permission.value = await Notification.requestPermission();
    if (permission.value === "granted") notifications.value = "on";
  };
  const isOn = permission.value === "granted" && notifications.value === "on";
  return (
    <section class="settings-section">
      <h3>{t("settings.notifications")}</h3>
      <p class="quiet">{text(permission.value, isOn)}</p>
      {isOn && <button type="button" class="button" onClick={() => (notifications.value = "off")}>{t("settings.notifyStop")}</button>}
      {!isOn && permission.value !== "unsupported" && permission.value !== "denied" && (
        <button type="button" class="button button-main" onClick={() => void turnOn()}>{t("settings.notifyAsk")}</button>
      )}
    </section>
  );
}

function text(permission: NotificationPermission | "unsupported", isOn: boolean): string {
  if (!isSecureContext) return t("settings.notifyInsecure");
  if (permission === "unsupported") return t("settings.notifyUnsupported");
  if (permission === "denied") return t("settings.notifyDenied");
  return t(isOn ? "settings.notifyOn" : "settings.notifyOff");
}

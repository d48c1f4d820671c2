import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Device } from "@vestnik/client";
import { reportFailure } from "../chat/actions";
import { client } from "../state/client";
import { Icon } from "../shell/Icon";
import { errorText, t } from "../words";
import { dayAndClock } from "../words/dates";

/** Where one is signed in. */
export function Devices() {
  const devices = useSignal<readonly Device[]>([]);
  const error = useSignal("");
  const load = async () => {
    const found = await client().devices();
    if (found.ok) devices.value = [...found.value].sort((a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt - a.lastUsedAt);
    error.value = found.ok ? "" : errorText(found);
  };
  useEffect(() => void load(), []);
  const revoke = async (device: Device) => {
    if (await reportFailure(client().revoke(device.id))) await load();
  };
  return (
    <section class="settings-section">
      <h3>{t("settings.devices")}</h3>
      {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
      <ul class="devices">
        {devices.value.map((device) => (
          <li key={device.id} class="device">
            <Icon name="device" />
            <span class="device-name">
              <span>{deviceName(device.userAgent)}</span>
              <small>{device.current ? t("settings.thisDevice") : t("settings.lastUsed", { time: dayAndClock(device.lastUsedAt) })}</small>
            </span>
            {!device.current && (
              <button type="button" class="button" aria-label={t("settings.revokeOf", { name: deviceName(device.userAgent) })} onClick={() => void revoke(device)}>
                {t("settings.revoke")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const BROWSERS = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/YaBrowser\//, "Yandex Browser"], [/Firefox\//, "Firefox"], [/Chrome\//, "Chrome"], [/Safari\//, "Safari"]] as const;
const SYSTEMS = [[/iPhone|iPad/, "iOS"], [/Android/, "Android"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]] as const;

/** “Chrome · Linux” out of what a browser says of itself; a program's own words as they are. */
export function deviceName(agent: string | null): string {
  if (agent === null || agent === "") return t("settings.unknownDevice");
  const browser = BROWSERS.find(([sign]) => sign.test(agent))?.[1];
  const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1];
  return [browser, system].filter(Boolean).join(" · ") || agent.slice(0, 60);
}

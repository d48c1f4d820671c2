/** A component that is loaded when it is first shown. */
import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { showToast } from "../state/overlays";
import { t } from "../words";

export function lazy<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  const loaded = signal<{ Part: FunctionComponent<P> } | null>(null);
  let isLoading = false;
  async function begin(): Promise<void> {
    if (isLoading || loaded.peek() !== null) return;
    isLoading = true;
    try {
      loaded.value = { Part: await load() };
    } catch {
      // The server has another version by now, or there is no connection.
      showToast(t("app.notLoaded"));
    }
    isLoading = false;
  }
  return function Lazy(props: P) {
    useEffect(() => void begin(), []);
    const { Part } = loaded.value ?? {};
    return Part === undefined ? null : <Part {...props} />;
  };
}

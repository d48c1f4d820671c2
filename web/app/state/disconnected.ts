/** Is the connection away for so long that it is worth a word? A short loss is nobody's business. */
import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { client } from "./client";

const PATIENCE = 2000;

const disconnected = signal(false);
export const isDisconnected: ReadonlySignal<boolean> = disconnected;

/** From now on `isDisconnected` follows the connection. */
export function followConnection(): void {
  let patience: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const { state } = client().connection.value;
    // Before the door there is no connection to miss.
    const isOut = client().session.value.state === "signed-out";
    if (isOut || state === "online" || state === "shared") {
      clearTimeout(patience);
      patience = undefined;
      disconnected.value = false;
    } else {
      patience ??= setTimeout(() => (disconnected.value = true), PATIENCE);
    }
  });
}

import { parse, showChat } from "../state/route";

/** The service worker keeps the page itself, so that it opens without a connection. */
export function keepShell(): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(scriptUrl("./sw.js") as string).catch(() => undefined);
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ hash?: unknown }>) => {
    // A notification was clicked.
    const { chat, n } = parse(typeof event.data.hash === "string" ? event.data.hash : "");
    if (chat !== null) showChat(chat, n ?? undefined);
  });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): unknown };
}

/** The server's policy lets only a script be registered that is named here. */
function scriptUrl(url: "./sw.js"): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  return trustedTypes?.createPolicy("vestnik", { createScriptURL: () => url }).createScriptURL(url) ?? url;
}

/** Opens the page anew, from the network, though it is kept here: who stands before the server may want to be seen. */
export function pastTheWorker(): void {
  location.assign(`./?network${location.hash}`);
}

/** The address is the page's own again; how it was come by is nobody's business. */
export function forgetNetwork(): void {
  if (new URLSearchParams(location.search).has("network")) history.replaceState(history.state, "", `./${location.hash}`);
}

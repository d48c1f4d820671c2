/**
 * A tab that is open for weeks is told of a new version of the page, and takes it by itself while nobody looks. Whether
 * there is one is asked at each new connection, since a server is upgraded by starting it again, and now and then.
 */
import { batch, effect, signal } from "@preact/signals";
import { client } from "../state/client";
import { overlay } from "../state/overlays";
import { buildOf, isOutdated, isToBeTaken, UNSEEN } from "../state/build-version";

const PAUSE = 5_000;
const NOW_AND_THEN = 6 * 3_600_000;
/** What keeps the page has the new one by then, or it comes from the server. */
const KEPT_WITHIN = 15_000;
const TAKEN = "vestnik.taken";

/** The build that the server has, as far as it said. */
const there = signal<string | null>(null);

export function followVersion(): void {
  const own = buildOf(document.documentElement.outerHTML);
  if (own === null) return;
  let askedAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), NOW_AND_THEN);
    askedAt = performance.now();
    const build = await served();
    const isOther = build !== null && build !== own;
    if (isOther) await kept();
    batch(() => {
      there.value = build;
      isOutdated.value = isOther;
    });
  };
  effect(() => {
    const { state } = client().connection.value;
    if (state !== "online" && state !== "shared") return;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), Math.max(0, askedAt + PAUSE - performance.now()));
  });
  takeUnseen();
}

/** The build that the server has now; null if it does not say. */
async function served(): Promise<string | null> {
  try {
    const answer = await fetch("./", { cache: "no-store", signal: AbortSignal.timeout(KEPT_WITHIN) });
    return answer.ok ? buildOf(await answer.text()) : null;
  } catch {
    return null;
  }
}

/** The worker has the new page, so that the next look is at that; or it does not come to it in time. */
async function kept(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, KEPT_WITHIN));
  await Promise.race([late, update()]).catch(() => undefined);
}

async function update(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.update();
  const worker = registration?.installing ?? registration?.waiting;
  if (!worker) return;
  await new Promise<void>((resolve) => {
    const look = () => {
      if (worker.state === "activated" || worker.state === "redundant") resolve();
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

function takeUnseen(): void {
  let hiddenAt: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    const isHidden = document.visibilityState === "hidden";
    hiddenAt = isHidden ? (hiddenAt ?? performance.now()) : null;
    if (hiddenAt === null || !isOutdated.peek()) return;
    const hiddenFor = performance.now() - hiddenAt;
    const wasTaken = taken() === there.peek();
    if (isToBeTaken({ isOutdated: true, isHidden, hiddenFor, isBusy: isBusy(), wasTaken })) takeVersion();
    else if (!wasTaken) timer = setTimeout(look, hiddenFor < UNSEEN ? UNSEEN - hiddenFor : UNSEEN);
  };
  document.addEventListener("visibilitychange", look);
  effect(() => {
    void [isOutdated.value, there.value];
    look();
  });
}

/** Is anything half-written, on its way, or open before the page? */
function isBusy(): boolean {
  const isWriting = [...document.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>("textarea, input:not([type=checkbox])")].some(({ value }) => value !== "");
  return isWriting || overlay.peek() !== null || client().waiting.peek() > 0;
}

export function takeVersion(): void {
  try {
    sessionStorage.setItem(TAKEN, there.peek() ?? "");
  } catch {
    // It is offered again, and not taken by itself twice in one page.
  }
  location.reload();
}

function taken(): string | null {
  try {
    return sessionStorage.getItem(TAKEN);
  } catch {
    return there.peek();
  }
}

/** What is pinned in a chat, once it was asked for. */
import { signal, type ReadonlySignal } from "@preact/signals-core";
import type { Message } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import { toRow } from "../rules/message.ts";

export interface Pins {
  pins: ReadonlySignal<readonly Message[]>;
  load(): Promise<void>;
  /** A message is pinned, or no longer. */
  changed(): void;
  /** A message says something else. */
  edited(messageId: number): void;
  /** Nothing is told of them any more. */
  closed(): void;
  /** The chat is not the user's any more. */
  gone(): void;
}

export function createPins({ rest }: Core, id: number): Pins {
  const pins = signal<readonly Message[]>([]);
  let areLoaded = false;
  let isLoading = false;
  let areOthersPinned = false;

  /** One at a time: what is pinned meanwhile is looked up after. */
  async function load() {
    areOthersPinned = isLoading;
    if (isLoading) return;
    isLoading = true;
    await lookUp();
    isLoading = false;
    if (areOthersPinned) await load();
  }

  async function lookUp() {
    const answer = await rest("GET", `/api/chats/${id}/pins`, bodies.messages);
    if (!answer.ok) return;
    areLoaded = true;
    pins.value = answer.value.messages.map(toRow);
  }

  return {
    pins,
    load,
    changed() {
      if (areLoaded) void load();
    },
    edited(messageId) {
      if (areLoaded && pins.peek().some((pin) => pin.id === messageId)) void load();
    },
    closed: () => void (areLoaded = false),
    gone() {
      areLoaded = false;
      pins.value = [];
    },
  };
}

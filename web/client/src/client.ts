/** The client: puts its parts together. */
import { computed } from "@preact/signals-core";
import type { Client } from "./api.ts";
import { createCore, type Core } from "./core.ts";
import { createEmitter } from "./emitter.ts";
import type { Environment } from "./environment.ts";
import { createLife } from "./lifecycle.ts";
import { createTabContext } from "./own-tab-context.ts";
import { createPeople } from "./people.ts";
import { totals } from "./rules/chats.ts";
import { createSession } from "./session.ts";
import { createViews } from "./views.ts";

/** A client that has not been started. Nothing is told or asked before it is. */
export function createClient(environment: Environment): Client {
  const core = createCore(environment);
  const [entered, left] = [createEmitter(), createEmitter()];
  const session = createSession(environment, core.state, core.cache, core.rest, {
    entered: entered.emit,
    left: left.emit,
    announce: () => core.announce({ is: "session" }),
  });
  core.signedOut.on(session.lost);
  core.turnedAway.on(() => void session.check());
  const views = createViews(core);
  const tab = createTabContext(core, views, session.check);
  const life = createLife(core, tab, views, session);
  entered.on(life.entered);
  left.on(life.left);
  const { signUp, signIn, signOut, updateMe } = session;
  const { start, stop, reconnect } = life;
  return { ...shown(core), signUp, signIn, signOut, updateMe, ...createPeople(core), chat: views.chat, start, stop, reconnect };
}

/** What there is to see. */
function shown({ state, notices }: Core) {
  return {
    session: state.session,
    connection: computed(() =>
      state.connection.value.state === "online" && !state.isLeading.value
        ? { ...state.connection.value, state: "shared" as const }
        : state.connection.value,
    ),
    about: state.about,
    isForeign: state.isForeign,
    chats: state.chats,
    totals: computed(() => totals(state.chats.value)),
    waiting: computed(() => state.outbox.value.filter((item) => item.state !== "failed").length),
    isKept: state.isKept,
    onNotice: notices.onNotice,
    onEnded: notices.onEnded,
  };
}

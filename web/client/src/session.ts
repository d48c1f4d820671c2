/** Who the user is, and signing in and out. */
import type { Client, Me, Result } from "./api.ts";
import * as bodies from "./bodies.ts";
import type { Cache } from "./cache.ts";
import type { Environment } from "./environment.ts";
import type { UserBody } from "./protocol.ts";
import { map, nothing, type Rest } from "./rest.ts";
import { backoff } from "./rules/reconnect-delay.ts";
import { draftsOf, type State } from "./state.ts";

export interface SessionCallbacks {
  /** Signed in: connect. */
  entered(): void;
  /** Signed out: disconnect. */
  left(): void;
  /** The other tabs should look for themselves. */
  announce(): void;
}

type Doors = Pick<Client, "signUp" | "signIn" | "signOut" | "updateMe">;

export interface Session extends Doors {
  /** Asks the server who we are. */
  check(): Promise<void>;
  /** The server does not know us any more. */
  lost(): void;
  /** The page was away as it is, and others may have signed in or out meanwhile: what is shown is theirs who own the disk. */
  again(): Promise<void>;
  /** Asks again now, as long as it is not known. */
  retry(): void;
  stop(): void;
}

export function createSession(
  environment: Environment,
  state: State,
  cache: Cache,
  rest: Rest,
  callbacks: SessionCallbacks,
): Session {
  const door: Door = { state, cache, rest, callbacks, enter, leave };
  /** Which asking counts: the last one. What is answered to another is for nobody. */
  let round = 0;
  const asking = createAsking(environment, state, rest);

  async function check() {
    const mine = (round += 1);
    const answer = await asking.ask(check, () => mine === round);
    if (answer === "nobody") lost();
    else if (answer) await enter(answer);
  }

  async function enter(me: Me) {
    asking.known();
    const before = state.me();
    const wasIn = state.session.value.state === "signed-in";
    if (wasIn && before?.id === me.id) {
      state.session.value = { state: "signed-in", me };
      return;
    }
    if (wasIn) callbacks.left();
    if (before?.id !== me.id) await takeOver(state, cache, me);
    state.session.value = { state: "signed-in", me };
    // Whatever was told at the door: somebody has an account now.
    if (state.about.value?.is_empty === true) state.about.value = { ...state.about.value, is_empty: false };
    cache.saveMe(me);
    callbacks.entered();
  }

  function stop() {
    asking.stop();
    round += 1;
  }

  function leave() {
    stop();
    callbacks.left();
    state.session.value = { state: "signed-out" };
    state.forgetAll();
  }

  function lost() {
    if (state.session.value.state === "signed-out") return;
    leave();
    // What was not sent is kept for when the same user signs in again.
    void cache.dropHistory();
    callbacks.announce();
  }

  return { ...createDoors(door), check, lost, again: () => again(door, check), retry: () => retry(state, check), stop };
}

/** What those need who come and go. */
interface Door {
  state: State;
  cache: Cache;
  rest: Rest;
  callbacks: SessionCallbacks;
  enter(me: Me): Promise<void>;
  leave(): void;
}

/** Asks the server who one is, again and again until it is known. */
function createAsking(environment: Environment, state: State, rest: Rest) {
  let attempt = 0;
  let cancel = () => {};
  return {
    /** Null where there is nothing to do now: it is not known yet, or was told otherwise, or is asked by another meanwhile. */
    async ask(askAgain: () => Promise<void>, counts: () => boolean): Promise<Me | "nobody" | null> {
      cancel();
      const answer = await rest("GET", "/api/me", bodies.user);
      if (!counts()) return null;
      if (answer.ok) return toMe(answer.value);
      if (answer.code === "unauthenticated") return null;
      // A server that believes everybody takes who has not signed in for nobody.
      if (answer.code === "forbidden") return "nobody";
      if (state.session.value.state === "signed-in") return null;
      const delay = 1_000 + backoff(attempt++, environment.random());
      state.connection.value = { state: "offline", retryAt: environment.now() + delay };
      cancel = environment.after(delay, () => void askAgain());
      return null;
    },
    known: () => void (attempt = 0),
    stop: () => cancel(),
  };
}

/** What another user of this browser left is not for this one. Another tab may have seen to the disk
 * already; what nobody owns there is dropped, too: it was written late. */
async function takeOver(state: State, cache: Cache, me: Me) {
  state.forgetAll();
  if ((await cache.owner())?.id !== me.id) await cache.dropAll();
  state.drafts.value = draftsOf((await cache.load()).drafts);
}

async function again({ state, cache, callbacks }: Door, check: () => Promise<void>) {
  const owner = await cache.owner();
  const isMine = owner === undefined || owner?.id === state.me()?.id;
  if (isMine && state.session.value.state === "signed-in") callbacks.entered();
  if (!isMine) {
    state.session.value = { state: "checking", me: null };
    state.forgetAll();
  }
  await check();
}

function retry(state: State, check: () => Promise<void>) {
  // Only as long as it is not known: nobody has been let in or turned away.
  if (state.session.value.state === "checking") void check();
}

function createDoors({ state, cache, rest, callbacks, enter, leave }: Door): Doors {
  async function signIn(username: string, password: string): Promise<Result<void>> {
    const session = await rest("POST", "/auth", bodies.session, { username, password });
    if (!session.ok) return session;
    const me = await rest("GET", "/api/me", bodies.user);
    if (!me.ok) return me;
    await enter(toMe(me.value));
    callbacks.announce();
    return nothing(me);
  }

  return {
    signIn,
    async signUp({ username, email, password, invite }) {
      const body = { username, email, password, ...(invite === undefined ? {} : { invite }) };
      const account = await rest("POST", "/register", bodies.account, body);
      return account.ok ? signIn(username, password) : account;
    },
    async signOut() {
      const answer = await rest("DELETE", "/api/tokens/current", bodies.done);
      if (!answer.ok && answer.code !== "unauthenticated") return answer;
      leave();
      await cache.dropAll();
      callbacks.announce();
      return { ok: true, value: undefined };
    },
    async updateMe({ username, displayName, email, password, currentPassword }) {
      const body = { username, display_name: displayName, email, password, current_password: currentPassword };
      const answer = await rest("PATCH", "/api/me", bodies.user, body);
      if (answer.ok) {
        state.session.value = { state: "signed-in", me: toMe(answer.value) };
        cache.saveMe(toMe(answer.value));
      }
      return nothing(map(answer, toMe));
    },
  };
}

function toMe(body: UserBody): Me {
  return {
    id: body.id,
    username: body.username,
    displayName: body.display_name ?? null,
    email: body.email ?? "",
    isAdmin: body.is_admin,
  };
}

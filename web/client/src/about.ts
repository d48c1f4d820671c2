/** What everybody may know of the server, such as who may make an account: asked until it is answered. */
import * as bodies from "./bodies.ts";
import type { Environment } from "./environment.ts";
import type { Rest } from "./rest.ts";
import { backoff } from "./rules/reconnect-delay.ts";
import type { State } from "./state.ts";

/** When to ask again, at the earliest. */
const ASK_AGAIN = 2_000;

/** Asks; what is answered ends it. */
export function askAbout(environment: Environment, state: State, rest: Rest): () => void {
  let cancel = () => {};
  let isStopped = false;

  async function ask(attempt: number) {
    const answer = await rest("GET", "/api/about", bodies.about);
    if (answer.ok) state.about.value = answer.value;
    else if (!isStopped) cancel = environment.after(ASK_AGAIN + backoff(attempt, environment.random()), () => void ask(attempt + 1));
  }

  void ask(0);
  return () => {
    isStopped = true;
    cancel();
  };
}

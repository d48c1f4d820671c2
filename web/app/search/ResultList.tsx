import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { NO_ANSWER, type FoundMessage, type Message } from "@vestnik/client";
import { onKeys } from "../keys/pressed-key";
import { client, speakerOf, titleOf } from "../state/client";
import { searchedChat, visited } from "../state/search";
import { excerpt } from "../text/excerpt";
import { saidIn } from "../text/said";
import { errorText, t } from "../words";
import { dayAndClock, fullTime } from "../words/dates";
import { dateAgo } from "./choices";
import { goTo } from "./go";
import { found, searchAgain, searchMore } from "./results";

const MOST_LETTERS = 280;

export function ResultList() {
  const { list, next, state } = found.value;
  // Back among them, one is where one was.
  useEffect(() => {
    const last = document.querySelector<HTMLElement>(".result.is-visited");
    if (document.activeElement === document.body) last?.focus();
  }, []);
  return (
    <>
      <p class="quiet panel-text search-state" role="status">{stateText()}</p>
      {found.value.isIndexing && <p class="quiet panel-text">{t("search.indexing")}</p>}
      {state === "found" && list.length === 0 && <Nothing />}
      <ul class="results" aria-label={t("search.results")} aria-busy={state === "loading"} onKeyDown={onKeys(walk)}>
        {list.map((one) => (
          <li key={one.message.id}>
            <ResultRow one={one} />
          </li>
        ))}
      </ul>
      {state === "failed" && <Failure />}
      {next !== null && state !== "failed" && (
        <button type="button" class="button button-wide result-more" disabled={state !== "found"} onClick={searchMore}>{t("search.more")}</button>
      )}
    </>
  );
}

/** What is read aloud too. */
function stateText(): string {
  const { state, problem, list, next } = found.value;
  if (problem?.is === "bad date") return t("search.badDate", { token: problem.token, example: `before:${dateAgo(Date.now(), 0)}` });
  if (problem?.is === "bad value") return t("search.badValue", { token: problem.token, values: problem.values.join(", ") });
  if (state === "loading") return t("search.loading");
  if (state === "failed" && list.length === 0) return "";
  if (list.length === 0) return t("search.none");
  return t(next === null ? "search.count" : "search.countMore", { n: list.length });
}

function Nothing() {
  if (searchedChat.value === null) return <p class="quiet panel-text">{t("search.noneHint")}</p>;
  return (
    <button type="button" class="row-button" onClick={() => (searchedChat.value = null)}>{t("search.everywhereInstead")}</button>
  );
}

function Failure() {
  const { failure } = found.value;
  if (failure === null) return null;
  const text = failure.code === NO_ANSWER ? t("search.offline") : failure.code === "invalid_query" ? t("search.notUnderstood", { error: failure.error }) : errorText(failure);
  return (
    <div class="search-failure" role="alert">
      <p>{text}</p>
      {failure.code !== "invalid_query" && <button type="button" class="button" onClick={searchAgain}>{t("search.again")}</button>}
    </div>
  );
}

function ResultRow({ one }: { one: FoundMessage }) {
  const { chatId, message, marks } = one;
  const title = useComputed(() => {
    const chat = client().chats.value.find(({ id }) => id === chatId);
    return chat === undefined ? "" : titleOf(chat);
  }).value;
  const isEverywhere = searchedChat.value === null;
  const isVisited = visited.value?.message.id === message.id;
  return (
    <button type="button" class={isVisited ? "result is-visited" : "result"} aria-current={isVisited} onClick={() => goTo(one)}>
      <span class="result-head">
        <strong dir="auto">{speakerOf(chatId, message)}</strong>
        {isEverywhere && <span class="result-chat" dir="auto">{title}</span>}
        <time dateTime={new Date(message.createdAt).toISOString()} title={fullTime(message.createdAt)}>{dayAndClock(message.createdAt)}</time>
      </span>
      <Context chat={chatId} message={one.before} />
      <span class="result-text" dir="auto">
        {message.text === "" && saidIn(message)}
        {excerpt(message.text, marks, MOST_LETTERS).map(({ s, isMarked }, place) => (isMarked ? <mark key={place}>{s}</mark> : s))}
      </span>
      <Context chat={chatId} message={one.after} />
    </button>
  );
}

/** What was said before or after it, in one line. */
function Context({ chat, message }: { chat: number; message: Message | null }) {
  if (message === null || message.deleted || saidIn(message) === "") return null;
  return (
    <span class="result-context" dir="auto">
      {speakerOf(chat, message)}: {saidIn(message)}
    </span>
  );
}

/** The arrows go from result to result; up from the first one is the field. */
function walk(event: KeyboardEvent): void {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const all = [...document.querySelectorAll<HTMLElement>(".search-results .result, .search-results .result-more")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key] ?? at;
  event.preventDefault();
  (to < 0 ? document.getElementById("search-field") : all[to])?.focus();
}

import type { ChatView, FileInput, Pending } from "@vestnik/client";
import { client, me, nameOf } from "../state/client";
import { plainText } from "../text/plain-text";
import { Markdown } from "../text/Markdown";
import { Icon } from "../shell/Icon";
import { errorText, t } from "../words";
import { clock } from "../words/dates";
import { PendingFiles } from "../shell/file-parts";
import { putBack } from "../state/tray";
import { putIntoComposer } from "../compose/textarea";
import { roomFor } from "./MessageRow";
import { ReplyQuote } from "./ReplyQuote";

/** Its files, as far as they are still here. */
async function inputsOf({ files }: Pending): Promise<FileInput[]> {
  const all = await Promise.all(files.map(async ({ key, name, type }) => ({ name, type, bytes: await client().bytesOf(key) })));
  return all.flatMap((one) => (one.bytes === null ? [] : [{ ...one, bytes: one.bytes }]));
}

/** What one has said and nobody has received yet. */
export function PendingRow({ view, pending, first, last }: { view: ChatView; pending: Pending; first: boolean; last: boolean }) {
  const self = me();
  const isFailed = pending.state === "failed";
  const classes = ["message is-own is-pending", first && "is-first", last && "is-last", isFailed && "is-failed"];
  const state = t(isFailed ? "message.failed" : pending.state === "queued" ? "message.queued" : "message.sending");
  const edit = async () => {
    const kept = await inputsOf(pending);
    const text = view.discard(pending.key);
    if (text === null) return;
    const answered = pending.replyTo === null ? null : await view.message(pending.replyTo);
    if (answered !== null) view.answer(answered);
    putIntoComposer(view, text);
    putBack(view.id, kept);
  };
  return (
    <div
      class={classes.filter(Boolean).join(" ")}
      data-key={`p${pending.key}`}
      role="article"
      tabIndex={-1}
      aria-label={`${self === null ? "" : nameOf(self)}: ${pending.text === "" ? pending.files.map(({ name }) => name).join(", ") : plainText(pending.text)}. ${state}`}
    >
      <div class="bubble">
        {pending.replyTo !== null && <ReplyQuote view={view} id={pending.replyTo} />}
        {pending.files.length > 0 && <PendingFiles view={view} pending={pending} />}
        {pending.text !== "" && (
          <div class="text" style={{ "--meta": roomFor(clock(pending.createdAt).length, 1) }}>
            <Markdown text={pending.text} me="" />
          </div>
        )}
        <div class="foot">
          <span class="meta" title={state}>
            <time>{clock(pending.createdAt)}</time>
            <Icon name={isFailed ? "failed" : "clock"} />
          </span>
        </div>
        {isFailed && (
          <div class="failed" role="alert">
            <span>{pending.error === null ? state : `${state}. ${errorText({ code: pending.error.code, error: pending.error.text })}`}</span>
            <span class="failed-actions">
              <button type="button" class="link-button" onClick={() => view.retry(pending.key)}>{t("message.retry")}</button>
              <button type="button" class="link-button" onClick={() => void edit()}>{t("message.edit")}</button>
              <button type="button" class="link-button" onClick={() => view.discard(pending.key)}>{t("message.discard")}</button>
            </span>
          </div>
        )}
      </div>
    </div>
  );
}

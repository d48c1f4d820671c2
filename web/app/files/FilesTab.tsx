/** The files of a chat, the newest first: pictures as a grid, and the others by their names. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Attachment, ChatView, Message } from "@vestnik/client";
import { authorOf, client } from "../state/client";
import { isDisconnected } from "../state/disconnected";
import { overlay } from "../state/overlays";
import { showFromPanel } from "../state/route";
import { Icon } from "../shell/Icon";
import { errorText, t } from "../words";
import { shortTime } from "../words/dates";
import { FileCard } from "./Attachments";
import { addressOf, kindOf, sizeFor } from "./kinds";
import { placeholderOf } from "./placeholder";

const PAGE = 40;

interface ListedFiles {
  messages: readonly Message[];
  next: string | null;
  failure: string;
  isLoading: boolean;
}

export function FilesTab({ view }: { view: ChatView }) {
  const { state, load } = useFiles(view);
  const { messages, next, failure, isLoading } = state.value;
  const all = messages.flatMap((message) => message.attachments.map((file) => ({ file, message })));
  const pictures = all.filter(({ file }) => kindOf(file) === "picture");
  const others = all.filter(({ file }) => kindOf(file) !== "picture");
  return (
    <section aria-label={t("files.title")} aria-busy={isLoading}>
      <p class="quiet panel-text" role="status">{isLoading ? t("search.loading") : failure !== "" ? failure : all.length === 0 ? t("files.none") : ""}</p>
      {pictures.length > 0 && (
        <div class="files-pictures">
          {pictures.map(({ file }) => (
            <Thumbnail key={file.id} chat={view.id} file={file} />
          ))}
        </div>
      )}
      <ul class="files-list">
        {others.map(({ file, message }) => (
          <li key={file.id}>
            <FileCard file={file} />
            <button type="button" class="files-from" title={t("files.toMessage")} onClick={() => showFromPanel(view.id, message.n)}>
              <span dir="auto">{authorOf(message, view.members.value)}</span>, {shortTime(message.createdAt)}
              <Icon name="reply" />
            </button>
          </li>
        ))}
      </ul>
      {next !== null && <button type="button" class="button button-wide" disabled={isLoading} onClick={() => void load(next)}>{t("search.more")}</button>}
    </section>
  );
}

function Thumbnail({ chat, file }: { chat: number; file: Attachment }) {
  return (
    <button
      type="button"
      class="picture is-cut"
      style={placeholderOf(file.thumbhash)}
      aria-label={t("files.open", { name: file.name })}
      title={file.name}
      onClick={() => (overlay.value = { kind: "viewer", chat, file })}
    >
      <img src={addressOf(file.id, sizeFor(file, "list"))} alt="" loading="lazy" decoding="async" onError={(event) => event.currentTarget.classList.add("is-missing")} />
    </button>
  );
}

/** Those that the server finds; where it does not answer, those that are here. */
function useFiles(view: ChatView) {
  const state = useSignal<ListedFiles>({ messages: [], next: null, failure: "", isLoading: true });
  async function load(after?: string): Promise<void> {
    state.value = { ...state.value, isLoading: true };
    const answer = await client().search({ text: "has:file", chat: view.id, limit: PAGE, ...(after === undefined ? {} : { after }) });
    const before = after === undefined ? [] : state.value.messages;
    if (answer.ok) {
      state.value = { messages: [...before, ...answer.value.results.map(({ message }) => message)], next: answer.value.next, failure: "", isLoading: false };
      return;
    }
    const here = view.timeline.peek().messages.filter(({ attachments }) => attachments.length > 0).toReversed();
    state.value = { messages: before.length > 0 ? before : here, next: after ?? null, failure: errorText(answer), isLoading: false };
  }
  const newest = view.timeline.value.messages.findLast(({ attachments }) => attachments.length > 0)?.id;
  const isAway = isDisconnected.value;
  useEffect(() => void load(), [view, newest, isAway]);
  return { state, load };
}

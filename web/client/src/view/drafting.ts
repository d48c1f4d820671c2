/** Writing in a chat: what becomes of what is half-written. */
import { computed, type ReadonlySignal } from "@preact/signals-core";
import type { ChatView, Draft, FileInput, Result } from "../api.ts";
import * as rules from "../rules/draft.ts";

export type Drafting = Pick<ChatView, "writing" | "draft" | "setDraft" | "write" | "answer" | "change" | "cancelWriting" | "resumeWriting" | "submit">;

export interface DraftingCallbacks {
  writing: ReadonlySignal<Draft>;
  set(draft: Draft): void;
  send(text: string, replyTo: number | undefined, files: readonly FileInput[]): void;
  save(messageId: number, text: string): Promise<Result<void>>;
}

export function createDrafting({ writing, set, send: say, save }: DraftingCallbacks): Drafting {
  const become = (next: Draft) => {
    if (next !== writing.peek()) set(next);
  };
  return {
    writing,
    draft: computed(() => writing.value.text),
    setDraft: (text) => become({ ...writing.peek(), text }),
    write: (text) => become(rules.typed(writing.peek(), text)),
    answer: (message) => become(rules.replying(writing.peek(), message)),
    change: (message) => become(rules.editing(writing.peek(), message)),
    cancelWriting: () => become(rules.cancelled(writing.peek())),
    resumeWriting: () => become(rules.resumed(writing.peek())),
    async submit(files = []) {
      const [next, act] = rules.submitted(writing.peek(), files.length > 0);
      become(next);
      if (act?.do === "save") {
        const answer = await save(act.edit.message.id, act.edit.wording);
        become((answer.ok ? rules.saved : rules.failed)(writing.peek(), act.edit));
        return answer;
      }
      if (act?.do === "say") say(act.text, act.replyTo ?? undefined, files);
      return { ok: true, value: undefined };
    },
  };
}

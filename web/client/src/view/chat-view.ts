/** One chat, as the view shows it. */
import { computed } from "@preact/signals-core";
import type { ChatView } from "../api.ts";
import { shareDraft, type Core } from "../core.ts";
import type { ServerFrame } from "../protocol.ts";
import { BLANK } from "../rules/draft.ts";
import type { ShownChat } from "../tab-context.ts";
import { createActing } from "./chat-requests.ts";
import { createDrafting } from "./drafting.ts";
import { createParticipants, type ParticipantsView } from "./participants.ts";
import { createPins, type Pins } from "./pins.ts";
import { createReading, type Reading } from "./reading.ts";
import { createSending, type Sending } from "./sending.ts";
import { createSingleMessages, type SingleMessages } from "./single-messages.ts";

interface Parts {
  sending: Sending;
  reading: Reading;
  participants: ParticipantsView;
  pins: Pins;
  single: SingleMessages;
}

export function createChatView(core: Core, id: number): ChatView & { shownChat: ShownChat } {
  const { state } = core;
  const sending = createSending(core, id);
  const reading = createReading(core, id, sending.pending);
  const participants = createParticipants(core, id);
  const pins = createPins(core, id);
  const single = createSingleMessages(core, id);
  const acting = createActing(core, id);
  const drafting = createDrafting({
    writing: computed(() => state.drafts.value.get(id) ?? BLANK),
    set: (draft) => shareDraft(core, id, draft),
    send: (text, replyTo, files) => void sending.send(text, replyTo, undefined, files),
    save: acting.edit,
  });
  const { open, loadOlder, loadNewer, showAround, showLatest, timeline } = reading;

  return {
    ...drafting,
    ...acting,
    id,
    shownChat: shownChatOf(core, id, { sending, reading, participants, pins, single }),
    chat: computed(() => state.chatsById.value.get(id) ?? null),
    ended: computed(() => state.endings.value.get(id) ?? null),
    timeline,
    members: participants.members,
    typing: participants.typing,
    online: participants.online,
    pins: pins.pins,
    open,
    close() {
      reading.close();
      participants.closed();
      pins.closed();
    },
    loadOlder,
    loadNewer,
    showAround,
    showLatest,
    message: single.message,
    loadMembers: participants.load,
    loadPins: pins.load,
    send: sending.send,
    retry: (key) => core.tell({ do: "retry", key }),
    discard: sending.discard,
    isTyping: participants.isTyping,
  };
}

/** The chat as news reaches it. */
function shownChatOf({ tell }: Core, id: number, parts: Parts): ShownChat {
  const { reading, participants, pins } = parts;
  return {
    isOpen: reading.isOpen,
    reopen: reading.reopen,
    missed: reading.missed,
    frame: (frame) => apply(parts, frame),
    replayed(isMine, isWhole, online) {
      reading.replayed(isMine, isWhole);
      if (online) participants.there(online);
    },
    renewed: participants.reload,
    unopened(code) {
      reading.unopened();
      if (code === "not_member") tell({ do: "list", chatId: id });
    },
    gone() {
      reading.gone();
      participants.gone();
      pins.gone();
    },
    lost() {
      participants.closed();
      reading.away();
    },
  };
}

function apply({ sending, reading, participants, pins, single }: Parts, frame: ServerFrame) {
  switch (frame.type) {
    case "message":
      return participants.wrote(frame.user_id);
    case "edited":
    case "deleted":
      single.forget(frame.id);
      reading.edited();
      return pins.edited(frame.id);
    case "pin":
      return pins.changed();
    case "member":
      return participants.changed(frame);
    case "typing":
      return participants.typed(frame.user_id, frame.username);
    case "presence":
      return participants.there(frame.online);
    case "ack":
      return sending.acked(frame);
    default:
      return;
  }
}

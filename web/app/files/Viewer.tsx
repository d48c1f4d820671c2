/** A picture before everything else: the keys and the buttons go to the next one of the chat; it can be made larger, and saved. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Attachment, ChatView } from "@vestnik/client";
import { closeDialog } from "../dialog/Dialog";
import { onKeys } from "../keys/pressed-key";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { authorOf, client } from "../state/client";
import { t } from "../words";
import { dayAndClock } from "../words/dates";
import { addressOf, kindOf, sizeFor } from "./kinds";
import { placeholderOf } from "./placeholder";

const LARGEST = 6;

interface ShownPicture {
  file: Attachment;
  about: string;
}

export function Viewer({ chat, file }: { chat: number; file: Attachment }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const at = useSignal(file.id);
  const scale = useSignal(1);
  const all = useComputed(() => picturesOf(client().chat(chat), file)).value;
  const place = Math.max(0, all.findIndex((one) => one.file.id === at.value));
  const shown = all[place] ?? { file, about: "" };
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const go = (to: number) => {
    const next = all[Math.min(Math.max(to, 0), all.length - 1)];
    if (next === undefined) return;
    at.value = next.file.id;
    scale.value = 1;
  };
  const zoom = (by: number) => (scale.value = Math.min(Math.max(scale.value * by, 1), LARGEST));
  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label={shown.file.name}
      onCancel={(event: Event) => {
        event.preventDefault();
        closeDialog();
      }}
      onKeyDown={onKeys((event) => {
        const act = actOf(event.key, place, all.length, go, zoom);
        if (act === null) return;
        event.preventDefault();
        act();
      })}
    >
      <header class="viewer-head">
        <span class="viewer-about">
          <strong dir="auto">{shown.file.name}</strong>
          <span>{shown.about}</span>
        </span>
        {all.length > 1 && <span role="status">{t("search.place", { n: place + 1, all: all.length })}</span>}
        <IconButton icon="zoomOut" label={t("files.smaller")} disabled={scale.value <= 1} onClick={() => zoom(1 / 1.5)} />
        <IconButton icon="zoomIn" label={t("files.larger")} disabled={scale.value >= LARGEST} onClick={() => zoom(1.5)} />
        <a class="icon-button" href={addressOf(shown.file.id)} download={shown.file.name} aria-label={t("files.download", { name: shown.file.name })} title={t("files.download", { name: shown.file.name })}>
          <Icon name="download" />
        </a>
        <IconButton icon="close" label={t("app.close")} onClick={closeDialog} />
      </header>
      <Stage key={shown.file.id} file={shown.file} scale={scale} />
      {place > 0 && <IconButton icon="back" kind="viewer-step is-previous" label={t("files.previous")} onClick={() => go(place - 1)} />}
      {place < all.length - 1 && <IconButton icon="forward" kind="viewer-step is-next" label={t("files.next")} onClick={() => go(place + 1)} />}
    </dialog>
  );
}

function actOf(key: string, place: number, count: number, go: (to: number) => unknown, zoom: (by: number) => unknown): (() => unknown) | null {
  const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: count - 1 }[key];
  if (to !== undefined) return () => go(to);
  if (key === "+" || key === "=") return () => zoom(1.5);
  return key === "-" ? () => zoom(1 / 1.5) : null;
}

/** The pictures that are here of a chat, and the one that was asked for. */
function picturesOf(view: ChatView, wanted: Attachment): ShownPicture[] {
  const all = view.timeline.value.messages.flatMap((message) =>
    message.attachments
      .filter((file) => kindOf(file) === "picture")
      .map((file) => ({ file, about: `${authorOf(message, view.members.value)}, ${dayAndClock(message.createdAt)}` })),
  );
  return all.some(({ file }) => file.id === wanted.id) ? all : [{ file: wanted, about: "" }];
}

function Stage({ file, scale }: { file: Attachment; scale: { value: number } }) {
  const box = useRef<HTMLDivElement>(null);
  const isLoaded = useSignal(false);
  const isMissing = useSignal(false);
  useEffect(() => {
    const element = box.current;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      scale.value = Math.min(Math.max(scale.value * (event.deltaY < 0 ? 1.15 : 1 / 1.15), 1), LARGEST);
    };
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, []);
  const style = {
    "--scale": scale.value,
    "aspect-ratio": `${file.width ?? 1} / ${file.height ?? 1}`,
    "--width": `${file.width ?? 1}px`,
    "--ratio": (file.width ?? 1) / (file.height ?? 1),
    ...(isLoaded.value ? {} : placeholderOf(file.thumbhash)),
  };
  return (
    <div
      ref={box}
      class="viewer-stage"
      // Beside the picture it is closed, as any window.
      onClick={(event) => {
        if (event.target === event.currentTarget) closeDialog();
      }}
    >
      <img
        class="viewer-picture"
        style={style}
        src={addressOf(file.id, sizeFor(file, "view"))}
        alt={file.name}
        draggable={false}
        onLoad={() => (isLoaded.value = true)}
        onError={() => (isMissing.value = true)}
        onClick={() => (scale.value = scale.value > 1 ? 1 : 2)}
      />
      {isMissing.value && <p class="viewer-missing" role="alert">{t("files.missing")}</p>}
    </div>
  );
}

/** The files of a message in the timeline. The box of a picture is there before its bytes. */
import type { Attachment, ChatView } from "@vestnik/client";
import { Icon } from "../shell/Icon";
import { overlay } from "../state/overlays";
import { language } from "../state/settings";
import { t } from "../words";
import { addressOf, boxOf, columnsOf, endingOf, kindOf, sizeFor, sizeText } from "./kinds";
import { placeholderOf } from "./placeholder";

export function Attachments({ view, files }: { view: ChatView; files: readonly Attachment[] }) {
  const pictures = files.filter((file) => kindOf(file) === "picture");
  const others = files.filter((file) => kindOf(file) !== "picture");
  return (
    <div class="attachments">
      {pictures.length > 0 && <Pictures view={view} files={pictures} />}
      {others.map((file) => (
        <Other key={file.id} file={file} />
      ))}
    </div>
  );
}

function Pictures({ view, files }: { view: ChatView; files: readonly Attachment[] }) {
  const [only] = files;
  if (files.length === 1 && only !== undefined) return <Picture view={view} file={only} box={boxOf(only.width ?? 1, only.height ?? 1)} />;
  return (
    <div class="pictures" style={{ "--columns": columnsOf(files.length) }}>
      {files.map((file) => (
        <Picture key={file.id} view={view} file={file} />
      ))}
    </div>
  );
}

function Picture({ view, file, box }: { view: ChatView; file: Attachment; box?: { width: number; height: number } }) {
  const style = {
    ...(box === undefined ? {} : { "inline-size": `${box.width}px`, "aspect-ratio": `${box.width} / ${box.height}` }),
    ...placeholderOf(file.thumbhash),
  };
  return (
    <button
      type="button"
      class={box === undefined ? "picture is-cut" : "picture"}
      style={style}
      aria-label={t("files.open", { name: file.name })}
      title={file.name}
      onClick={() => (overlay.value = { kind: "viewer", chat: view.id, file })}
    >
      <img
        src={addressOf(file.id, sizeFor(file, "list"))}
        alt=""
        loading="lazy"
        decoding="async"
        draggable={false}
        // Without a connection what stands for it stays.
        onError={(event) => event.currentTarget.classList.add("is-missing")}
        onLoad={(event) => event.currentTarget.classList.remove("is-missing")}
      />
    </button>
  );
}

function Other({ file }: { file: Attachment }) {
  const kind = kindOf(file);
  return (
    <div class="file">
      <FileCard file={file} />
      {kind === "audio" && <audio controls preload="none" src={addressOf(file.id)} aria-label={file.name} />}
      {kind === "video" && <video controls preload="metadata" playsInline src={addressOf(file.id)} aria-label={file.name} />}
    </div>
  );
}

/** A file by its name: a way to have it. */
export function FileCard({ file }: { file: Pick<Attachment, "id" | "name" | "size"> }) {
  return (
    <a class="file-card" href={addressOf(file.id)} download={file.name} aria-label={t("files.download", { name: file.name })}>
      <FileSign name={file.name} />
      <span class="file-about">
        <span class="file-name" dir="auto">{file.name}</span>
        <span class="quiet">{sizeText(file.size, language.value)}</span>
      </span>
      <Icon name="download" />
    </a>
  );
}

export function FileSign({ name }: { name: string }) {
  const ending = endingOf(name);
  return <span class="file-sign" aria-hidden="true">{ending === "" ? <Icon name="file" /> : ending}</span>;
}

/** The files of a message that is on its way: what there is to see of them, and how far they are. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ChatView, Pending, PendingFile } from "@vestnik/client";
import { client } from "../state/client";
import { language } from "../state/settings";
import { t } from "../words";
import { FileSign } from "./Attachments";
import { sizeText } from "./kinds";

export function PendingFiles({ view, pending }: { view: ChatView; pending: Pending }) {
  const total = pending.files.reduce((sum, { size }) => sum + size, 0);
  const isGoing = pending.state === "uploading";
  const params = { sent: sizeText(pending.sent, language.value), all: sizeText(total, language.value) };
  return (
    <div class="attachments">
      <div class="tray-files">
        {pending.files.map((file) => (
          <Waiting key={file.key} file={file} />
        ))}
      </div>
      {pending.state !== "failed" && (
        <div class="upload-state">
          <progress max={Math.max(1, total)} value={isGoing ? pending.sent : 0} aria-label={t("files.progress", params)} />
          <span class="quiet">{t("files.progress", params)}</span>
          {pending.state !== "sending" && <button type="button" class="link-button" onClick={() => view.discard(pending.key)}>{t("app.cancel")}</button>}
        </div>
      )}
    </div>
  );
}

function Waiting({ file }: { file: PendingFile }) {
  const address = useSignal<string | null>(null);
  useEffect(() => {
    if (!isPreviewed(file.type)) return undefined;
    let isWanted = true;
    void client().bytesOf(file.key).then((bytes) => {
      if (isWanted && bytes instanceof Blob) address.value = URL.createObjectURL(bytes);
    });
    return () => {
      isWanted = false;
      if (address.value !== null) URL.revokeObjectURL(address.value);
    };
  }, [file.key]);
  return <Preview name={file.name} size={file.size} address={address.value} />;
}

/** What the browser can draw by itself, and runs nothing of. */
export const isPreviewed = (type: string) => /^image\/(png|jpeg|gif|webp|avif)$/.test(type);

export function Preview({ name, size, address }: { name: string; size: number; address: string | null }) {
  return (
    <span class="tray-file" title={name}>
      {address === null ? <FileSign name={name} /> : <img src={address} alt="" />}
      <span class="file-about">
        <span class="file-name" dir="auto">{name}</span>
        <span class="quiet">{sizeText(size, language.value)}</span>
      </span>
    </span>
  );
}

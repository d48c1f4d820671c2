/** The files that go with what is said next, above the field. */
import { useEffect, useMemo } from "preact/hooks";
import { IconButton } from "../shell/IconButton";
import { focusComposer } from "../state/overlays";
import { setTray, trayOf, type TrayFile } from "../state/tray";
import { t } from "../words";
import { isPreviewed, Preview } from "./PendingFiles";

export function Tray({ chat }: { chat: number }) {
  const files = trayOf(chat);
  const remove = (id: number) => {
    setTray(chat, files.filter((file) => file.id !== id));
    focusComposer();
  };
  return (
    <ul class="tray" aria-label={t("files.tray")}>
      {files.map((file) => (
        <li key={file.id}>
          <Waiting file={file} />
          <IconButton icon="close" label={t("files.remove", { name: file.name })} onClick={() => remove(file.id)} />
        </li>
      ))}
    </ul>
  );
}

function Waiting({ file }: { file: TrayFile }) {
  const address = useMemo(() => (isPreviewed(file.type) ? URL.createObjectURL(file.bytes) : null), [file]);
  useEffect(() => () => (address === null ? undefined : URL.revokeObjectURL(address)), [address]);
  return <Preview name={file.name} size={file.bytes.size} address={address} />;
}

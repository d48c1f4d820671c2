/** The panel at the side: its head, and what Esc does in it. */
import type { ComponentChildren } from "preact";
import { isPressed, onKeys } from "../keys/pressed-key";
import { IconButton } from "../shell/IconButton";
import { closePanel } from "../state/overlays";
import { t } from "../words";

export function PanelFrame({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <aside
      class="panel"
      aria-label={title}
      onKeyDown={onKeys((event) => {
        if (isPressed(event, "cancel") && !event.defaultPrevented) closePanel();
      })}
    >
      <header class="panel-head">
        <h2>{title}</h2>
        <IconButton icon="close" label={t("app.close")} onClick={closePanel} />
      </header>
      {children}
    </aside>
  );
}

/** A window in front of everything: the browser keeps the focus in it and Esc closes it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "../shell/IconButton";
import { Toast } from "../shell/Toast";
import { focusComposer, overlay } from "../state/overlays";
import { t } from "../words";

export function closeDialog(): void {
  overlay.value = null;
  focusComposer();
}

interface Props {
  title: string;
  children: ComponentChildren;
  kind?: string;
  /** The title is read aloud only. */
  quiet?: boolean;
}

export function Dialog({ title, children, kind = "", quiet = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // At once, so that what is typed right after Ctrl+K is not lost.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => element?.close();
  }, []);
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) closeDialog();
  };
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind}`}
      aria-label={title}
      onPointerDown={onBackdrop}
      onCancel={(event: Event) => {
        event.preventDefault();
        closeDialog();
      }}
    >
      <div class="dialog-body">
        {!quiet && (
          <header class="dialog-head">
            <h2>{title}</h2>
            <IconButton icon="close" label={t("app.close")} onClick={closeDialog} />
          </header>
        )}
        {children}
      </div>
      <Toast />
    </dialog>
  );
}

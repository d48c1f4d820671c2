import { toastHere } from "../state/overlays";

/** A short word. What lies behind a dialog is neither seen nor read aloud, so an open dialog has it. */
export function Toast() {
  const toast = toastHere.value;
  return (
    <div class="toasts" role="status">
      {toast !== null && <span key={toast.key} class="toast">{toast.text}</span>}
    </div>
  );
}

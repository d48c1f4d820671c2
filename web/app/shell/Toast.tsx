import { toast } from "../state/ui";

/** A short word. What lies behind a dialog is neither seen nor read aloud, so an open dialog has it. */
export function Toast() {
  return (
    <div class="toasts" role="status">
      {toast.value !== null && <span key={toast.value.key} class="toast">{toast.value.text}</span>}
    </div>
  );
}

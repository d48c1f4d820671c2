import { type Question } from "../state/overlays";
import { t } from "../words";
import { closeDialog, Dialog } from "./Dialog";

/** Are you sure? The safe answer has the focus. */
export function ConfirmDialog({ question }: { question: Question }) {
  const act = () => {
    closeDialog();
    question.run();
  };
  return (
    <Dialog title={question.title} kind="dialog-small">
      <p>{question.body}</p>
      <div class="dialog-actions">
        <button type="button" class="button" data-autofocus onClick={closeDialog}>
          {t("app.cancel")}
        </button>
        <button type="button" class="button button-danger" onClick={act}>
          {question.action}
        </button>
      </div>
    </Dialog>
  );
}

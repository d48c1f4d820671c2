/** Files cannot be sent yet. One that is dropped or pasted is refused with a word, and nothing is opened in place of the page. */
import { showToast } from "../state/overlays";
import { t } from "../words";

const hasFiles = (data: DataTransfer | null) => data !== null && [...data.types].includes("Files");
/** Text and addresses may be dropped where one writes. */
const isWriting = (target: EventTarget | null) => target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;

export function refuseFiles(): void {
  const over = (event: DragEvent) => {
    if (hasFiles(event.dataTransfer) || !isWriting(event.target)) event.preventDefault();
  };
  addEventListener("dragenter", over);
  addEventListener("dragover", over);
  addEventListener("drop", (event) => {
    over(event);
    if (hasFiles(event.dataTransfer)) showToast(t("compose.noFiles"));
  });
  addEventListener("paste", ({ clipboardData }) => {
    // A picture of what is there as text, too, as tables bring it, is not missed.
    if (hasFiles(clipboardData) && clipboardData?.getData("text/plain") === "") showToast(t("compose.noFiles"));
  });
}

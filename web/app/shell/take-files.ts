/**
 * Files that are dropped or pasted go with what is said next in the chat that is shown. Where there is none, or one may not
 * write, it is said; and nothing is opened in place of the page.
 */
import { signal } from "@preact/signals";
import { shown } from "../state/client";
import { overlay, showToast } from "../state/overlays";
import { mayWrite } from "../state/rights";
import { addToTray } from "../state/tray";
import { t } from "../words";

/** Are files held over the page? */
export const isDragging = signal(false);

const hasFiles = (data: DataTransfer | null) => data !== null && [...data.types].includes("Files");
/** Text and addresses may be dropped where one writes. */
const isWriting = (target: EventTarget | null) => target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;

export function takeFiles(): void {
  const over = (event: DragEvent) => {
    if (hasFiles(event.dataTransfer) || !isWriting(event.target)) event.preventDefault();
    isDragging.value = hasFiles(event.dataTransfer) && chatToTake() !== null;
  };
  addEventListener("dragenter", over);
  addEventListener("dragover", over);
  addEventListener("dragleave", (event) => {
    // Out of the window; within it there is another thing that is entered.
    if (event.relatedTarget === null) isDragging.value = false;
  });
  addEventListener("dragend", () => (isDragging.value = false));
  addEventListener("drop", (event) => {
    over(event);
    isDragging.value = false;
    if (hasFiles(event.dataTransfer)) take(filesOf(event.dataTransfer), event.target);
  });
  addEventListener("paste", ({ clipboardData, target }) => {
    // A picture of what is there as text, too, as tables bring it, is not missed.
    if (hasFiles(clipboardData) && clipboardData?.getData("text/plain") === "") take(filesOf(clipboardData), target);
  });
}

/** Where files go that come now. */
function chatToTake(): number | null {
  const view = shown.peek();
  const chat = view?.chat.peek() ?? null;
  return view !== null && chat !== null && mayWrite(chat) && overlay.peek() === null ? view.id : null;
}

/** A folder is no file: it says so by having nothing that can be read. */
function filesOf(data: DataTransfer | null): File[] {
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.() ?? null);
  return [...(data?.files ?? [])].filter((_, place) => entries[place]?.isDirectory !== true);
}

function take(files: readonly File[], target: EventTarget | null): void {
  const chat = chatToTake();
  const isBeside = target instanceof Element && target.closest(".sidebar, .panel") !== null;
  if (chat === null || isBeside) showToast(t("files.notHere"));
  else if (files.length > 0) void addToTray(chat, files);
}

/** What one sees of files besides the timeline; loaded when it is first used. */
export { FilesTab } from "./FilesTab";
export { PendingFiles } from "./PendingFiles";
export { Tray } from "./Tray";
export { Viewer } from "./Viewer";

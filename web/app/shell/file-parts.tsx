/** Parts of the page that show and take files, loaded when they are first used. They are in the list of public/sw.js. */
import { lazy } from "./lazy";

export const fetchFiles = () => import("../files/files");

export const FilesTab = lazy(() => fetchFiles().then((part) => part.FilesTab));
export const PendingFiles = lazy(() => fetchFiles().then((part) => part.PendingFiles));
export const Tray = lazy(() => fetchFiles().then((part) => part.Tray));
export const Viewer = lazy(() => fetchFiles().then((part) => part.Viewer));

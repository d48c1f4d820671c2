/** Parts of the page that are loaded when they are first used. Each is in the list of public/sw.js, so that it is kept with the page. */
import { lazy } from "./lazy";

const search = () => import("../search/search");

const files = () => import("../files/files");

export const FilesTab = lazy(() => files().then((part) => part.FilesTab));
export const PendingFiles = lazy(() => files().then((part) => part.PendingFiles));
export const Tray = lazy(() => files().then((part) => part.Tray));
export const Viewer = lazy(() => files().then((part) => part.Viewer));
export const SearchPanel = lazy(() => search().then((part) => part.SearchPanel));
export const ResultsBar = lazy(() => search().then((part) => part.ResultsBar));

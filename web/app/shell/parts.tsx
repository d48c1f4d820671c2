/** Parts of the page that are loaded when they are first used. Each is in the list of public/sw.js, so that it is kept with the page. */
import { fetchFiles } from "./file-parts";
import { lazy } from "./lazy";

const search = () => import("../search/search");
const windows = () => import("./windows");

export const ResultsBar = lazy(() => search().then((part) => part.ResultsBar));
export const SearchPanel = lazy(() => search().then((part) => part.SearchPanel));

export const AddPeople = lazy(() => windows().then((part) => part.AddPeople));
export const ChooseOwner = lazy(() => windows().then((part) => part.ChooseOwner));
export const Help = lazy(() => windows().then((part) => part.Help));
export const InviteDialog = lazy(() => windows().then((part) => part.InviteDialog));
export const NewChat = lazy(() => windows().then((part) => part.NewChat));
export const Settings = lazy(() => windows().then((part) => part.Settings));
export const SidePanel = lazy(() => windows().then((part) => part.SidePanel));

/** Once there is nothing else to do they are fetched, so that whoever opens one need not wait. */
export function fetchParts(): void {
  const fetchAll = () => void Promise.allSettled([windows(), fetchFiles(), search()]);
  if ("requestIdleCallback" in globalThis) requestIdleCallback(fetchAll, { timeout: 5_000 });
  else setTimeout(fetchAll, 2_000);
}

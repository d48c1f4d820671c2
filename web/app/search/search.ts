/** The search among messages; loaded when it is first used. */
export { ResultsBar } from "./ResultsBar";
export { SearchPanel } from "./SearchPanel";

/** What stands for a picture until it is there: drawn from its ThumbHash by a part that is loaded with the first picture. */
import { signal } from "@preact/signals";

const drawn = signal<((thumbhash: string) => string) | null>(null);
let isAsked = false;

/** A style; nothing while the part is not there, or where there is no such picture. */
export function placeholderOf(thumbhash: string | null): { "background-image"?: string } {
  if (thumbhash === null || thumbhash === "") return {};
  if (!isAsked) {
    isAsked = true;
    import("./thumbhash").then(({ draw }) => (drawn.value = draw), () => (isAsked = false));
  }
  const address = drawn.value?.(thumbhash) ?? "";
  return address === "" ? {} : { "background-image": `url(${address})` };
}

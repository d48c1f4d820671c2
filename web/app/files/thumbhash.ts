import { thumbHashToDataURL } from "thumbhash";

const MOST = 300;
const known = new Map<string, string>();

/** The address of a small picture; empty for what is no ThumbHash in base64. */
export function draw(thumbhash: string): string {
  let address = known.get(thumbhash);
  if (address === undefined) {
    address = drawn(thumbhash);
    if (known.size >= MOST) known.clear();
    known.set(thumbhash, address);
  }
  return address;
}

function drawn(thumbhash: string): string {
  try {
    const bytes = Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));
    // The longest has 25 bytes.
    return bytes.length < 5 || bytes.length > 32 ? "" : thumbHashToDataURL(bytes);
  } catch {
    return "";
  }
}

/** What goes to the server, as any reader takes it. */

/** JSON in which half of a surrogate pair, as a text has that was cut in an emoji, is U+FFFD: no UTF-8 has it. */
export function encoded(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "string" ? inner.toWellFormed() : inner));
}

/** A part of an address. */
export function inAddress(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

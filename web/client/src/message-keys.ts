/** Keys under which messages are sent. */

/** A UUIDv7, of the time and of 16 bytes of chance: the time first, so that keys sort as they were made. */
export function keyOf(now: number, chance: Uint8Array): string {
  const bytes = Uint8Array.from(chance);
  for (let place = 0; place < 6; place += 1) bytes[place] = Math.floor(now / 2 ** (8 * (5 - place))) % 256;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

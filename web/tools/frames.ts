/** Writes the client's frames anew: `npm run frames`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generate, type Schema } from "./generate-frames.ts";

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const document = JSON.parse(readFileSync(place("../../docs/asyncapi.json"), "utf8")) as {
  components: { schemas: Record<string, Schema> };
};
writeFileSync(place("../client/src/frames.generated.ts"), generate(document.components.schemas));

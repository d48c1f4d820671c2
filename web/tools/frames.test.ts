import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { generate, type Schema } from "./generate-frames.ts";

const read = (path: string) => readFileSync(resolve(import.meta.dirname, path), "utf8");

it("the client's frames are those of the server's own description (npm run frames)", () => {
  const document = JSON.parse(read("../../docs/asyncapi.json")) as { components: { schemas: Record<string, Schema> } };
  expect(read("../client/src/frames.generated.ts")).toBe(generate(document.components.schemas));
});

it("a field of a kind that no check is known for is no field", () => {
  const pong = (field: Schema): Record<string, Schema> => ({
    ServerPong: { properties: { type: { type: "string", enum: ["pong"] }, field }, required: ["type"] },
  });
  expect(generate(pong({ type: "integer" }))).toContain('"field?:int"');
  expect(() => generate(pong({ type: "number" }))).toThrow("not known: number");
  expect(() => generate(pong({}))).toThrow("not known");
});

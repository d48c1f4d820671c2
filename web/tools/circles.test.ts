import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { sources, WEB } from "./sources";

/** The file that an import means; nothing for a package, or what is no program. */
function imported(from: string, name: string): string | undefined {
  if (!name.startsWith(".")) return undefined;
  const path = resolve(dirname(from), name);
  const candidates = [path, `${path}.ts`, `${path}.tsx`, join(path, "index.ts"), join(path, "index.tsx")];
  return candidates.find((candidate) => /\.tsx?$/.test(candidate) && existsSync(candidate) && statSync(candidate).isFile());
}

type Imports = ReadonlyMap<string, readonly string[]>;

/** Everything that a file imports, directly or through others. */
function reached(imports: Imports, from: string): Set<string> {
  const seen = new Set<string>();
  const next = [from];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    for (const other of imports.get(file) ?? []) {
      if (!seen.has(other)) next.push(other);
      seen.add(other);
    }
  }
  return seen;
}

/** The files that import themselves through others. */
function circular(imports: Imports): string[] {
  return [...imports.keys()].filter((file) => reached(imports, file).has(file));
}

test("no file imports itself through others", () => {
  const files = ["client/src", "app"].flatMap((folder) => sources(join(WEB, folder)));
  const imports = new Map(
    files.map((file) => {
      const names = ts.preProcessFile(readFileSync(file, "utf8")).importedFiles.map(({ fileName }) => fileName);
      const others = names.map((name) => imported(file, name)).filter((other) => other !== undefined);
      return [file, others] as const;
    }),
  );
  const count = [...imports.values()].reduce((sum, others) => sum + others.length, 0);
  expect(count).toBeGreaterThan(400);
  expect(circular(imports).map((file) => relative(WEB, file))).toEqual([]);
});

test("a circle is seen", () => {
  const imports = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["a"]],
    ["d", ["a"]],
  ]);
  expect(circular(imports)).toEqual(["a", "b", "c"]);
});

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { sources, WEB } from "./sources";

/** What a component is given has this name everywhere, in its own file. */
const HIDDEN = "Props";

/** The types that a file defines. */
function defined(text: string): string[] {
  const file = ts.createSourceFile("file.tsx", text, ts.ScriptTarget.Latest);
  return file.statements.flatMap((statement) => {
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement);
    const name = isType ? statement.name?.text : undefined;
    if (!isType || name === undefined) return [];
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
    return name === HIDDEN && !isExported ? [] : [name];
  });
}

/** Where each name is defined that is defined more than once. */
function repeated(files: ReadonlyMap<string, string>): Record<string, string[]> {
  const places = new Map<string, string[]>();
  for (const [file, text] of files) for (const name of defined(text)) places.set(name, [...(places.get(name) ?? []), file]);
  return Object.fromEntries([...places].filter(([, files]) => files.length > 1));
}

test("no two types have one name", () => {
  const files = ["client/src", "app"].flatMap((folder) => sources(join(WEB, folder)));
  // Frames are called what the protocol calls them, and the client has its own view of some.
  const own = files.filter((file) => !/\/(testing|dev)\/|\.generated\.ts$/.test(file));
  expect(own.length).toBeGreaterThan(150);
  expect(repeated(new Map(own.map((file) => [relative(WEB, file), readFileSync(file, "utf8")])))).toEqual({});
});

test("a name that means two things is seen", () => {
  const files = new Map([
    ["a", "export interface Row { n: number }\ninterface Props { a: string }\nfunction f() { type Inside = 1; }"],
    ["b", "type Row = string;\ninterface Props { b: string }\nexport class Log {}"],
    ["c", "export declare enum Log { A }\nimport type { Other } from './a';\nconst Row = 1;"],
  ]);
  expect(repeated(files)).toEqual({ Row: ["a", "b"], Log: ["b", "c"] });
});

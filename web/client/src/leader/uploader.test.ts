/** Files on their way to a server that forgets, breaks off and refuses. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, FileRequest } from "../environment.ts";
import type { FileBytes } from "../message-api.ts";
import { written, type Item, type OutboxFile } from "../rules/outbox.ts";
import { FOR_NOW } from "../rest.ts";
import { IN_ONE_GO } from "../rules/parts-of-file.ts";
import { FILE_LOST, upload } from "./uploader.ts";

class Bytes implements FileBytes {
  constructor(readonly from: number, readonly to: number) {}
  get size() {
    return this.to - this.from;
  }
  slice(from: number, to: number) {
    return new Bytes(this.from + from, Math.min(this.from + to, this.to));
  }
}

type Fault = "fine" | "lost" | "half" | "forgets" | "answer lost" | "proxy" | "busy";

/** Keeps uploads by their names, as tus 1.0 says; each request meets with the next fault. */
class TusServer {
  uploads = new Map<string, { length: number; has: number }>();
  created = 0;
  constructor(private faults: Fault[]) {}

  request = async (method: string, path: string, _body: unknown, file?: FileRequest): Promise<Answer> => {
    const fault = this.faults.shift() ?? "fine";
    if (fault === "lost") throw new TypeError("failed");
    if (fault === "forgets") this.uploads.clear();
    if (fault === "busy") return { status: 503, body: { code: "busy", error: "later", retry_after_ms: 10 } };
    if (fault === "proxy" && method === "PATCH") return { status: 413, body: Symbol("html") };
    const answer = this.answer(method, path, file as FileRequest, fault);
    if (fault === "answer lost") throw new TypeError("failed");
    return answer;
  };

  private answer(method: string, path: string, { headers, bytes }: FileRequest, fault: Fault): Answer {
    if (path.startsWith("/api/files?name=")) {
      const id = `whole${(this.created += 1)}`;
      this.uploads.set(id, { length: bytes?.size ?? 0, has: bytes?.size ?? 0 });
      return { status: 201, body: { upload_id: id, name: "a", size: bytes?.size, type: "text/plain" } };
    }
    expect(headers["Tus-Resumable"]).toBe("1.0.0");
    if (method === "POST") {
      const id = `u${(this.created += 1)}`;
      this.uploads.set(id, { length: Number(headers["Upload-Length"]), has: 0 });
      return { status: 201, body: undefined, location: `/below/api/uploads/${id}` };
    }
    const one = this.uploads.get(path.split("/").at(-1) ?? "");
    if (!one) return { status: 404, body: method === "HEAD" ? undefined : { code: "upload_not_found", error: "gone" } };
    if (method === "HEAD") return { status: 200, body: undefined, offset: one.has };
    if (Number(headers["Upload-Offset"]) !== one.has) return { status: 409, body: { code: "wrong_offset", error: "no" } };
    const part = bytes as Bytes;
    // What comes is the very part of the file that is missing.
    expect(part.from).toBe(one.has);
    if (fault === "half") {
      one.has += Math.floor(part.size / 2);
      throw new TypeError("cut");
    }
    one.has += part.size;
    return { status: 204, body: undefined, offset: one.has };
  }
}

const fileOf = (key: string, size: number): OutboxFile => ({ key, name: `${key}.bin`, type: "", size, uploadId: null, isWhole: false });
const itemOf = (...files: OutboxFile[]): Item => written({ key: "k", chatId: 7, text: "", replyTo: null, createdAt: 0, files });

/** Tries until it is done or refused; what is known is kept from one to the next, as the outbox does. */
async function send(server: TusServer, start: Item, tries = 60) {
  let item = start;
  const progress: number[] = [];
  const callbacks = {
    bytesOf: async (key: string) => (key === "gone" ? null : new Bytes(0, item.files.find((file) => file.key === key)?.size ?? 0)),
    known: (_: string, key: string, known: Pick<OutboxFile, "uploadId" | "isWhole">) => {
      item = { ...item, files: item.files.map((file) => (file.key === key ? { ...file, ...known } : file)) };
    },
    progress: (_: string, sent: number) => void progress.push(sent),
  };
  const environment = { now: () => 0, request: server.request };
  for (let count = 1; ; count += 1) {
    const answer = await upload(environment, callbacks, item, new AbortController().signal);
    if (answer.ok || count === tries || ![...FOR_NOW, "upload_not_found"].includes(answer.code)) return { answer, item, progress, count };
  }
}

const faults = fc.array(fc.constantFrom<Fault>("fine", "fine", "lost", "half", "forgets", "answer lost", "proxy", "busy"), { maxLength: 20 });

describe("the files of a message", () => {
  it("are with the server in the end, whole, whatever breaks on the way", async () => {
    await fc.assert(
      fc.asyncProperty(faults, fc.array(fc.integer({ min: 0, max: 5 * IN_ONE_GO }), { minLength: 1, maxLength: 3 }), async (all, sizes) => {
        const server = new TusServer([...all]);
        const { answer, item } = await send(server, itemOf(...sizes.map((size, place) => fileOf(`f${place}`, size))));
        expect(answer.ok).toBe(true);
        for (const { uploadId, isWhole, size } of item.files) {
          expect(isWhole).toBe(true);
          const there = server.uploads.get(uploadId ?? "");
          // What was whole may be forgotten while a later one is on its way: the send says so then.
          if (!all.includes("forgets")) expect(there).toEqual({ length: size, has: size });
        }
      }),
    );
  });

  it("go on where the server is, and are not begun anew", async () => {
    const server = new TusServer(["fine", "fine", "half", "lost"]);
    const { item, progress } = await send(server, itemOf(fileOf("big", 3 * IN_ONE_GO)));
    expect([server.created, item.files[0]?.uploadId]).toEqual([1, "u1"]);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(3 * IN_ONE_GO);
  });

  it("go in one go where they are small", async () => {
    const server = new TusServer([]);
    await send(server, itemOf(fileOf("a", 10), fileOf("b", IN_ONE_GO)));
    expect([...server.uploads.keys()]).toEqual(["whole1", "whole2"]);
  });

  it("are begun anew where the server has forgotten them, and not for ever", async () => {
    const server = new TusServer(["fine", "fine", "forgets"]);
    expect((await send(server, itemOf(fileOf("big", 3 * IN_ONE_GO)))).answer.ok).toBe(true);
    expect(server.created).toBe(2);
    const forgetful = new TusServer(Array.from({ length: 99 }, () => "forgets" as const));
    expect((await send(forgetful, itemOf(fileOf("big", 3 * IN_ONE_GO)), 1)).answer).toMatchObject({ ok: false, code: "upload_not_found" });
    expect(forgetful.created).toBe(3);
  });

  it("are refused for good where they are not on the device any more, or the server does not want them", async () => {
    expect((await send(new TusServer([]), itemOf(fileOf("gone", 10)))).answer).toMatchObject({ ok: false, code: FILE_LOST });
    const server = new TusServer([]);
    server.request = async () => ({ status: 413, body: { code: "file_too_large", error: "too large" } });
    const { answer, count } = await send(server, itemOf(fileOf("a", 10)));
    expect([answer, count]).toMatchObject([{ ok: false, code: "file_too_large" }, 1]);
  });
});

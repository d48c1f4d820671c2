/** A proxy before the server, as networks have them: below a path of a host, or one that knows no WebSockets. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export interface ReverseProxyOptions {
  /** Where the server is below the proxy, such as `/chat`. */
  below?: string;
  /** Does the server get the path with that, or without? */
  keepsPrefix?: boolean;
}

/** What becomes of an upgrade: it goes through, is answered as an ordinary request, or is never answered. */
export type Upgrades = "pass" | "refuse" | "swallow";

/** Who answers: the server; or in its place a page of the network, or a proxy that sends one to its sign-in. */
export type Answers = "server" | "page" | "sign-in";

const NETWORK = "<!doctype html><title>Hotel</title><h1>Accept our terms</h1>";

export interface ReverseProxy {
  /** Where the page is. */
  readonly url: string;
  upgrades: Upgrades;
  /** Who answers from now on; what is open is cut off. */
  answer(by: Answers): void;
  /** Paths of the requests that came, in order, without their queries. */
  readonly asked: string[];
  end(): Promise<void>;
}

export async function reverseProxyOf(server: string, { below = "", keepsPrefix = false }: ReverseProxyOptions = {}): Promise<ReverseProxy> {
  const target = new URL(server);
  const open = new Set<Socket>();
  const asked: string[] = [];
  let by: Answers = "server";
  /** Was it answered in the server's place? */
  const instead = (near: IncomingMessage, answer: ServerResponse): boolean => {
    if (by === "server") return false;
    const isSent = by === "sign-in" && !(near.url ?? "").startsWith("/their-own/");
    if (isSent) answer.writeHead(302, { location: "/their-own/sign-in" }).end();
    else answer.writeHead(200, { "content-type": "text/html" }).end(NETWORK);
    return true;
  };
  /** The path as the server gets it; null for what is not the server's. */
  const inner = (path: string): string | null => {
    if (!path.startsWith(`${below}/`)) return null;
    return keepsPrefix ? path : path.slice(below.length);
  };
  const onwards = (near: IncomingMessage, path: string) => ({
    host: target.hostname, port: target.port, method: near.method ?? "GET", path, headers: near.headers,
  });

  const http = createServer((near, answer) => {
    const path = inner(near.url ?? "");
    asked.push((near.url ?? "").split("?")[0] ?? "");
    if (instead(near, answer)) return;
    if (path === null) return void answer.writeHead(404).end("not the messenger's");
    const far = request(onwards(near, path), (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      answer.flushHeaders();
      found.pipe(answer);
    });
    far.on("error", () => answer.destroy());
    answer.on("close", () => far.destroy());
    near.pipe(far);
  });
  const proxy: ReverseProxy = {
    url: "", upgrades: "pass", asked,
    answer(next) {
      by = next;
      open.forEach((socket) => socket.destroy());
    },
    end() {
      open.forEach((socket) => socket.destroy());
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  http.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => undefined).on("close", () => open.delete(socket));
  });
  http.on("upgrade", (near, socket: Socket) => {
    const path = inner(near.url ?? "");
    if (proxy.upgrades === "swallow") return;
    if (path === null || by !== "server" || proxy.upgrades === "refuse") {
      socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      return;
    }
    const far = connect(Number(target.port), target.hostname, () => {
      const headers = near.rawHeaders.reduce((text, word, at) => text + word + (at % 2 === 0 ? ": " : "\r\n"), "");
      far.write(`GET ${path} HTTP/1.1\r\n${headers}\r\n`);
      far.pipe(socket).pipe(far);
    });
    open.add(far);
    far.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => far.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return Object.assign(proxy, { url: `http://localhost:${(http.address() as AddressInfo).port}${below}/` });
}

#!/usr/bin/env node
/**
 * Starts Firefox and stands between it and what drives it. Drivers set more about the screen and the media than a release
 * of Firefox knows yet, and give up if that is refused; here it is said to be done.
 */
import { spawn } from "node:child_process";
import { WebSocket, WebSocketServer } from "ws";

const firefox = spawn(process.env["FIREFOX"] ?? "/usr/bin/firefox-esr", process.argv.slice(2), { stdio: ["inherit", "inherit", "pipe"] });
const front = new WebSocketServer({ host: "127.0.0.1", port: 0 });

firefox.stderr.setEncoding("utf8");
firefox.stderr.on("data", (text) => {
  const [whole, address] = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(text) ?? [];
  if (address === undefined) return void process.stderr.write(text);
  front.on("connection", (driver, request) => connect(driver, `${address}${request.url}`));
  process.stderr.write(`${text.replace(whole, `WebDriver BiDi listening on ws://127.0.0.1:${front.address().port}`)}`);
});
firefox.on("exit", (code) => process.exit(code ?? 0));
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => firefox.kill(signal));

function connect(driver, address) {
  const browser = new WebSocket(address);
  const early = [];
  const optional = new Set();
  driver.on("message", (data) => {
    const { id, method } = JSON.parse(String(data));
    if (method.startsWith("emulation.")) optional.add(id);
    if (browser.readyState === WebSocket.OPEN) browser.send(String(data));
    else early.push(String(data));
  });
  browser.on("open", () => early.forEach((text) => browser.send(text)));
  browser.on("message", (data) => {
    const answer = JSON.parse(String(data));
    const isUnknown = optional.delete(answer.id) && answer.type === "error" && answer.error === "unknown command";
    driver.send(isUnknown ? JSON.stringify({ type: "success", id: answer.id, result: {} }) : String(data));
  });
  for (const [one, other] of [[driver, browser], [browser, driver]]) {
    one.on("error", () => undefined);
    one.on("close", () => other.close());
  }
}

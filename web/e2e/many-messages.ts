/** Much is said, quickly and in order: over one socket, with as many unanswered as the server takes. */
import { randomUUID } from "node:crypto";
import WebSocket from "ws";

const UNANSWERED = 48;

/** The token of somebody who has an account. */
export async function tokenOf(url: string, username: string, password = "correct horse"): Promise<string> {
  const answer = await fetch(`${url}/auth`, { method: "POST", body: JSON.stringify({ username, password }) });
  if (!answer.ok) throw new Error(await answer.text());
  return ((await answer.json()) as { token: string }).token;
}

export async function sayAll(url: string, token: string, chat: number, texts: readonly string[]): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, { headers: { Authorization: `Bearer ${token}` } });
  let said = 0;
  let answered = 0;
  const more = () => {
    for (; said < texts.length && said - answered < UNANSWERED; said += 1) {
      socket.send(JSON.stringify({ type: "send", chat_id: chat, content: texts[said], client_msg_id: randomUUID() }));
    }
  };
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as { type: string; error?: string };
      if (frame.type === "error") reject(new Error(frame.error));
      if (frame.type === "ack") answered += 1;
      if (answered === texts.length) resolve();
      else if (frame.type === "ready" || frame.type === "ack") more();
    });
  });
  socket.close();
}

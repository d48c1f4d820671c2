/** One attempt to get through, by one of the ways. */
import type { Way } from "../api.ts";
import type { Environment, Socket } from "../environment.ts";
import { connectByEvents } from "./events.ts";

/** What a browser says of a connection that was not closed by the other side. */
export const BROKEN = 1006;

export interface Link {
  way: Way;
  socket: Socket;
  /** The server has let us in. */
  wasOpened: boolean;
}

export interface LinkCallbacks {
  text(link: Link, text: string): void;
  /** It is over, or never began. */
  closed(link: Link, code: number): void;
}

export function openLink(environment: Environment, way: Way, callbacks: LinkCallbacks): Link {
  const link: Link = { way, wasOpened: false, socket: { send: () => {}, close: () => {} } };
  const connect = way === "socket" ? environment.connect : connectByEvents.bind(null, environment);
  const closed = (code: number) => callbacks.closed(link, code);
  try {
    link.socket = connect({ opened: () => (link.wasOpened = true), text: (text) => callbacks.text(link, text), closed });
  } catch {
    // A browser that lets no socket be made says so at once, and not by closing one.
    environment.after(0, () => closed(BROKEN));
  }
  return link;
}

export const other = (way: Way): Way => (way === "socket" ? "events" : "socket");

/** Where the server's paths are. */

/** The server may be anywhere on a host, below `/chat/` for example; its paths begin there. */
export function addressOf(path: string, base: string): URL {
  return new URL(`.${path}`, base);
}

/** The address of its socket. */
export function socketAddressOf(base: string): URL {
  const { href } = addressOf("/ws", base);
  return new URL(href.replace(/^http/, "ws"));
}

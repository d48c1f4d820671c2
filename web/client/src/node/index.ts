/** The client's environment under Node: `createClient(nodeEnvironment({ url, WebSocket }))`. */
export { nodeEnvironment, type NodeOptions, type WebSocketClass, type WebSocketLike } from "./environment.ts";

// WebSockets on Bun's own server: what is said goes to whoever the connection was made for.
import type { WebSocketHandler } from "bun";

/** Our end of a socket. */
export type SocketWire = {
  send(text: string): void;
  /** Bytes that the other side has not taken yet. */
  buffered(): number;
  /** With a code and a reason of at most 123 bytes, behind what is still on its way. */
  end(code: number, reason: string): void;
};
export type SocketTalk = {
  opened(wire: SocketWire): void;
  heard(text: string): void;
  /** What was buffered is on its way. */
  drained(): void;
  closed(): void;
};
export type SocketData = { talk: SocketTalk };

/** Whoever has not answered a ping by then is gone. */
const idleSeconds = 60;
/** Nothing is ever dropped from a socket: one that has come this far is ended. */
const mostBuffered = 64 * 1024 ** 2;

export function socketHandlers(mostBytes: number): WebSocketHandler<SocketData> {
  return {
    maxPayloadLength: mostBytes,
    idleTimeout: idleSeconds,
    sendPings: true,
    backpressureLimit: mostBuffered,
    closeOnBackpressureLimit: true,
    perMessageDeflate: false,
    open(socket) {
      socket.data.talk.opened({
        send: (text) => void socket.sendText(text),
        buffered: () => socket.getBufferedAmount(),
        end: (code, reason) => socket.close(code, reason),
      });
    },
    // Frames of bytes are text as well.
    message: (socket, data) => socket.data.talk.heard(typeof data === "string" ? data : data.toString("utf8")),
    drain: (socket) => socket.data.talk.drained(),
    close: (socket) => socket.data.talk.closed(),
  };
}

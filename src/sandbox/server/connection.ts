// One connection from the WebSocket's first byte to its last: frames, handshake, stanzas.
import type { FaultName } from "../network/faults.ts";
import type { World } from "../network/world.ts";
import { CodecError, decodeNode, encodeNode } from "../wire/codec.ts";
import { createFrameReader, frame } from "../wire/frames.ts";
import { type Node, node } from "../wire/node.ts";
import { type Finished, type Greeting, greet, HandshakeError, type Transport } from "../wire/noise.ts";
import { proto } from "../wire/proto.ts";

/** The socket below, whatever carries it. */
export type Wire = { send(bytes: Buffer): void; close(): void; terminate(): void };

export type Connection = {
  /** Named in frames and violations: its device once that is known. */
  name: string;
  /** Whose faults it meets; null until it has said who it is. */
  phone: string | null;
  receive(bytes: Buffer): void;
  send(node: Node): void;
  end(farewell: Node | null): void;
  cut(): void;
  silence(): void;
  closed(): void;
};

/** What becomes of a connection once the handshake is done. */
export type Role = { handle(node: Node): void; closed(): void; unlink(): void };
/** `routing`: what the client was given to be routed by, if it brought that along. */
export type Arrival = { payload: proto.ClientPayload; clientKey: Buffer; routing: Buffer | null };

type Options = {
  world: World;
  wire: Wire;
  certificate: Buffer;
  /** Who the client is, by its first payload. Null when it is refused, after it was told. */
  admit(arrival: Arrival, connection: Connection): Role | null;
};

let lastNumber = 0;

export function createConnection({ world, wire, certificate, admit }: Options): Connection {
  const { observer, faults } = world;
  const reader = createFrameReader();
  let greeting: Greeting | null = null;
  let transport: Transport | null = null;
  let role: Role | null = null;
  let isSilent = false;
  let isOver = false;
  let lateUntil = 0;

  function receiveFrame(body: Buffer): void {
    if (transport !== null) return receiveStanza(body, transport);
    if (greeting === null) {
      if (faults.strike("handshake-silence", null) !== null) return connection.silence();
      greeting = greet(body, world.serverKey, certificate);
      return wire.send(frame(greeting.hello));
    }
    arrive(greeting.finish(body));
  }

  function arrive(finished: Finished): void {
    transport = finished.transport;
    const payload = proto.ClientPayload.decode(finished.payload);
    role = admit({ payload, clientKey: finished.clientKey, routing: reader.routing() }, connection);
  }

  function receiveStanza(sealed: Buffer, { open }: Transport): void {
    const plain = open(sealed);
    if (plain === null) return refuse("noise", "a frame does not decrypt");
    const stanza = decodeNode(plain);
    observer.frame(connection.name, "in", plain);
    if (strikes()) return;
    role?.handle(stanza);
  }

  /** Faults that end or freeze a connection when it says the next thing. */
  function strikes(): boolean {
    const farewells: [FaultName, Node][] = [
      ["stream-503", node("stream:error", { code: "503" })],
      ["stream-515", node("stream:error", { code: "515" })],
      ["replaced", node("stream:error", {}, [node("conflict", { type: "replaced" })])],
      ["banned", node("stream:error", { code: "403" })],
    ];
    const struck = farewells.find(([name]) => faults.strike(name, connection.phone) !== null);
    if (struck !== undefined) connection.end(struck[1]);
    else if (faults.strike("drop-tcp", connection.phone) !== null) connection.cut();
    else if (faults.strike("half-open", connection.phone) !== null) connection.silence();
    else if (faults.strike("logged-out", connection.phone) !== null) role?.unlink();
    else return false;
    return true;
  }

  function refuse(rule: string, detail: string): void {
    observer.violation(connection.name, rule, detail);
    connection.end(null);
  }

  function write(stanza: Node): void {
    if (isOver || isSilent || transport === null) return;
    const plain = encodeNode(stanza);
    observer.frame(connection.name, "out", plain);
    wire.send(frame(transport.seal(plain)));
  }

  const connection: Connection = {
    name: `connection ${++lastNumber}`,
    phone: null,
    receive(bytes) {
      if (isSilent || isOver) return;
      try {
        for (const body of reader.push(bytes)) if (!isOver) receiveFrame(body);
      } catch (error) {
        const rule = error instanceof HandshakeError ? "handshake" : error instanceof CodecError ? "codec" : "stream";
        refuse(rule, error instanceof Error ? error.message : String(error));
      }
    },
    /** Late answers stay in order. */
    send(stanza) {
      const slow = faults.strike("slow", connection.phone);
      const wait = Math.max(slow?.delayMs ?? 0, lateUntil - performance.now());
      if (wait <= 0) return write(stanza);
      lateUntil = performance.now() + wait;
      world.later(wait, () => write(stanza));
    },
    end(farewell) {
      if (isOver) return;
      if (farewell !== null) write(farewell);
      isOver = true;
      wire.close();
    },
    cut() {
      isOver = true;
      wire.terminate();
    },
    silence() {
      isSilent = true;
    },
    closed() {
      isOver = true;
      role?.closed();
    },
  };
  return connection;
}

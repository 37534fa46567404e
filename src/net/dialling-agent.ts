// An agent of node:https whose connections are opened by whoever makes it. One class for both protocols: Baileys declares
// its agent as one of node:https, whatever the address.
import { Agent, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Place } from "./dial.ts";

export type Open = (to: Place, isSecure: boolean) => Promise<Socket>;

export class DiallingAgent extends Agent {
  readonly protocol: "https:" | "http:";
  readonly defaultPort: number;
  readonly #open: Open;

  constructor(open: Open, protocol: "https:" | "http:", options: ConstructorParameters<typeof Agent>[0] = {}) {
    super(options);
    this.#open = open;
    this.protocol = protocol;
    this.defaultPort = protocol === "https:" ? 443 : 80;
  }

  override createConnection(options: RequestOptions, callback?: (error: Error | null, stream: Duplex) => void): null {
    const to = { host: String(options.host), port: Number(options.port) };
    this.#open(to, this.protocol === "https:").then(
      (socket) => callback?.(null, socket),
      // Declared with a stream, which there is none of; Node and Bun look at the error first.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return null;
  }
}

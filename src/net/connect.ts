// A TCP connection to whichever of a place's addresses answers first; every failure is a sentence.
import { connect, type Socket } from "node:net";
import { messageOf, WaygateError } from "../core/errors.ts";

export type ConnectOptions = {
  /** Each next one has its turn when the one before has failed, or has not answered for a moment. */
  addresses: readonly string[];
  port: number;
  /** Of whom the sentences speak. */
  name: string;
  /** Its reason is what the attempt fails with. */
  signal: AbortSignal;
  /** Hands over each socket before it is connected, to whoever must be able to end it. */
  onSocket?: ((socket: Socket) => void) | undefined;
};

/** As RFC 8305 recommends. */
const headStartMs = 250;
/** A name may have hundreds of addresses, and whoever made it so may want them all to be called. */
const maxAttempts = 6;

export async function connectToAny(options: ConnectOptions): Promise<Socket> {
  const { port, signal, onSocket } = options;
  signal.throwIfAborted();
  const left = options.addresses.slice(0, maxAttempts);
  const under = new Set<Socket>();
  const won = Promise.withResolvers<Socket>();
  let headStart: ReturnType<typeof setTimeout> | undefined;

  function attempt(): void {
    clearTimeout(headStart);
    const host = left.shift();
    if (host === undefined) return;
    const socket = connect({ host, port, noDelay: true });
    under.add(socket);
    onSocket?.(socket);
    connected(socket, options.name).then(won.resolve, (error: unknown) => {
      under.delete(socket);
      // Those who lost are heard no more; the last who fails says why.
      if (left.length > 0) attempt();
      else if (under.size === 0) won.reject(error);
    });
    if (left.length > 0) headStart = setTimeout(attempt, headStartMs);
  }

  const giveUp = () => won.reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  attempt();
  let winner: Socket | null = null;
  try {
    winner = await won.promise;
    return winner;
  } finally {
    left.length = 0;
    clearTimeout(headStart);
    signal.removeEventListener("abort", giveUp);
    for (const socket of under) if (socket !== winner) abandon(socket);
  }
}

/** A look-up cannot be called off, but it need not be waited for. */
export function during<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

/** What still happens to it concerns nobody any more, but an error that nobody hears would end the process. */
export function abandon(socket: Socket): void {
  socket.destroy();
  socket.on("error", () => {});
}

function connected(socket: Socket, name: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error & { code?: string }) => {
      socket.off("connect", settle).off("error", settle).off("close", onClose);
      if (error === undefined) resolve(socket);
      else reject(unreachable(name, error));
    };
    const onClose = () => settle(new WaygateError("unavailable", `${name} was given up before it answered.`));
    socket.on("connect", settle).on("error", settle).on("close", onClose);
  });
}

function unreachable(name: string, error: Error & { code?: string }): WaygateError {
  if (error instanceof WaygateError) return error;
  const why = error.code ?? messageOf(error);
  return new WaygateError("unavailable", `${name} cannot be reached${why === "" ? "" : ` (${why})`}.`, {}, error);
}

// The client's end of /api/v1/ws, as a program has it.

import type { Told } from "./event-readers.ts";
import { adminKey } from "./gateway.ts";
import { until } from "./until.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
type Frame = { type: string; ref?: string | number | null } & Record<string, any>;
export type Socket = {
  readonly events: Told[];
  readonly frames: Frame[];
  say(frame: unknown): void;
  /** Says it and waits for its answer. */
  ask(frame: Record<string, unknown>): Promise<Frame>;
  readonly ended: Promise<{ code: number; reason: string }>;
  /** Without a goodbye. */
  cut(): void;
};

let serial = 0;

export async function openSocket(
  url: string,
  headers: Record<string, string> = { "x-api-key": adminKey },
): Promise<Socket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/v1/ws`, { headers } as unknown as string[]);
  const events: Told[] = [];
  const frames: Frame[] = [];
  const ended = Promise.withResolvers<{ code: number; reason: string }>();
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data)) as Frame;
    if (frame.type === "event") events.push(frame.event);
    else frames.push(frame);
  };
  socket.onclose = ({ code, reason }) => {
    opened.reject(new Error(`closed with ${code} ${reason}`));
    ended.resolve({ code, reason });
  };
  await opened.promise;
  const say = (frame: unknown) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  return {
    events,
    frames,
    say,
    async ask(frame) {
      const ref = `ask-${++serial}`;
      say({ ...frame, ref });
      return until(`an answer to ${JSON.stringify(frame)}`, () => frames.find((one) => one.ref === ref), 10_000);
    },
    ended: ended.promise,
    cut: () => socket.terminate(),
  };
}

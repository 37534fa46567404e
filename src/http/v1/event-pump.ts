// From a subscription to a socket, as fast as the other side takes it.
import { second } from "../../core/clock.ts";
import type { Subscription } from "../../services/event-subscription.ts";
import type { SocketWire } from "../sockets.ts";

export type EventPump = {
  /** Everything up to here was sent, or was not wanted. */
  position(): number;
  drained(): void;
  /** Settles when nothing of it is sent any more. */
  close(): Promise<void>;
};

/** Beyond this it waits until the other side has taken some. */
const mostBuffered = 1024 ** 2;
const patienceMs = 30 * second;

type Ends = { tooSlow(): void; failed(error: unknown): void };

export function createEventPump(subscription: Subscription, wire: SocketWire, ends: Ends): EventPump {
  let isOver = false;
  let goOn: (() => void) | null = null;

  async function room(): Promise<void> {
    if (wire.buffered() <= mostBuffered) return;
    const timer = setTimeout(ends.tooSlow, patienceMs);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    goOn = null;
    clearTimeout(timer);
  }

  async function run(): Promise<void> {
    for (;;) {
      const taken = await subscription.next();
      if (taken === null) return;
      if (taken.hasGap) wire.send('{"type":"missed"}');
      for (const { text } of taken.events) {
        await room();
        if (isOver) return;
        wire.send(`{"type":"event","event":${text}}`);
      }
    }
  }

  const done = run().catch(ends.failed);
  return {
    position: subscription.position,
    drained() {
      if (wire.buffered() <= mostBuffered) goOn?.();
    },
    close() {
      isOver = true;
      subscription.close();
      goOn?.();
      return done;
    },
  };
}

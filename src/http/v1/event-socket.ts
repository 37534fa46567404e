// One socket: who is at its other end, what they want to hear of, and what they say. Frames are dealt with one after the
// other, so that what is sent goes out in the order in which it was said.
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import { readEventPatterns } from "../../core/event-filter.ts";
import type { Subscription } from "../../services/event-subscription.ts";
import { refuseBeyond } from "../auth.ts";
import { type Call, principalOf } from "../call.ts";
import { faultOf } from "../faults.ts";
import { problemOf } from "../problem.ts";
import type { SocketTalk, SocketWire } from "../sockets.ts";
import { createChatAccess } from "./chat-access.ts";
import { showChat } from "./chat-shapes.ts";
import { createEventChoices } from "./event-choice.ts";
import { type Frame, type Ref, readFrame } from "./event-frames.ts";
import { createEventPump, type EventPump } from "./event-pump.ts";
import { showMessage } from "./message-shapes.ts";
import { readNewMessage } from "./new-message.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";

/** Why a socket is ended, beside those codes that everybody knows. */
export const endings = {
  broken: 1011,
  tooSlow: 4008,
  refused: 4401,
  forbidden: 4403,
  silent: 4408,
  tooMany: 4429,
  stopping: 1001,
};

const authWithinMs = 10 * second;
const heartbeatMs = 20 * second;
const mostWaiting = 100;
const tooSlow = "You read too slowly. Come back, and subscribe after the last event you got.";

export function createEventSockets(resource: Resource): (call: Call) => SocketTalk {
  const { services, gatekeeper, limits, streams, log } = resource;
  const { messages, sessions, chats, eventFeed, ids } = services;
  const { reachOf } = createSessionAccess(services);
  const { ownChat } = createChatAccess(services);
  const { choose, readPosition } = createEventChoices(services);

  return function open(call) {
    let wire: SocketWire | null = null;
    let stream: { close(): void } | null = null;
    let pump: EventPump | null = null;
    let isEnded = false;
    let waiting = 0;
    let lane: Promise<void> = Promise.resolve();
    const silence = setTimeout(
      () => end(endings.silent, "Say who you are first: a frame auth with a key."),
      authWithinMs,
    );
    const heartbeat = setInterval(beat, heartbeatMs);

    const say = (frame: object) => wire?.send(JSON.stringify(frame));

    function end(code: number, reason: string): void {
      isEnded = true;
      wire?.end(code, reason.slice(0, 120));
      close();
    }

    function close(): void {
      clearTimeout(silence);
      clearInterval(heartbeat);
      stream?.close();
      pump?.close();
      wire = null;
    }

    function beat(): void {
      const after = pump === null ? null : ids.show("event", pump.position());
      say({ type: "heartbeat", after });
    }

    function breakDown(error: unknown): void {
      log.error({ request: call.id, error }, "events could not be read for a socket");
      end(
        endings.broken,
        "Something went wrong inside Waygate. Come back, and subscribe after the last event you got.",
      );
    }

    /** From here on it is asked again and again whether they still may. */
    function welcome(): void {
      clearTimeout(silence);
      const code = { refused: endings.refused, stopping: endings.stopping };
      stream = streams.open(call, "read", (why) => end(code[why.kind], why.sentence));
      say({ type: "hello", account: principalOf(call).account.username });
    }

    function greet(): void {
      try {
        welcome();
      } catch (error) {
        tellFault(null, error);
      }
    }

    async function authenticate(key: string): Promise<void> {
      if (call.known !== null) throw new WaygateError("conflict", "It is known already who you are.");
      try {
        await gatekeeper(call, "read", key);
        welcome();
      } catch (error) {
        call.known = null;
        throw error;
      }
    }

    async function subscribe({ events, sessions, chats, after = "latest" }: Extract<Frame, { type: "subscribe" }>) {
      const position = readPosition(after, { in: "body", path: "/after" });
      const choice = await choose(call, { events: readEventPatterns(events ?? []), sessions, chats });
      await pump?.close();
      if (wire === null) return null;
      const whenSlow = () => end(endings.tooSlow, tooSlow);
      const subscription: Subscription = eventFeed.subscribe({ choice, after: position, whenSlow });
      pump = createEventPump(subscription, wire, { tooSlow: whenSlow, failed: breakDown });
      return { after: ids.show("event", position) };
    }

    async function obey(frame: Frame): Promise<unknown> {
      switch (frame.type) {
        case "auth":
          return authenticate(frame.key);
        case "subscribe":
          return subscribe(frame);
        case "unsubscribe":
          await pump?.close();
          pump = null;
          return null;
        case "send": {
          refuseBeyond(principalOf(call), "send");
          const session = await sessions.get(reachOf(call), frame.message.session_id);
          const key = frame.idempotency_key;
          const options = { waitMs: 0, ...(key === undefined ? {} : { key }) };
          const { message } = await messages.send(session, readNewMessage(frame.message, ids), options);
          return showMessage(message, ids);
        }
        case "read": {
          refuseBeyond(principalOf(call), "send");
          const { chat, session } = await ownChat(call, frame.chat_id);
          return showChat(await chats.markRead(session, chat), ids);
        }
        case "ping":
          return null;
      }
    }

    function admit({ type }: Frame): void {
      if (type === "auth") return;
      const known = principalOf(call);
      // As many as there may be requests.
      if (type !== "ping") limits.countAccount({ headers: [] }, known);
    }

    async function deal(text: string): Promise<void> {
      // What was said before somebody was sent away is not done for them any more.
      if (isEnded) return;
      const { ref, read } = readFrame(text);
      try {
        const frame = read();
        admit(frame);
        const data = await obey(frame);
        say({ type: frame.type === "ping" ? "pong" : "ok", ref, data: data ?? null });
      } catch (error) {
        tellFault(ref, error);
      }
    }

    function tellFault(ref: Ref, error: unknown): void {
      const fault = faultOf(error);
      if (fault.inside !== null) log.error({ request: call.id, error: fault.inside }, "a frame failed");
      say({ type: "error", ref, error: problemOf(fault, call.id) });
      // Whoever may not listen has no business here.
      if (stream === null) end(fault.code === "forbidden" ? endings.forbidden : endings.refused, fault.sentence);
    }

    return {
      opened(one) {
        wire = one;
        if (call.known !== null) greet();
      },
      heard(text) {
        if (waiting >= mostWaiting) return end(endings.tooMany, "That is more at once than can be dealt with.");
        waiting += 1;
        lane = lane
          .then(() => deal(text))
          .finally(() => {
            waiting -= 1;
          });
      },
      drained: () => pump?.drained(),
      closed: close,
    };
  };
}

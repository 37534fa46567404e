// What is said on the socket: frames of JSON, each with its `type`; a `ref` of the client's own comes back with the answer.
import { type Static, type TObject, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { WaygateError } from "../../core/errors.ts";
import { misfit } from "../faults.ts";
import { EventPatterns, Position } from "./event-choice.ts";
import { NewMessage } from "./new-message.ts";
import { strict } from "./shapes.ts";

export type Ref = string | number | null;

const ref = { ref: Type.Optional(Type.Union([Type.String({ maxLength: 100 }), Type.Integer()])) };
const some = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 100 });
const frame = <T extends string, P extends TObject["properties"]>(type: T, more: P) =>
  Type.Object({ type: Type.Literal(type), ...ref, ...more }, strict);

const frames = {
  /** First of all, where the connection itself brought no credential: an API key, or a login's token. */
  auth: frame("auth", { key: Type.String({ minLength: 1, maxLength: 4_000 }) }),
  /** In place of what was subscribed to before. */
  subscribe: frame("subscribe", {
    events: Type.Optional(EventPatterns),
    sessions: Type.Optional(some),
    chats: Type.Optional(some),
    after: Type.Optional(Position("From which place on; from now on without it.")),
  }),
  unsubscribe: frame("unsubscribe", {}),
  send: frame("send", {
    message: NewMessage,
    idempotency_key: Type.Optional(
      Type.String({ pattern: "^[\\x21-\\x7e]{1,255}$", description: "1 to 255 printable characters without spaces." }),
    ),
  }),
  read: frame("read", { chat_id: Type.String({ maxLength: 60 }) }),
  ping: frame("ping", {}),
};
type Frames = { [T in keyof typeof frames]: Static<(typeof frames)[T]> };
export type Frame = Frames[keyof Frames];

const checks = new Map<string, TypeCheck<TObject>>(
  Object.entries(frames).map(([type, schema]) => [type, TypeCompiler.Compile<TObject>(schema)]),
);

/** The client's own name for it, also where the rest does not fit. */
export function readFrame(text: string): { ref: Ref; read(): Frame } {
  const given = readJson(text);
  const ref = isObject(given) && (typeof given.ref === "string" || typeof given.ref === "number") ? given.ref : null;
  return { ref, read: () => checked(given) };
}

function checked(given: unknown): Frame {
  if (!isObject(given)) throw new WaygateError("malformed", "A frame is an object of JSON with a `type`.");
  const check = typeof given.type === "string" ? checks.get(given.type) : undefined;
  if (check === undefined) {
    throw new WaygateError("invalid", `There is no such frame; there are ${[...checks.keys()].join(", ")}.`);
  }
  if (!check.Check(given)) throw misfit(check.Errors(given), "body");
  return given as Frame;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

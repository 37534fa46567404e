// What went wrong with an answer, in words for whoever has given the address: node:http speaks to those who know its insides.
import { messageOf } from "../core/errors.ts";

export const closedUnanswered = "it closed the connection without an answer";
export const brokeOff = "it broke off in the middle of its answer";

const sentences: Record<string, string> = {
  "socket hang up": closedUnanswered,
  aborted: brokeOff,
  HPE_HEADER_OVERFLOW: "its answer's headers are too long",
  ECONNRESET: "it reset the connection",
  EPIPE: "it closed the connection before it had the whole request",
};

export function mishapOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  const sentence = messageOf(error);
  const known = sentences[sentence] ?? (typeof code === "string" ? sentences[code] : undefined);
  if (known !== undefined) return known;
  return typeof code === "string" && code.startsWith("HPE_") ? "its answer is no HTTP" : sentence;
}

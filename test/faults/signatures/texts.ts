// Events of every type there is, with words and numbers in them that have broken signatures elsewhere.
import type { EventInFull, EventType } from "../../../src/core/events.ts";
import { exampleEvent } from "../../../src/http/v1/event-examples.ts";
import type { Random } from "../support/random.ts";

const words = [
  "",
  "שלום עולם",
  "👩‍👩‍👧‍👦 👍🏽",
  "\ud83d",
  "\udc4d alone",
  "a\ud800\ud800\udc00b",
  "nothing \u0000 in it",
  "\u2028\u2029\u0085\u007f\ufeff",
  "\r\n\t\b\f",
  '"quoted" \\ /back/slashed\\u0041',
  "</script><!-- & ' -->",
  "ﷺ".repeat(40),
  "e\u0301 \u00e9 \u1e9b\u0323",
  "1e400",
  "__proto__",
  '{"signature":"0"}',
  '","signature":"0"}',
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
];

function word(random: Random): string {
  if (random.chance(0.7)) return random.pick(words) + (random.chance(0.3) ? random.word(5) : "");
  const units = Array.from({ length: random.below(random.chance(0.1) ? 20_000 : 40) }, () => random.below(0x10000));
  return units.map((unit) => String.fromCharCode(unit)).join("");
}

/** Of what others say: not the names by which this code knows things. */
const said = new Set(["text", "name", "emoji", "callId", "pushName", "verifiedName", "label", "question", "options"]);
const numbers = new Set(["saidAt", "sentAt", "deliveredAt", "readAt", "editedAt", "deletedAt"]);
/** The last moment that a date can have. */
const lastMs = 8.64e15;

function spoilt(value: unknown, key: string, random: Random): unknown {
  if (typeof value === "string") return said.has(key) ? word(random) : value;
  if (typeof value === "number") return numbers.has(key) && random.chance(0.5) ? random.below(lastMs) : value;
  if (Array.isArray(value)) return value.map((one) => spoilt(one, key, random));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spoilt(one, name, random)]));
}

/** As it could have happened, with that number. */
export function spoiltEvent(type: EventType, id: number, random: Random): EventInFull {
  const full = spoilt(exampleEvent(type), "", random) as EventInFull;
  return { ...full, event: { ...full.event, id, at: random.chance(0.2) ? random.below(lastMs) : full.event.at } };
}

/** As owners choose them: made here, of any length in base64, or any words. */
export function anySecret(random: Random): string {
  const inBase64 = () => `whsec_${Buffer.from(random.bytes(random.between(8, 64))).toString("base64")}`;
  const plain = () => random.pick(["string", "a secret of your own", "ключ", "🔑", "whsec", "WHSEC_AAAA", "x", " "]);
  return random.chance(0.5) ? inBase64() : plain() + random.word(random.below(20));
}

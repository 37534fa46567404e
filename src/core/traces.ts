// What a person is known by, wherever it stands: their number, their LID. Here it is found in what others said, and taken
// out of it.
import { bareContext, type Content, type Context, type Face } from "./content.ts";

export type Traces = {
  /** Digits alone, in both. */
  phones: readonly string[];
  lids: readonly string[];
};

const nobody = "…";

export function isThem({ phone, lid }: Face, { phones, lids }: Traces): boolean {
  return (phone !== null && phones.includes(phone)) || (lid !== null && lids.includes(lid));
}

/** The same without them: whoever mentioned them mentions nobody, and what they said is quoted no more. */
export function contextWithout(context: Context | null, traces: Traces): Context | null {
  if (context === null) return null;
  const { mentions, replyTo } = context;
  const isQuoted = replyTo?.sender != null && isThem(replyTo.sender, traces);
  return valueWithout(
    {
      ...bareContext,
      ...context,
      mentions: mentions.filter((face) => !isThem(face, traces)),
      replyTo: isQuoted ? { ...replyTo, sender: null, text: null } : replyTo,
    },
    traces,
  );
}

export function contentWithout(content: Content, traces: Traces): Content {
  if (content.kind !== "contacts") return valueWithout(content, traces);
  // A card is all about whom it names.
  const contacts = content.contacts.filter((card) => !speaksOf(JSON.stringify(card), traces));
  return { ...content, contacts };
}

/** Any plain value, with their numbers taken out of its texts; other, longer numbers stay as they are. */
export function valueWithout<T>(value: T, traces: Traces): T {
  const pattern = patternOf(traces);
  return pattern === null ? value : (replaced(value, pattern) as T);
}

function speaksOf(text: string, traces: Traces): boolean {
  return patternOf(traces)?.test(text) === true;
}

function patternOf({ phones, lids }: Traces): RegExp | null {
  const all = [...phones, ...lids].filter((digits) => /^\d+$/.test(digits));
  return all.length === 0 ? null : new RegExp(`(?<!\\d)(?:${all.join("|")})(?!\\d)`, "g");
}

function replaced(value: unknown, pattern: RegExp): unknown {
  if (typeof value === "string") return value.replace(pattern, nobody);
  if (Array.isArray(value)) return value.map((one) => replaced(one, pattern));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, pattern)]));
}

// Ids as people see them: a prefix that says what it is, and Sqids of the row's key in this installation's own alphabet.
import { createSqids } from "./sqids.ts";

export const idPrefixes = {
  account: "acc",
  action: "act",
  audit: "aud",
  call: "call",
  campaign: "camp",
  invite: "inv",
  key: "key",
  login: "login",
  chat: "chat",
  consumer: "feed",
  contact: "con",
  message: "msg",
  plan: "plan",
  schedule: "sch",
  scheduleRun: "srun",
  recipient: "rcp",
  session: "sess",
  suppression: "sup",
  event: "evt",
  upload: "med",
  webhook: "whk",
  delivery: "dlv",
} as const;

export type IdKind = keyof typeof idPrefixes;

export type Ids = {
  show(kind: IdKind, rowId: number): string;
  /** The row behind a shown id, or null for anything that is not one of ours. */
  read(kind: IdKind, shown: string): number | null;
};

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const minLength = 8;
const maxKnownCodes = 10_000;
const maxShownLength = 40;

/** A shuffled alphabet, made once per installation, so that one installation's ids say nothing about another's. */
export function makeIdAlphabet(randomBelow: (limit: number) => number): string {
  const shuffled = [...letters];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = randomBelow(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] ?? "", shuffled[i] ?? ""];
  }
  return shuffled.join("");
}

export function createIds(alphabet: string): Ids {
  const sqids = createSqids(alphabet, minLength);
  // The same rows are shown again and again: a list of fifty looks fifty of them up.
  const codes = new Map<number, string>();

  function codeOf(rowId: number): string {
    const known = codes.get(rowId);
    if (known !== undefined) return known;
    if (codes.size >= maxKnownCodes) codes.clear();
    const code = sqids.encode(rowId);
    codes.set(rowId, code);
    return code;
  }

  return {
    show: (kind, rowId) => `${idPrefixes[kind]}_${codeOf(rowId)}`,
    read(kind, shown) {
      const prefix = `${idPrefixes[kind]}_`;
      if (!shown.startsWith(prefix) || shown.length > maxShownLength) return null;
      return sqids.decode(shown.slice(prefix.length));
    },
  };
}

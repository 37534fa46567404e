// Numbers and bytes as protocol buffers have them, as ours: plain, or null where nothing sensible was said.

type Long = { toNumber(): number };
export type AnyNumber = number | Long | null | undefined;

/** What is greater was milliseconds already: the year 5138 in seconds. */
const latestSeconds = 1e11;

export function numberOf(value: AnyNumber): number | null {
  if (value === null || value === undefined) return null;
  const number = typeof value === "number" ? value : value.toNumber();
  return Number.isSafeInteger(number) ? number : null;
}

/** For what 0 says nothing of. */
export function positive(value: AnyNumber): number | null {
  const number = numberOf(value);
  return number !== null && number > 0 ? number : null;
}

/** WhatsApp's seconds, or what some of its clients give in milliseconds all the same. */
export function msOf(value: AnyNumber): number | null {
  const number = positive(value);
  if (number === null) return null;
  return number > latestSeconds ? number : number * 1_000;
}

/** A copy of its own: what is read is a view of everything around it. */
export function bytesOf(bytes: Uint8Array | null | undefined): Uint8Array | null {
  return bytes?.length ? new Uint8Array(bytes) : null;
}

export function base64Of(bytes: Uint8Array | null | undefined): string | null {
  return bytes?.length ? Buffer.from(bytes).toString("base64") : null;
}

// What may stand in a log: secrets are masked wherever they turn up, numbers are shortened.

const masked = "[masked]";
const secretNames =
  /pass(word|wd)|secret|token|cookie|authorization|api_?key|master_?key|^key$|^qr$|credential|^hash$/i;
const secretValues = [
  /wg_(live|inv)_[A-Za-z0-9]+/g,
  /eyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g,
  /whsec_[A-Za-z0-9+/=]+/g,
  /\$argon2\w*\$[^\s"']+/g,
];
const phoneNumber = /\+?\d{8,15}(?=@|\b)/g;
const maxDepth = 6;

/** The same data, safe to write down. `showNumbers` is for debugging. */
export function redact(value: unknown, showNumbers: boolean, depth = 0): unknown {
  if (typeof value === "string") return redactText(value, showNumbers);
  if (value instanceof Error) return errorFields(value, showNumbers, depth);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= maxDepth) return "…";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map((item) => redact(item, showNumbers, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecret(name, item) ? masked : redact(item, showNumbers, depth + 1),
    ]),
  );
}

export function redactText(text: string, showNumbers: boolean): string {
  let safe = text;
  for (const pattern of secretValues) safe = safe.replace(pattern, masked);
  return showNumbers ? safe : safe.replace(phoneNumber, shorten);
}

function isSecret(name: string, value: unknown): boolean {
  return typeof value === "string" && secretNames.test(name);
}

function shorten(number: string): string {
  return `${number.slice(0, 4)}…${number.slice(-2)}`;
}

function errorFields(error: Error, showNumbers: boolean, depth: number) {
  const cause =
    error.cause === undefined || depth >= maxDepth ? {} : { cause: redact(error.cause, showNumbers, depth + 1) };
  return {
    type: error.name,
    message: redactText(error.message, showNumbers),
    stack: redactText(error.stack ?? "", showNumbers),
    ...cause,
  };
}

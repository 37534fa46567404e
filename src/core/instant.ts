// Instants as people write them: ISO-8601, and with an offset, or nobody knows which moment is meant.

const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** The end of the year 9999: no later time can be written as others expect it. */
const lastTime = 253_402_300_799_999;

export type ReadInstant = { at: number } | { fault: "form" | "offset" };

export function parseInstant(text: string): ReadInstant {
  const trimmed = text.trim();
  const found = form.exec(trimmed);
  if (found === null) return { fault: "form" };
  if (found[3] === undefined) return { fault: "offset" };
  const at = Date.parse(
    trimmed
      .replace(",", ".")
      .replace(/([+-]\d{2})(\d{2})$/, "$1:$2")
      .toUpperCase(),
  );
  return Number.isNaN(at) || at > lastTime || !isDate(trimmed.slice(0, 10)) ? { fault: "form" } : { at };
}

/** Others take the 31st of February for a day of March. */
function isDate(date: string): boolean {
  const at = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
}

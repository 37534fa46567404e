// Which events somebody wants: named one by one, by set (`message.*`), or all of them (`*`).
import { WaygateError } from "./errors.ts";
import { type EventType, eventTypes } from "./events.ts";

const all = Object.keys(eventTypes) as EventType[];
const setOf = (type: EventType) => `${type.split(".", 1)[0]}.*`;
/** Everything that may be asked for. */
export const eventPatterns: readonly string[] = ["*", ...new Set(all.map(setOf)), ...all];

/** As they were named; what there is not is refused, with what there is. */
export function readEventPatterns(given: readonly string[], path = "/events"): string[] {
  const patterns = [...new Set(given.map((text) => text.trim()))].filter((text) => text !== "");
  const unknown = patterns.find((pattern) => !eventPatterns.includes(pattern));
  if (unknown === undefined) return patterns;
  const message = `There is no event ${JSON.stringify(unknown)}. There are: ${eventPatterns.join(", ")}.`;
  throw new WaygateError("invalid", `${path}: ${message}`, {
    fields: [{ in: path.startsWith("/") ? "body" : "query", path, message }],
  });
}

/** None is all. */
export function wantedTypes(patterns: readonly string[]): (type: EventType) => boolean {
  if (patterns.length === 0 || patterns.includes("*")) return () => true;
  const wanted = new Set(all.filter((type) => patterns.includes(type) || patterns.includes(setOf(type))));
  return (type) => wanted.has(type);
}

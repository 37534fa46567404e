// Where a redirect leads, and what goes there: as the fetch standard has it, and nothing secret to anybody else. Pure.

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One step on the way to an answer. */
export type Step = {
  method: Method;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | null;
};

export type Head = { statusCode?: number | undefined; headers: { location?: string | undefined } };

const redirecting: readonly number[] = [301, 302, 303, 307, 308];
/** What is nobody's secret. */
const harmless: ReadonlySet<string> = new Set(["accept", "accept-language", "content-type", "user-agent"]);

/** The next step, or null where the answer is no redirect. Whether that address may be followed is not asked here. */
export function stepAfter(step: Step, { statusCode: status = 0, headers: { location } }: Head): Step | null {
  if (!redirecting.includes(status) || location === undefined) return null;
  const url = URL.canParse(location, step.url) ? new URL(location, step.url).href : location;
  const isSame = URL.canParse(url) && new URL(url).origin === new URL(step.url).origin;
  const isAskedAgain = status === 303 ? step.method !== "HEAD" : status < 303 && step.method === "POST";
  const isKept = (name: string) =>
    (isSame || harmless.has(name.toLowerCase())) && !(isAskedAgain && name.toLowerCase() === "content-type");
  return {
    method: isAskedAgain ? "GET" : step.method,
    url,
    headers: Object.fromEntries(Object.entries(step.headers).filter(([name]) => isKept(name))),
    body: isAskedAgain ? null : step.body,
  };
}

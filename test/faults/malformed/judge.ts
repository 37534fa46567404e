// Sending probes and judging what comes back.
import { documented } from "../support/document.ts";
import { faultFault, insideShown, problemFault, successFault } from "../support/problem.ts";
import type { Faults } from "../support/suite.ts";
import { ask, bytesOf, type HeaderLine, type WireAnswer, type WireRequest } from "../support/wire.ts";
import { type Probe, type Sample, utf8 } from "./probe.ts";
import type { Caller, World } from "./world.ts";

export type Context = { sample: Sample; caller: Caller; world: World; faults: Faults };

/** What was sent, exactly, and was refused. */
export type Refused = { what: string; request: WireRequest };

const atOnce = 16;

/** Gives back those that were refused. */
export async function sendAll(probes: readonly Probe[], context: Context): Promise<Refused[]> {
  const refused: Refused[] = [];
  await inLanes(probes, async (probe) => {
    const request = wireOf(probe, context);
    const status = await sendOne(probe, request, context);
    if (status >= 400) refused.push({ what: probe.what, request });
  });
  return refused;
}

/** Sends the very same again. Gives back those that are still refused. */
export async function sendAgain(refused: readonly Refused[], { world }: Context): Promise<Refused[]> {
  const still: Refused[] = [];
  await inLanes(refused, async (one) => {
    const answer = await ask(world.rig.origin(), one.request).catch(() => null);
    if (answer === null || answer.status >= 400) still.push(one);
  });
  return still;
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Its status, or 0 when there was none. */
async function sendOne(probe: Probe, request: WireRequest, context: Context): Promise<number> {
  const { sample, faults, world } = context;
  const who = `${sample.op.id}, ${probe.what}`;
  try {
    const answer = await ask(world.rig.origin(), request);
    const wrong = judge(probe, request, answer, context);
    if (wrong !== null) faults.add(`${who}: ${wrong.replace(/req_\w+/g, "req_…").slice(0, 200)}`, probe.what);
    return answer?.status ?? 0;
  } catch (error) {
    faults.add(`${who}: ${error instanceof Error ? error.message : String(error)}`);
    return 0;
  }
}

export function send(probe: Probe, context: Omit<Context, "faults">): Promise<WireAnswer | null> {
  return ask(context.world.rig.origin(), wireOf(probe, context));
}

function wireOf(probe: Probe, { sample, caller, world }: Omit<Context, "faults">): WireRequest {
  const { random } = world;
  const file = sample.op.file === null ? undefined : utf8(sample.op.file.example);
  const valid = sample.body === null ? file : utf8(JSON.stringify(sample.body()));
  const body = probe.body ?? valid;
  const contentType = probe.contentType === undefined ? "application/json" : probe.contentType;
  const given = probe.headers ?? [];
  const isGiven = (name: string) => given.some(([one]) => one.toLowerCase() === name);
  const own: HeaderLine[] = [...(probe.credential ?? caller.credential)];
  if (body !== undefined && contentType !== null && !isGiven("content-type")) own.push(["Content-Type", contentType]);
  if (!isGiven("x-forwarded-for")) {
    own.push(["X-Forwarded-For", `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`]);
  }
  return {
    method: probe.method ?? sample.op.method,
    target: probe.target ?? sample.path,
    headers: [...own, ...given],
    body,
    isChunked: probe.isChunked,
  };
}

/** Null when all is well. */
function judge(probe: Probe, request: WireRequest, answer: WireAnswer | null, context: Context): string | null {
  const { sample, world } = context;
  const { op } = sample;
  if (answer === null) return probe.mayBeBare === true ? null : "the connection was closed without an answer";
  const { status, headers, text } = answer;
  const isBare = !headers.has("x-request-id");
  if (isBare)
    return probe.mayBeBare === true && text === "" ? null : `${status} without a request id: "${text.slice(0, 80)}"`;
  if (status >= 500) return `${status}: ${text.slice(0, 300)}`;
  const said = Buffer.from(bytesOf(world.rig.origin(), request)).toString("utf8");
  const inside = status < 400 ? null : insideShown(text, `${said} ${decodeSafely(said)}`);
  if (inside !== null) return `${status} shows our insides: ${inside}`;
  if (headers.has("x-injected")) return "a header of the caller's making came back";
  const expected = probe.expect?.map((one) => documented(op, one)) ?? null;
  if (expected?.includes(status) === false)
    return `${status} instead of ${expected.join(" or ")}: ${text.slice(0, 200)}`;
  if (status === 405 && !headers.has("allow")) return "405 without Allow";
  const isListed = op.statuses.includes(status) || probe.isElsewhere === true;
  if (!isListed) return `${status}, which the document does not list: ${text.slice(0, 200)}`;
  // Odd addresses may lead to another surface than the operation's own.
  const isOutside = probe.isElsewhere === true && problemFault(answer, world.document) === null;
  if (status >= 400) return isOutside ? null : faultFault(answer, op, world.document);
  if (status === 304) return text === "" ? null : "304 with a body";
  return probe.isElsewhere === true ? null : successFault(answer, op, world.document);
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

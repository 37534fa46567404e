// Stories about campaigns: people to write to, and what each of them has got.
import type { Flow } from "./session-flow.ts";
import { mine, shownIn } from "./session-flow.ts";
import { until } from "./until.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
export type Json = any;

/** People whom the number has never had to do with. */
export function strangersOn({ control }: Flow, count: number, from = 0): string[] {
  const numbers = many(count, from);
  for (const number of numbers) control.phones.add({ number });
  return numbers;
}

export function many(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, place) => `1555${String(3_000_000 + from + place)}`);
}

export async function createCampaign(flow: Flow, body: object): Promise<Json> {
  return shownIn(await flow.call("/campaigns", { body: { session_id: "shop", message: { text: "Hello!" }, ...body } }));
}

export async function act(flow: Flow, id: string, name: string): Promise<Json> {
  return shownIn(await flow.call(`/campaigns/${id}/${name}`, { method: "POST" }));
}

export async function shownOf(flow: Flow, id: string): Promise<Json> {
  return shownIn(await flow.call(`/campaigns/${id}`));
}

export async function reaches(flow: Flow, id: string, status: string, withinMs = 15_000): Promise<Json> {
  let last: Json = null;
  const look = async () => {
    last = await shownOf(flow, id);
    return last.status === status ? last : null;
  };
  return until(`${id} to be ${status}`, look, withinMs).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
  });
}

/** All its recipients, in their order. */
export async function ofCampaign(flow: Flow, id: string, query = ""): Promise<Json[]> {
  const all: Json[] = [];
  for (let cursor: string | null = null; ; ) {
    const place: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page = shownIn(await flow.call(`/campaigns/${id}/recipients?limit=200${query}${place}`)) as Json;
    all.push(...page.data);
    cursor = page.next_cursor;
    if (cursor === null) return all;
  }
}

/** What each has got from this number, in its order. */
export async function inboxes(
  { control }: Flow,
  people: readonly string[],
  from: string = mine,
): Promise<(string | null)[][]> {
  const all: (string | null)[][] = [];
  for (const person of people) {
    const { data } = await control.phones.inbox(person, { limit: 1_000 });
    all.push(data.filter((one) => one.from === from && !one.from_me).map(({ text }) => text));
  }
  return all;
}

/** How often a file was brought to the media host. */
export function countUploads({ network }: Flow): () => number {
  const { media } = network.world;
  const { take } = media;
  let count = 0;
  media.take = (body) => {
    count += 1;
    return take(body);
  };
  return () => count;
}

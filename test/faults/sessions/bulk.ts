// A bulk of messages as the suites make one: people who get nothing else, brought as a table, and what came of it.
import { until } from "../../support/until.ts";
import { asAdmin, must } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import type { World } from "./world.ts";

export type CampaignShown = {
  id: string;
  status: string;
  reason: { code: string } | null;
  total: number;
  queued: number;
  processed: number;
  succeeded: number;
  failed: number;
  skipped: number;
};
export type Bulk = { id: string; people: string[]; textFor(person: string): string };

const prefix = "bulk-";
let serial = 0;

export function addPeople({ control }: World, count: number): string[] {
  const people = Array.from({ length: count }, () => `1666${String(++serial).padStart(7, "0")}`);
  for (const number of people) control.phones.add({ number });
  return people;
}

/** A draft with all of them in it. */
export async function makeBulk(world: World, people: string[], more: Record<string, unknown>): Promise<Bulk> {
  const url = `${world.rig.origin()}/api/v1/campaigns`;
  const text = `${prefix}{{name}}`;
  const message = { text, ...(more.message as object | undefined) };
  const { id } = await must<{ id: string }>(url, { body: { ...more, message }, headers: asAdmin });
  const response = await fetch(`${url}/${id}/recipients`, {
    method: "POST",
    headers: { ...asAdmin, "content-type": "text/csv" },
    body: `phone,name\n${people.map((person) => `${person},${person}\n`).join("")}`,
  });
  if (response.status !== 200) throw new Error(`an upload was answered ${response.status}: ${await response.text()}`);
  return { id, people, textFor: (person) => `${prefix}${person}` };
}

export function actOn(world: World, { id }: Bulk, name: string): Promise<CampaignShown> {
  return must(`${world.rig.origin()}/api/v1/campaigns/${id}/${name}`, { method: "POST", headers: asAdmin });
}

export function shownOf(world: World, { id }: Bulk): Promise<CampaignShown> {
  return must(`${world.rig.origin()}/api/v1/campaigns/${id}`, { headers: asAdmin });
}

export async function untilCompleted(world: World, bulk: Bulk, withinMs: number): Promise<CampaignShown> {
  let last: CampaignShown | null = null;
  const look = async () => {
    last = await shownOf(world, bulk);
    return last.status === "completed" ? last : null;
  };
  return until("the campaign to be completed", look, withinMs).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
  });
}

/** Each phone has its own text, once. */
export async function checkBulk(world: World, bulk: Bulk, faults: Faults) {
  let [lost, doubled, again] = [0, 0, 0];
  for (const person of bulk.people) {
    const { data } = await world.control.phones.inbox(person, { limit: 1_000 });
    const got = data.filter(({ from_me }) => !from_me);
    if (!faults.check(got.length > 0, "lost: a recipient has got nothing")) lost += 1;
    if (!faults.check(got.length <= 1, `doubled: a recipient has got ${got.length} messages`)) doubled += 1;
    again += got.filter(({ copies }) => copies > 1).length;
    const isRight = got.every(({ text }) => text === bulk.textFor(person));
    faults.check(isRight, `a recipient has got somebody else's text: ${got.map(({ text }) => text).join()}`);
  }
  return { lost, doubled, again };
}

export function checkCounts(shown: CampaignShown, faults: Faults): void {
  const { total, queued, processed, succeeded, failed, skipped } = shown;
  const isRight = succeeded === total && processed === total && queued + failed + skipped === 0;
  faults.check(isRight, `the campaign counts wrongly: ${JSON.stringify(shown)}`);
}

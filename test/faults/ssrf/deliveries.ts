// Webhooks that lead inside though they are there: made when the operator allowed more, or by a name that leads elsewhere
// by now. Real deliveries, tries and redirects; nobody inside may ever be called.
import { readAddressRules } from "../../../src/net/address-rules.ts";
import { type CallerOptions, createCaller } from "../../../src/net/caller.ts";
import { nowhere } from "../../support/addresses.ts";
import { createFolder } from "../../support/folder.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, type Rig, say, startRig } from "../../support/webhook-rig.ts";
import type { Faults } from "../support/suite.ts";
import type { Canaries } from "./canaries.ts";
import { answers, type Form } from "./forms.ts";

type World = { canaries: Canaries; faults: Faults };
/** By the host of a webhook's address. */
type Names = ReadonlyMap<string, () => readonly string[]>;
type Story = { rig: Rig; clock: ReturnType<typeof clockOfRig> };

const refusal = /(only called if the operator allows it|never called from here|leads nowhere|https|address|Port 0)/;
const patienceMs = 30_000;
const redirects = [301, 302, 303, 307, 308];

/** Answers with how many attempts there were. */
export async function tryDeliveries(forms: readonly Form[], world: World): Promise<number> {
  const led = await tryForms(forms, world);
  const redirected = await tryRedirects(forms, world);
  const flipped = await tryFlips(world);
  return led + redirected + flipped;
}

async function within(allowed: readonly string[], names: Names, tell: (story: Story) => Promise<number>) {
  using folder = createFolder();
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  const resolve = async (name: string) => names.get(name)?.() ?? [];
  const options: Omit<CallerOptions, "url"> = {
    rules: readAddressRules(allowed, nowhere),
    plainHttp: "listed",
    resolve,
  };
  await using rig = await startRig(store, clock, { openCaller: (url) => createCaller({ ...options, url }) });
  return await tell({ rig, clock });
}

/** What was said of every attempt at this one, oldest first. */
async function faultsOf({ store }: Rig, webhookId: number): Promise<(string | null)[]> {
  const all = await store.deliveryLog.list({ webhookId }, null, 1_000);
  const told = await store.deliveryLog.attemptsOf(all.map(({ id }) => id));
  return told.toSorted((one, other) => one.deliveryId - other.deliveryId).map(({ fault }) => fault);
}

async function tryForms(forms: readonly Form[], { canaries, faults }: World): Promise<number> {
  const names = new Map(answers.map(([, addresses], place) => [`evil-${place}.test`, () => addresses]));
  const lying = answers.flatMap(([sort], place) =>
    ["http", "https"].map((scheme) => ({
      sort: `a name that leads to ${sort}`,
      url: `${scheme}://evil-${place}.test:${canaries.port}/`,
    })),
  );
  // As a page of settings may be pasted into the address of a webhook by one who may do more.
  process.env.HTTP_PROXY = process.env.HTTPS_PROXY = `http://127.0.0.1:${canaries.port}`;
  try {
    return await within(["192.168.77.0/24", "nas.lan"], names, async ({ rig, clock }) => {
      const all = [...forms, ...lying];
      const ids: number[] = [];
      for (const { url } of all) ids.push(await addWebhook(rig.store, { url, retry: [10] }));
      await say(rig.store, clock, [{ group: 1, text: "hello" }]);
      const tryOne = async ({ sort, url }: { sort: string; url: string }, place: number) => {
        const webhook = await rig.find(ids[place] ?? 0);
        const [told] = await until(
          `an attempt at ${url}`,
          async () => {
            const some = await faultsOf(rig, webhook.id);
            return some.length > 0 ? some : null;
          },
          patienceMs,
        );
        const { fault, status } = await rig.jobs.tryOut(webhook);
        for (const said of [told, fault])
          faults.check(refusal.test(said ?? ""), `a webhook to ${sort}, ${JSON.stringify(url)}: ${said}`);
        faults.check(status === null, `a webhook that is tried to ${sort}, ${JSON.stringify(url)}: ${status}`);
      };
      await Promise.all(all.map(tryOne));
      return 2 * all.length;
    });
  } finally {
    delete process.env.HTTP_PROXY;
    delete process.env.HTTPS_PROXY;
  }
}

/** From a receiver that is allowed, to everywhere; one after the other. */
async function tryRedirects(forms: readonly Form[], { canaries, faults }: World): Promise<number> {
  const asHeader = (url: string) => /^[\x20-\x7e]+$/.test(url);
  const targets = [...forms.map(({ url }) => url).filter(asHeader), `//127.0.0.1:${canaries.port}/`, "/again"];
  let place = 0;
  await using good = await startHttpHost((response) => {
    const status = redirects[place % redirects.length] ?? 302;
    response.writeHead(status, { Location: targets[place++ % targets.length] ?? "" }).end();
  });
  const names = new Map([["good.test", () => ["127.0.0.1"]]]);
  return await within(["good.test"], names, async ({ rig, clock }) => {
    const id = await addWebhook(rig.store, { url: `http://good.test:${good.port}/`, retry: [] });
    await say(
      rig.store,
      clock,
      targets.map((_, number) => ({ group: number, text: `word ${number}` })),
    );
    await until("all to be told", async () => (await faultsOf(rig, id)).length === targets.length, 30_000);
    for (const fault of await faultsOf(rig, id))
      faults.check(/and redirects are not followed/.test(fault ?? ""), `a webhook that redirects: ${fault}`);
    faults.check(good.received.length === targets.length, `a webhook that redirects: ${good.received.length} calls`);
    return targets.length;
  });
}

/** A name that leads to where it may and inside by turns: what was looked at is what is called. */
async function tryFlips({ canaries, faults }: World): Promise<number> {
  const options = { address: "127.0.0.2", port: canaries.port };
  // Closed each time, so that its name is looked at again.
  const answer = (response: { shouldKeepAlive: boolean; end(): unknown }) => {
    response.shouldKeepAlive = false;
    response.end();
  };
  const started = await startHttpHost(answer, options).catch(() => null);
  // Elsewhere than on Linux there is but one loopback address.
  if (started === null) return 0;
  await using good = started;
  let looks = 0;
  const names = new Map([["flips.test", () => (++looks % 2 === 1 ? ["127.0.0.2"] : ["127.0.0.1"])]]);
  return await within(["127.0.0.2"], names, async ({ rig, clock }) => {
    const id = await addWebhook(rig.store, { url: `http://flips.test:${canaries.port}/`, retry: [] });
    const count = 20;
    for (let n = 0; n < count; n++) {
      await say(rig.store, clock, [{ group: n, text: `word ${n}` }]);
      await until("it to be told", async () => (await faultsOf(rig, id)).length === n + 1);
    }
    const all = await faultsOf(rig, id);
    const taken = all.filter((fault) => fault === null).length;
    faults.check(
      taken === good.received.length,
      `a webhook whose name flips: ${taken} of ${good.received.length} taken`,
    );
    faults.check(taken >= count / 4, `a webhook whose name flips: ${taken} were told where it may be`);
    for (const fault of all)
      faults.check(fault === null || refusal.test(fault), `a webhook whose name flips: it says ${fault}`);
    return count;
  });
}

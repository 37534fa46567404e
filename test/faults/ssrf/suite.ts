// T6: addresses in every form that has ever got anybody inside, names that lie, redirects, sessions' proxies, webhooks and
// every route that takes an address. Canaries sit
// where they lead, and none may be reached; where all is allowed they are, which shows that the forms lead there.
import { readAddressRules } from "../../../src/net/address-rules.ts";
import { createHttpClient, type HttpClient, type HttpClientOptions } from "../../../src/net/client.ts";
import { nowhere } from "../../support/addresses.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { createRandom, type Random } from "../support/random.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Canaries, startCanaries } from "./canaries.ts";
import { tryDeliveries } from "./deliveries.ts";
import { allForms, answers, type Form } from "./forms.ts";
import { checkProxies, tryProxies } from "./proxies.ts";
import { tryRoutes } from "./routes.ts";
import { dress, spellIpv4, spellIpv6 } from "./spellings.ts";

export const ssrfSuite: Suite = {
  name: "t6",
  about: "addresses that lead inside, past every guard there was; the size is spellings by chance",
  long: 20_000,
  short: 500,
  run,
};

const fewestForms = 120;
/** From that size on every form is tried at every route; below it, others each time. */
const wholeFrom = 5_000;
const dealtWhenShort = 30;
const everything = ["0.0.0.0/0", "::/0", "localhost", "*.localhost"];

type World = { canaries: Canaries; random: Random; faults: Faults; sums: { tried: number; led: number } };

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  await using canaries = await startCanaries();
  const world: World = { canaries, random: createRandom(seed), faults: createFaults(), sums: { tried: 0, led: 0 } };
  const { faults, sums } = world;
  const forms = allForms(canaries);
  faults.check(forms.length >= fewestForms, `there are only ${forms.length} forms`);
  await tryForms(forms, world);
  await tryNames(world);
  await tryRedirects(forms, world);
  await tryRebinding(world);
  await trySpellings(size, world);
  sums.tried += await tryProxies(canaries, faults);
  sums.tried += await tryDeliveries(forms, world);
  const isShort = size < wholeFrom;
  const some = (all: readonly Form[]) => (isShort ? world.random.shuffled(all).slice(0, dealtWhenShort) : all);
  sums.tried += await tryRoutes(forms, { canaries, faults, some });
  const hits = canaries.hits();
  faults.check(hits === 0, `${hits} canary hits where nothing was allowed`);
  await checkForms(forms, world);
  await checkProxies(canaries, faults);
  return {
    figure: `${forms.length} forms and ${told(size)} spellings, tried ${told(sums.tried)} times: ${hits} canary hits (${told(sums.led)} where all is allowed)`,
    faults: faults.list(),
  };
}

function clientWith(allowed: readonly string[], options: Partial<HttpClientOptions> = {}): HttpClient {
  const rules = readAddressRules(allowed, nowhere);
  return createHttpClient({ rules, plainHttp: "anywhere", maxRedirects: 3, connectTimeoutMs: 2_000, ...options });
}

/** Refused, not tried in vain: a canary that happens not to be there proves nothing. */
async function mustRefuse(client: HttpClient, url: string, what: string, { canaries, faults, sums }: World) {
  const before = canaries.hits();
  const outcome = await client.ask({ method: "GET", url, maxBytes: 1_000, timeoutMs: 5_000 });
  sums.tried += 1;
  const reason = "reason" in outcome ? outcome.reason : outcome.status;
  faults.check(outcome.outcome === "refused", `${what}, ${JSON.stringify(url)}: ${outcome.outcome} (${reason})`);
  faults.check(canaries.hits() === before, `${what}, ${JSON.stringify(url)}: it was called`);
}

async function tryForms(forms: readonly Form[], world: World): Promise<void> {
  const { port } = world.canaries;
  await using strict = clientWith([]);
  // What is allowed besides opens nothing else.
  await using homely = clientWith(["192.168.77.0/24", "*.lan", "localhost.lan"]);
  await using hooks = clientWith(["nas.lan"], { plainHttp: "listed", maxRedirects: 0, keepAlive: true });
  for (const { sort, url } of forms)
    for (const client of [strict, homely, hooks]) await mustRefuse(client, url, sort, world);
  // Our own port, where all else is allowed.
  const own = { ports: new Set([port]), addresses: () => [] };
  const rules = readAddressRules(everything, own);
  await using open = clientWith([], { rules });
  for (const { sort, url, leads } of forms) if (leads) await mustRefuse(open, url, `our own port, ${sort}`, world);
}

async function tryNames(world: World): Promise<void> {
  const { port } = world.canaries;
  for (const [sort, addresses] of answers) {
    await using client = clientWith(["192.168.77.0/24", "nas.lan"], { resolve: async () => addresses });
    for (const scheme of ["http", "https"])
      await mustRefuse(client, `${scheme}://evil.test:${port}/`, `a name that leads to ${sort}`, world);
  }
}

/** From a host that may be called, because its name is listed. */
async function tryRedirects(forms: readonly Form[], world: World): Promise<void> {
  let location = "";
  await using good = await startHttpHost((response) => response.writeHead(302, { Location: location }).end());
  const resolve = async () => ["127.0.0.1"];
  await using client = clientWith(["good.test"], { resolve });
  const { port } = world.canaries;
  const start = `http://good.test:${good.port}/`;
  // What can be sent in a header, and does not lead back to where it came from.
  const asHeader = (url: string) =>
    /^[\x20-\x7e]*$/.test(url) && URL.canParse(url, start) && new URL(url, start).host !== new URL(start).host;
  const targets = forms.filter(({ url }) => asHeader(url)).map(({ url }) => url);
  for (location of [...targets, `//127.0.0.1:${port}/`, `http://evil.test:${port}/`, `\\\\127.0.0.1:${port}\\`])
    await mustRefuse(client, start, `a redirect to ${location}`, world);
}

/** A name that leads to one address when it is looked at and to another when it is called. */
async function tryRebinding(world: World): Promise<void> {
  const { canaries, faults, sums } = world;
  const first = await startHttpHost((response) => response.end("good"), {
    address: "127.0.0.2",
    port: canaries.port,
  }).catch(() => null);
  // Elsewhere than on Linux there is but one loopback address.
  if (first === null) return;
  await using good = first;
  for (const keepAlive of [false, true]) {
    let looks = 0;
    const resolve = async () => (++looks % 2 === 1 ? ["127.0.0.2"] : ["127.0.0.1"]);
    await using client = clientWith(["127.0.0.2"], { resolve, keepAlive });
    for (let i = 0; i < 10; i++) {
      const before = good.received.length;
      const url = `http://flips.test:${canaries.port}/`;
      const { outcome } = await client.ask({ method: "GET", url, maxBytes: 100, timeoutMs: 5_000 });
      sums.tried += 1;
      const isRight = outcome === (good.received.length > before ? "response" : "refused");
      faults.check(isRight, `a name that flips: ${outcome}`);
    }
  }
  faults.check(good.received.length >= 10, "a name that flips was not called where it may be");
}

async function trySpellings(count: number, world: World): Promise<void> {
  const { random, canaries, faults } = world;
  await using client = clientWith(["192.168.77.0/24"]);
  for (let i = 0; i < count; i++) {
    const inside = random.pick([
      () => [127, random.below(256), random.below(256), random.below(256)],
      () => [127, 0, 0, 1],
      () => [10, random.below(256), random.below(256), random.below(256)],
      () => [192, 168, random.below(77), random.below(256)],
      () => [172, random.between(16, 31), random.below(256), random.below(256)],
      () => [169, 254, 169, 254],
      () => [0, 0, 0, 0],
    ])();
    const isDressed = random.chance(0.3);
    const host = isDressed ? spellIpv6(dress(inside, random), random) : spellIpv4(inside, random);
    const url = `${random.pick(["http", "https", "HTTP"])}://${host}:${canaries.port}/`;
    const read = URL.canParse(url) ? new URL(url).hostname : "nothing";
    faults.check(
      isDressed || read === inside.join("."),
      `a spelling, ${JSON.stringify(url)}: the standard reads ${read}`,
    );
    await mustRefuse(client, url, "a spelling", world);
  }
}

/** The other side of it: with all allowed, what leads to a canary gets there, and what is listed may be called. */
async function checkForms(forms: readonly Form[], { canaries, faults, sums }: World): Promise<void> {
  await using open = clientWith(everything);
  for (const { sort, url, leads } of forms) {
    if (!leads) continue;
    const before = canaries.hits();
    await open.ask({ method: "GET", url, maxBytes: 1_000, timeoutMs: 5_000 });
    faults.check(canaries.hits() > before, `${sort}, ${JSON.stringify(url)}: it leads to no canary, and shows nothing`);
    sums.led += 1;
  }
  const resolve = async () => ["127.0.0.1"];
  for (const [allowed, host] of [
    [["127.0.0.1"], "127.0.0.1"],
    [["127.0.0.0/8"], "any.test"],
    [["nas.lan"], "NAS.lan."],
    [["*.lan"], "nas.lan"],
    [["localhost"], "localhost"],
  ] as const) {
    await using client = clientWith(allowed, { resolve, plainHttp: "listed" });
    const url = `http://${host}:${canaries.port}/`;
    const outcome = await client.ask({ method: "POST", url, body: "x", maxBytes: 100, timeoutMs: 5_000 });
    faults.check(outcome.outcome === "response", `${host} is refused though ${allowed} is allowed`);
    sums.led += 1;
  }
}

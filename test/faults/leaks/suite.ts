// T22: secrets planted in every way a gateway is given them, rightly and wrongly; then every byte it wrote, said or
// answered is searched for them. What it finds on purpose shows that it can find.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFolder } from "../../support/folder.ts";
import { createRandom } from "../support/random.ts";
import { adminKey, adminPassword, asAdmin, must, request } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { command, liveWithSecrets, markers, setUpByLink } from "./acts.ts";
import { filesOf, type Spoken, startSpoken } from "./gateway.ts";
import { haveMishaps } from "./mishaps.ts";
import { createSafe, type Safe } from "./safe.ts";
import { coatsOf, type Place, search, surroundings } from "./search.ts";

export const leaksSuite: Suite = {
  name: "t22",
  about: "planted secrets, then a search of all that is written or said; the size is rounds",
  long: 5,
  short: 1,
  run,
};

const fewestSecrets = 40;

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const sums = { secrets: 0, places: 0, bytes: 0, finds: 0 };
  for (let round = 0; round < size; round++) {
    using folder = createFolder();
    const safe = createSafe(createRandom(seed + round));
    const places = [...(await openedByLink(folder.path, safe)), ...(await unattended(folder.path, safe, faults))];
    places.push(...safe.places());
    checkSearch(places, faults);
    for (const find of search(places, safe.planted)) {
      if (isOnPurpose(find.planted.name, find.place.name)) continue;
      sums.finds += 1;
      faults.add(`${find.planted.name} is ${find.coat} in ${find.place.name}, after ${surroundings(find)}`);
    }
    faults.check(safe.planted.length >= fewestSecrets, `only ${safe.planted.length} secrets were planted`);
    sums.secrets += safe.planted.length;
    sums.places += places.length;
    sums.bytes += places.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
  return {
    figure: `${told(sums.secrets)} secrets planted, each in up to 13 coats; ${told(sums.places)} places of ${told(Math.ceil(sums.bytes / 1024))} KB searched, ${told(sums.finds)} found in clear`,
    faults: faults.list(),
  };
}

/** The link of the first start is printed for whoever starts it; that is its only way in. */
const isOnPurpose = (secret: string, place: string) =>
  secret === "the set-up token" && place === "link: standard output";

/** A first start by its link, with the master key from the environment. */
async function openedByLink(folder: string, safe: Safe): Promise<Place[]> {
  const masterKey = crypto.getRandomValues(new Uint8Array(32));
  safe.learn("the master key from the environment", masterKey);
  const env = { WAYGATE_MASTER_KEY: Buffer.from(masterKey).toString("base64") };
  await using gateway = await startSpoken({ folder, name: "link", env });
  await setUpByLink(gateway, safe);
  const running = filesOf("link, running", gateway.dataDir);
  await gateway.stop();
  return [...running, ...filesOf("link, stopped", gateway.dataDir), ...wordsOf("link", gateway)];
}

/** A first start from the environment, with a master key of its own; people live with it, and err. */
async function unattended(folder: string, safe: Safe, faults: Faults): Promise<Place[]> {
  const env = {
    WAYGATE_ADMIN_USERNAME: markers.admin,
    WAYGATE_ADMIN_API_KEY: adminKey,
    WAYGATE_ADMIN_PASSWORD: adminPassword,
    WAYGATE_REGISTRATION: "invite",
  };
  safe.learn("the operator's own key", adminKey);
  safe.learn("the operator's own password", adminPassword);
  await using gateway = await startSpoken({ folder, name: "env", env });
  safe.learn("the master key of its own making", readMasterKey(gateway.dataDir));
  await liveWithSecrets(gateway, safe);
  await command(gateway, safe);
  await haveMishaps(gateway, safe);
  const conflict = await request(`${gateway.url}/api/v1/plans`, { body: conflicting, headers: asAdmin });
  safe.heard("error bodies", conflict.text);
  const places = await readBack(gateway);
  const beside = join(folder, "copies", "beside.db");
  await gateway.command(["backup", beside]);
  const running = filesOf("env, running", gateway.dataDir);
  await gateway.stop();
  await gateway.command(["backup", join(folder, "copies", "alone.db")]);
  faults.check(existsSync(beside), "waygate backup beside the running gateway made no copy");
  const copies = filesOf("backup", join(folder, "copies"));
  return [...places, ...running, ...filesOf("env, stopped", gateway.dataDir), ...copies, ...wordsOf("env", gateway)];
}

const conflicting = {
  name: markers.plan,
  requests_per_minute: 1,
  webhook_events_per_minute: 1,
  sessions: 1,
  messages_per_day: 1,
};

function readMasterKey(dataDir: string): Uint8Array {
  const key = Buffer.from(readFileSync(join(dataDir, "master.key"), "utf8").trim(), "hex");
  if (key.length !== 32) throw new Error("data/master.key does not hold a key");
  return key;
}

/** What an admin is shown of the past, to the last line. */
async function readBack(gateway: Spoken): Promise<Place[]> {
  const api = `${gateway.url}/api/v1`;
  const places: Place[] = [];
  for (const [name, start] of [
    ["the log's pages", `${api}/logs?level=debug&limit=200`],
    ["the audit's pages", `${api}/audit?limit=200`],
    ["the keys' pages", `${api}/keys?limit=200`],
    ["the sessions' pages", `${api}/sessions?limit=200`],
    ["the accounts' pages", `${api}/accounts?limit=200`],
    ["the invitations' pages", `${api}/invites?limit=200`],
  ] as const) {
    let text = "";
    for (let next: string | null = ""; next !== null; ) {
      const page: { next_cursor: string | null } = await must(`${start}${next}`, { headers: asAdmin });
      text += JSON.stringify(page);
      next = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`;
    }
    places.push({ name, bytes: Buffer.from(text) });
  }
  const metrics = await request(`${gateway.url}/metrics`, { headers: asAdmin });
  return [...places, { name: "the metrics", bytes: Buffer.from(metrics.text) }];
}

function wordsOf(name: string, gateway: Spoken): Place[] {
  return [
    { name: `${name}: standard output`, bytes: Buffer.from(gateway.out()) },
    { name: `${name}: the log`, bytes: Buffer.from(gateway.log()) },
    { name: `${name}: what commands said`, bytes: Buffer.from(gateway.said()) },
  ];
}

/** What is no secret must be found where it is: else the search, or the place, is empty. */
const findable: [place: RegExp, text: string][] = [
  [/^env, running: waygate\.db(-wal)?$/, markers.user],
  [/^env, stopped: waygate\.db$/, markers.user],
  [/^env, running: running\.json$/, "http://127.0.0.1"],
  [/^backup: beside\.db$/, markers.user],
  [/^backup: alone\.db$/, markers.user],
  [/^env: the log$/, markers.admin],
  [/^env: the log$/, "/api/v1/keys"],
  [/^env: standard output$/, "Waygate"],
  [/^env: what commands said$/, markers.admin],
  [/^link: standard output$/, "#token="],
  [/^the log's pages$/, markers.admin],
  [/^the audit's pages$/, markers.user],
  [/^the audit's pages$/, markers.session],
  [/^the sessions' pages$/, markers.session],
  [/^env: what commands said$/, markers.session],
  [/^the metrics$/, "/api/v1/keys"],
  [/^error bodies$/, markers.plan],
];

function checkSearch(places: readonly Place[], faults: Faults): void {
  for (const [pattern, text] of findable) {
    const here = places.filter(({ name }) => pattern.test(name));
    const found = search(here, [{ name: text, secret: Buffer.from(text) }]);
    faults.check(found.length > 0, `the search does not find "${text}" in ${pattern.source}: it shows nothing`);
  }
  const sample = Buffer.from("findable, whatever coat it wears");
  for (const [coat, bytes] of coatsOf(sample)) {
    const hidden = { name: coat, bytes: Buffer.concat([Buffer.from("before "), bytes, Buffer.from(" after")]) };
    const found = search([hidden], [{ name: "sample", secret: sample }]);
    faults.check(
      found.some((find) => find.coat === coat),
      `the search does not find what is there ${coat}`,
    );
  }
  for (const before of ["", "x", "xy"]) {
    const bytes = Buffer.from(Buffer.from(`${before}${sample} and more`).toString("base64"));
    const found = search([{ name: "base64", bytes }], [{ name: "sample", secret: sample }]);
    faults.check(found.length > 0, `the search does not find base64 after ${before.length} bytes`);
  }
}

// What the network remembers over a restart: its keys and groups in one file, and a file for each person with sessions
// and messages. Each is always whole: written anew beside the old one and put in its place. Under load they are written
// less often: never for more than a twentieth of the time, a few people at a time, those that wait longest first.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KeyPair } from "../crypto/keys.ts";
import type { Authority } from "../crypto/x509.ts";
import type { GroupFacts } from "../people/groups.ts";
import { freeze, thaw } from "./frozen.ts";
import { type KeptPerson, keptPerson, type OldPeople, oldPeople, recallPerson } from "./kept-people.ts";
import type { World } from "./world.ts";

export type Identity = { root: KeyPair; serverKey: KeyPair; authority: Authority };
type General = { identity: Identity; groups: GroupFacts[]; isClosed: boolean };
/** `isBehind`: the network was not closed, and did more than is written here. */
export type Kept = Omit<General, "isClosed"> & { people: KeptPerson[]; isBehind: boolean };

const restMs = 150;
const turnMs = 10;
/** So much longer than writing takes the network is left in peace. */
const restPerTurn = 19;
/** Everything that is nobody's own. */
const general = "";

export function readMemory(file: string): Kept | null {
  if (!existsSync(file)) return null;
  const { identity, groups, isClosed = true, ...old } = readFrozen<General & Partial<OldPeople>>(file);
  const folder = folderOf(file);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const people = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFrozen<KeptPerson>(join(folder, name)));
  return { identity, groups, isBehind: !isClosed, people: [...oldPeople(old), ...people] };
}

export function recall(world: World, { people, groups, isBehind }: Kept): void {
  for (const group of groups) world.groups.add(group);
  for (const kept of people) recallPerson(world, kept, isBehind);
}

export function createMemory(file: string | null, identity: Identity, world: () => World) {
  const changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  function write(name: string, isClosed = false): void {
    changed.delete(name);
    if (file === null) return;
    if (name === general) {
      const groups = world().groups.all();
      const facts: General = { identity, groups: groups.map((group) => group.facts), isClosed };
      return writeFrozen(file, facts);
    }
    const path = join(folderOf(file), `${name}.json`);
    const person = world().registry.find(name);
    if (person === null) rmSync(path, { force: true });
    else writeFrozen(path, keptPerson(world(), person));
  }

  function takeTurn(): void {
    timer = null;
    const began = performance.now();
    for (const name of changed) {
      write(name);
      if (performance.now() - began > turnMs) break;
    }
    if (changed.size > 0) rest(Math.max(restMs, (performance.now() - began) * restPerTurn));
  }

  function rest(ms: number): void {
    timer ??= setTimeout(takeTurn, ms);
  }

  return {
    /** From now on it counts as not closed, until it is. */
    open(): void {
      if (file === null) return;
      mkdirSync(folderOf(file), { recursive: true, mode: 0o700 });
      for (const { phone } of world().registry.all()) changed.add(phone);
      write(general);
      if (changed.size > 0) rest(restMs);
    },
    /** Of one person, or of the network itself. */
    changed(phone: string | null): void {
      if (file === null) return;
      changed.add(phone ?? general);
      rest(restMs);
    },
    close(): void {
      if (timer !== null) clearTimeout(timer);
      for (const name of changed) if (name !== general) write(name);
      write(general, true);
    },
  };
}

const folderOf = (file: string) => join(dirname(file), "people");

function readFrozen<T>(file: string): T {
  return thaw(JSON.parse(readFileSync(file, "utf8"))) as T;
}

function writeFrozen(file: string, value: object): void {
  writeFileSync(`${file}.new`, JSON.stringify(freeze(value)), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

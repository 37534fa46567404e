// What a first start leaves when it is killed in the middle of making something: the next start must get over it.
import { Database } from "bun:sqlite";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaVersion } from "../../../src/store/migrations.ts";
import { startBinary } from "../../support/binary.ts";
import { asAdmin, request } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import { databaseIn, gatewayEnv, migrateTo, type Template } from "./folder.ts";

type Leftover = { name: string; leave(dataDir: string, template: Template): void };

const file =
  (name: string, content = "") =>
  (dataDir: string) =>
    writeFileSync(join(dataDir, name), content);

const leftovers: readonly Leftover[] = [
  { name: "an empty database", leave: file("waygate.db") },
  { name: "an empty running.json", leave: file("running.json") },
  { name: "half a running.json", leave: file("running.json", '{"pid":12,"doing":"ser') },
  { name: "a file where the control socket goes", leave: file("control.sock") },
  { name: "an empty master key, with nothing sealed yet", leave: file("master.key") },
  { name: "half a master key, with nothing sealed yet", leave: file("master.key", "5a5a5a5a5a5a") },
  {
    name: "a master key and no database",
    leave: (dataDir, { masterKeyFile }) => copyFileSync(masterKeyFile, join(dataDir, "master.key")),
  },
  { name: "tables, and no installation in them", leave: makeTables },
  {
    name: "tables with no installation in them, and a master key",
    leave(dataDir, { masterKeyFile }) {
      makeTables(dataDir);
      copyFileSync(masterKeyFile, join(dataDir, "master.key"));
    },
  },
];

function makeTables(dataDir: string): void {
  const client = new Database(databaseIn(dataDir), { create: true });
  client.run("PRAGMA journal_mode = WAL");
  migrateTo(client, schemaVersion);
  client.close();
}

/** Gives back how many there were. */
export async function checkLeftovers(folder: string, template: Template, faults: Faults): Promise<number> {
  for (const [place, { name, leave }] of leftovers.entries()) {
    const dataDir = join(folder, `leftover-${place}`);
    mkdirSync(dataDir, { mode: 0o700 });
    leave(dataDir, template);
    try {
      await using gateway = await startBinary({ dataDir, cwd: folder, env: gatewayEnv });
      const { status } = await request(`${gateway.url}/api/v1/me`, { headers: asAdmin });
      faults.check(status === 200, `${name}: it starts, but the admin is answered ${status}`);
    } catch (error) {
      faults.add(`${name}: it does not start any more: ${error instanceof Error ? error.message.trim() : error}`);
    }
  }
  return leftovers.length;
}

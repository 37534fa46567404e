// What is made once per installation: the alphabet of its ids, its sealed secrets, and a proof of the master key.
import { eq, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import { firstPlans } from "../core/plan.ts";
import type { Sealer } from "../core/sealing.ts";
import { installation, plans } from "./account-tables.ts";
import type { Handle } from "./database.ts";

export type InstallationFacts = { idAlphabet: string; jwtSecret: Uint8Array };

type Row = { name: string; value: Uint8Array };
const proof = "this data was sealed with this key";
const alphabetRow = "ids.alphabet";
const cellOf = (name: string) => ({ table: "installation", column: "value", row: name });

export function installationWrites(db: Handle) {
  return {
    async "installation.create"({ rows, createdAt }: { rows: Row[]; createdAt: number }): Promise<void> {
      const [existing] = await db.select({ name: installation.name }).from(installation).limit(1);
      if (existing !== undefined) return;
      for (const { name, value } of rows) await db.insert(installation).values({ name, value: Buffer.from(value) });
      for (const plan of firstPlans) await db.insert(plans).values({ ...plan, createdAt });
    },
    async "installation.reseal"({ rows }: { rows: Row[] }): Promise<void> {
      for (const { name, value } of rows) {
        await db
          .update(installation)
          .set({ value: Buffer.from(value) })
          .where(eq(installation.name, name));
      }
    },
    /** SQLite looks at what has grown, so that it chooses its indexes well. */
    async "installation.optimize"(_nothing: null): Promise<void> {
      await db.run(sql`PRAGMA optimize`);
    },
    /** Takes the write lock and lets go of it: whether the writer answers is what a readiness probe asks. */
    async "installation.ping"(_nothing: null): Promise<void> {},
  };
}

export function installationQueries(db: Handle) {
  return {
    rows: async (): Promise<Row[]> => db.select().from(installation),
  };
}

export function sealFacts(facts: InstallationFacts, sealer: Sealer): Row[] {
  const seal = (name: string, plain: Uint8Array) => ({ name, value: sealer.seal(plain, cellOf(name)) });
  return [
    { name: alphabetRow, value: Buffer.from(facts.idAlphabet) },
    seal("jwt.secret", facts.jwtSecret),
    seal("master.proof", Buffer.from(proof)),
  ];
}

/** What a former master key sealed, sealed with the one in use: after a start with both, the former can go. */
export function resealed(rows: Row[], facts: InstallationFacts, sealer: Sealer): Row[] {
  const names = rows
    .filter(({ name, value }) => name !== alphabetRow && !sealer.isCurrent(value))
    .map((row) => row.name);
  return sealFacts(facts, sealer).filter((row) => names.includes(row.name));
}

export function openFacts(rows: Row[], sealer: Sealer): InstallationFacts {
  const value = (name: string) => {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined) throw new WaygateError("internal", `The database lacks ${name}; restore a backup.`);
    return row.value;
  };
  const open = (name: string) => sealer.open(value(name), cellOf(name));
  try {
    open("master.proof");
  } catch (cause) {
    const sentence =
      "The master key is not the one this data was sealed with. Nothing was changed; start again with the right one (WAYGATE_MASTER_KEY, or master.key in the data directory).";
    throw new WaygateError("unavailable", sentence, {}, cause);
  }
  return { idAlphabet: Buffer.from(value(alphabetRow)).toString(), jwtSecret: open("jwt.secret") };
}

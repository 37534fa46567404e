// Data folders as older programs left them: at any schema, with rows in them, sealed by a real first start.
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrations } from "../../../src/store/migrations.ts";
import { startBinary } from "../../support/binary.ts";
import { adminKey } from "../support/rig.ts";
import { rowsOfSchema } from "./fixtures.ts";

/** "WAYG", by which a file says that it is ours. */
export const applicationId = 0x57415947;

export const gatewayEnv = { WAYGATE_ADMIN_API_KEY: adminKey, WAYGATE_LOG_FORMAT: "json" };
export const databaseIn = (dataDir: string) => join(dataDir, "waygate.db");

/** What only a real start can make: the facts of an installation, and the key that seals them. */
export type Template = {
  masterKeyFile: string;
  installation: { name: string; value: Uint8Array }[];
  /** How long that start took. */
  startMs: number;
};

export async function makeTemplate(folder: string): Promise<Template> {
  const dataDir = join(folder, "template");
  const startedAt = performance.now();
  await using gateway = await startBinary({ dataDir, cwd: folder, env: gatewayEnv });
  const startMs = performance.now() - startedAt;
  await gateway.stop();
  const client = new Database(databaseIn(dataDir), { readonly: true });
  try {
    const installation = client.query<{ name: string; value: Uint8Array }, []>("SELECT * FROM installation").all();
    return { masterKeyFile: join(dataDir, "master.key"), installation, startMs };
  } finally {
    client.close();
  }
}

/** A folder at this schema; at 0 there is nothing in it yet. */
export function makeDataDir(path: string, version: number, template: Template): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (version === 0) return;
  copyFileSync(template.masterKeyFile, join(path, "master.key"));
  const client = new Database(databaseIn(path), { create: true });
  client.run("PRAGMA journal_mode = WAL");
  migrateTo(client, version);
  const seal = client.prepare("INSERT INTO installation (name, value) VALUES (?, ?)");
  for (const { name, value } of template.installation) seal.run(name, value);
  seal.finalize();
  for (let schema = 1; schema <= version; schema++) {
    const fill = rowsOfSchema[schema];
    if (fill === undefined) throw new Error(`schema ${schema} has no rows in fixtures.ts: add some`);
    inOne(client, () => fill(client));
  }
  client.run("PRAGMA wal_checkpoint(TRUNCATE)");
  client.close();
}

export function migrateTo(client: Database, version: number): void {
  for (const migration of migrations.filter((one) => one.version <= version)) {
    inOne(client, () => {
      client.run(migration.sql);
      client.run(`PRAGMA application_id = ${applicationId}`);
      client.run(`PRAGMA user_version = ${migration.version}`);
    });
  }
}

/** Not `client.transaction`: its statements would outlive `close`, and hold the file. */
function inOne(client: Database, work: () => void): void {
  client.run("BEGIN IMMEDIATE");
  work();
  client.run("COMMIT");
}

/** Works on a copy of the files as they lie there, so that looking leaves them as they are. */
export function lookAt<T>(file: string, look: (client: Database) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "waygate-look-"));
  try {
    for (const ending of ["", "-wal"]) {
      if (existsSync(file + ending)) copyFileSync(file + ending, join(folder, `copy.db${ending}`));
    }
    const client = new Database(join(folder, "copy.db"), { create: true });
    try {
      return look(client);
    } finally {
      client.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function versionOf(client: Database): number {
  return client.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

/** Every table, index and trigger as its SQL. */
export function schemaOf(client: Database): string {
  const rows = client.query<{ sql: string }, []>(
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name",
  );
  return rows
    .all()
    .map(({ sql }) => sql)
    .filter((sql) => !sql.includes("sqlite_sequence") && !sql.includes("sqlite_stat"))
    .join("\n");
}

const schemas = new Map<number, string>();

export function schemaAt(version: number): string {
  const known = schemas.get(version);
  if (known !== undefined) return known;
  const client = new Database(":memory:");
  migrateTo(client, version);
  const schema = schemaOf(client);
  schemas.set(version, schema);
  return schema;
}

/** Per table its columns, in order; what a later schema adds is not among them. */
export type Shape = ReadonlyMap<string, readonly string[]>;

export function shapeOf(client: Database): Shape {
  const tables = client
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  const columns = client.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)");
  const kept = (table: string) => columns.all(table).flatMap(({ name }) => (isWorkedOn(table, name) ? [] : [name]));
  return new Map(tables.map(({ name }) => [name, kept(name)]));
}

/** A gateway that starts takes in at once what has been received. */
const isWorkedOn = (table: string, column: string) => `${table}.${column}` === "inbox.taken_at";

/** A digest of every row of each table in the shape, and how many there are. */
export function rowsOf(client: Database, shape: Shape): Map<string, string> {
  return new Map([...shape].map(([table, columns]) => [table, digestOf(client, table, columns)]));
}

function digestOf(client: Database, table: string, columns: readonly string[]): string {
  const whole = columns.map((column) => `quote(${column})`).join(" || ',' || ");
  const rows = client.query<{ row: string }, []>(`SELECT ${whole} AS row FROM ${table} ORDER BY 1`).all();
  const hash = createHash("sha256");
  for (const { row } of rows) hash.update(row);
  return `${rows.length} rows ${hash.digest("hex").slice(0, 12)}`;
}

/** As an unclean stop would leave it: the next start looks closer. */
export function leaveOpen(dataDir: string): void {
  writeFileSync(join(dataDir, "running.json"), JSON.stringify({ pid: 1, doing: "serve", host: "x", since: "x" }));
}

/** A log that is empty is as good as none. */
export function digestOfFile(file: string): string {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  return bytes.length === 0 ? "nothing" : createHash("sha256").update(bytes).digest("hex");
}

// All that the database holds, table by table, as one digest each: what was refused must not have changed any of it.
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";

/** What a session that runs tells of itself meanwhile. */
const sessionsOwn = ["status", "reason", "changed_at", "lease"];
/** What is counted and noted by the way, whether a request is refused or not. */
/** How far a webhook has come, and how it fares. */
const webhooksOwn = ["cursor", "failing_since"];
const passingColumns = new Set(["uses", "last_used_at", "last_seen_at", ...sessionsOwn, ...webhooksOwn]);
/** What is delivered is attempted when its time comes, whatever is asked meanwhile. */
const delivered = ["deliveries", "delivery_attempts", "delivery_bodies"];
/** Written down about a second after whatever was counted. */
const counted = ["key_uses", "usage_days", "limit_windows"];
const passingTables = new Set([...counted, "journal", "credentials", "pre_keys", "signal_keys", ...delivered]);
/** That somebody failed is itself worth an entry. */
const passingRows: Record<string, string> = {
  audit: "action NOT LIKE '%.failed' AND action <> 'limit.reached'",
  // Removed: it is cleared away in its own time.
  webhooks: "state <> 3",
};

export type State = ReadonlyMap<string, string>;

/** The last one that was looked at: it is opened once, and where nothing was committed it is as it was. */
let last: { database: string; client: Database; version: number; state: State } | null = null;

export function stateOf(database: string): State {
  if (last?.database !== database) {
    last?.client.close();
    last = { database, client: new Database(database, { readonly: true }), version: -1, state: new Map() };
  }
  const { client } = last;
  const version = client.query<{ data_version: number }, []>("PRAGMA data_version").get()?.data_version ?? -1;
  if (version !== last.version) {
    const tables = client
      .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => name)
      .filter((name) => !passingTables.has(name));
    last = { ...last, version, state: new Map(tables.map((table) => [table, digestOf(client, table)])) };
  }
  return last.state;
}

function digestOf(client: Database, table: string): string {
  const columns = client
    .query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)")
    .all(table)
    .map(({ name }) => name)
    .filter((name) => !passingColumns.has(name));
  const sql = `SELECT ${columns.join(", ")} FROM ${table} WHERE ${passingRows[table] ?? "true"} ORDER BY 1`;
  const hash = createHash("sha256");
  for (const row of client.query(sql).values()) {
    hash.update(
      JSON.stringify(row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value))),
    );
  }
  return hash.digest("hex");
}

/** Names of the tables that are not as they were. */
export function changedTables(before: State, after: State): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

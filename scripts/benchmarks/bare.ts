// The yardstick: the list of an account's API keys in bare Elysia over bare bun:sqlite, with nothing checked, limited or
// guarded. Its arguments: the database's file, the port.
import { Database } from "bun:sqlite";
import { Elysia } from "elysia";

type Row = Record<"id" | "scopes" | "uses", number> &
  Record<"name" | "prefix", string> &
  Record<"sessions" | "addresses", string | null> &
  Record<"created_at" | "last_used_at" | "expires_at" | "revoked_at", number | null>;

const [file, port] = process.argv.slice(2);
const db = new Database(file, { readonly: true });
const holder = db.query<{ id: number }, [Uint8Array]>(
  "SELECT accounts.id FROM api_keys JOIN accounts ON accounts.id = api_keys.account_id WHERE api_keys.hash = ?",
);
const list = db.query<Row, [number, number]>("SELECT * FROM api_keys WHERE account_id = ? ORDER BY id DESC LIMIT ?");
const scopes = ["read", "send", "manage", "admin"];
const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

new Elysia()
  .get("/healthz", () => ({ status: "ok" }))
  .get("/api/v1/keys", ({ request, query, status }) => {
    const key = request.headers.get("x-api-key") ?? "";
    const account = holder.get(new Bun.CryptoHasher("sha256").update(key).digest());
    if (account === null) return status(401);
    const data = list.all(account.id, Number(query.limit)).map((row) => ({
      id: row.id,
      name: row.name,
      prefix: row.prefix,
      scopes: scopes.filter((_, place) => row.scopes & (1 << place)),
      sessions: row.sessions === null ? null : JSON.parse(row.sessions),
      addresses: row.addresses === null ? null : JSON.parse(row.addresses),
      uses: row.uses,
      created_at: time(row.created_at),
      last_used_at: time(row.last_used_at),
      expires_at: time(row.expires_at),
      revoked_at: time(row.revoked_at),
    }));
    return { data, next_cursor: null };
  })
  .listen({ hostname: "127.0.0.1", port: Number(port) });

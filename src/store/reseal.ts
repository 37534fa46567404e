// After a start with a new master key: the sessions' state, sealed with the one before, is sealed with the one in use, piece
// by piece. Once this is through the former key can go.
import { and, eq, sql } from "drizzle-orm";
import type { Sealer } from "../core/sealing.ts";
import type { Handle } from "./database.ts";
import type { Write } from "./lane.ts";
import { signalCell } from "./signal.ts";
import { credentials, preKeys, ratchets, senderKeys, signalKeys } from "./signal-tables.ts";

/** Where a sealed value lies; `name` is what it is bound to beside its session. */
export type SealedPlace = { sessionId: number; key: (string | number)[]; name: string };
type Stale = SealedPlace & { value: Uint8Array };
export type Resealing = { table: SealedTable; rows: Stale[] };
export type SealedTable = keyof typeof sealedTables;

const inOnePiece = 500;

/** Each with what tells its rows apart within a session. */
const sealedTables = {
  credentials: { table: credentials, key: [credentials.generation], nameOf: () => "" },
  ratchets: { table: ratchets, key: [ratchets.address], nameOf: ([name]: (string | number)[]) => String(name) },
  sender_keys: { table: senderKeys, key: [senderKeys.name], nameOf: ([name]: (string | number)[]) => String(name) },
  pre_keys: { table: preKeys, key: [preKeys.keyId], nameOf: ([id]: (string | number)[]) => String(id) },
  signal_keys: {
    table: signalKeys,
    key: [signalKeys.kind, signalKeys.name],
    nameOf: ([kind, name]: (string | number)[]) => `${kind}/${name}`,
  },
} as const;

export function resealWrites(db: Handle) {
  return {
    async "signal.reseal"({ table: name, rows }: Resealing): Promise<void> {
      const { table, key } = sealedTables[name];
      for (const { sessionId, key: values, value } of rows) {
        const isIt = key.map((column, place) => eq(column, values[place] ?? ""));
        await db
          .update(table)
          .set({ value: Buffer.from(value) })
          .where(and(eq(table.sessionId, sessionId), ...isIt));
      }
    },
  };
}

export async function resealSignal(db: Handle, sealer: Sealer, write: Write): Promise<void> {
  for (const name of Object.keys(sealedTables) as SealedTable[]) {
    for (;;) {
      const rows = await staleIn(db, sealer, name);
      if (rows.length === 0) break;
      const resealed = rows.map((row) => {
        const cell = signalCell(name, row.sessionId, row.name);
        return { ...row, value: sealer.seal(sealer.open(row.value, cell), cell) };
      });
      await write("signal.reseal", { table: name, rows: resealed });
    }
  }
}

async function staleIn(db: Handle, sealer: Sealer, name: SealedTable): Promise<Stale[]> {
  const { table, key, nameOf } = sealedTables[name];
  const [first, second] = key;
  const head = Buffer.from(sealer.head);
  const rows = await db
    .select({ sessionId: table.sessionId, value: table.value, first, second: second ?? sql<null>`NULL` })
    .from(table)
    .where(sql`substr(${table.value}, 1, ${head.length}) <> ${head}`)
    .limit(inOnePiece);
  return rows.map((row) => {
    const values = row.second === null ? [row.first] : [row.first, row.second];
    return { sessionId: row.sessionId, value: row.value, key: values, name: nameOf(values) };
  });
}

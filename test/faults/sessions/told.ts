// Two receivers that outlive the gateway: one is told everything and takes it all, the other is told of messages alone, each
// after the one before it in its chat, and now and then does not take one.
import { Database } from "bun:sqlite";
import { type HttpHost, startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import type { Random } from "../support/random.ts";
import { asAdmin, must } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import { type Book, checkSequences, createBook } from "../webhooks/book.ts";
import type { Ledger } from "./traffic.ts";
import type { World } from "./world.ts";

export type Receivers = AsyncDisposable & {
  all: Book;
  ordered: Book;
  /** Up to there the journal is nobody's business here. */
  from: number;
};
type Found = { lost: number; doubles: number; retries: number };

/** So that they are allowed at all. */
export const receiverSettings = { WAYGATE_ALLOW_PRIVATE_URLS: "127.0.0.1" };
const failing = 0.02;
const mostMs = 4;
/** A second each, and more of them than anybody fails in a row. */
const retry = Array.from({ length: 20 }, () => 1);

export async function openReceivers(world: World, random: Random, faults: Faults): Promise<Receivers> {
  const books = new Map<string, Book>();
  const host = await startHttpHost(async (response, request) => {
    host.received.length = 0;
    const isTaken = request.path === "/all" || !random.chance(failing);
    books.get(request.path)?.hear(request, isTaken);
    if (random.chance(0.2)) await Bun.sleep(random.below(mostMs));
    response.writeHead(isTaken ? 204 : 500).end();
  });
  const make = async (name: string, isOrdered: boolean, more: Record<string, unknown>): Promise<Book> => {
    const { secret } = await makeWebhook(world, host, `/${name}`, { ordered: isOrdered, ...more });
    const book = createBook({ name, secret, isOrdered, now: Date.now, faults });
    books.set(`/${name}`, book);
    return book;
  };
  const ordered = await make("ordered", true, { events: ["message.received"], retry });
  const from = newestIn(world);
  const all = await make("all", false, { events: ["*"], retry });
  return { all, ordered, from, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

async function makeWebhook({ rig }: World, { port }: HttpHost, path: string, more: Record<string, unknown>) {
  const body = { url: `http://127.0.0.1:${port}${path}`, ...more };
  return must<{ secret: string }>(`${rig.origin()}/api/v1/webhooks`, { body, headers: asAdmin });
}

/** Everything that phones sent was told to both, and of all that happened nothing is missing. */
export async function checkTold(
  world: World,
  ledger: Ledger,
  { all, ordered, from }: Receivers,
  { faults, drainMs }: { faults: Faults; drainMs: number },
): Promise<Found> {
  using database = openedIn(world);
  const waiting = database.query<{ n: number }, []>("SELECT count(*) AS n FROM deliveries WHERE state < 2");
  const behind = database.query<{ n: number }, []>(
    "SELECT count(*) AS n FROM webhooks WHERE cursor < (SELECT max(id) FROM journal)",
  );
  // Where it stands is written down once a minute where there is nothing to tell.
  await until("everything to be told", () => behind.get()?.n === 0 && waiting.get()?.n === 0, drainMs);
  const events = database
    .query<{ id: number; type: string }, [number]>("SELECT id, type FROM journal WHERE id > ? ORDER BY id")
    .all(from);
  const isWhole = events.every(({ id }, place) => id === from + 1 + place);
  faults.check(isWhole, "the journal has holes in its numbers");
  const received = events.filter(({ type }) => type === "message.received");
  const missed = [
    checkSequences(
      all,
      events.map(({ id }) => id),
      "all",
      faults,
    ),
    checkSequences(
      ordered,
      received.map(({ id }) => id),
      "ordered",
      faults,
    ),
  ];
  const names = new Map(await sessionNames(world));
  for (const [name, book] of [
    ["all", all],
    ["ordered", ordered],
  ] as const) {
    missed.push(checkMessages(name, book, { ledger, names, faults }));
    const untaken = [...book.told.values()].filter(({ isTaken }) => !isTaken).length;
    faults.check(untaken === 0, `told, and never taken: ${untaken} at ${name}`);
  }
  return {
    lost: missed.reduce((sum, some) => sum + some, 0),
    doubles: all.again.doubles + ordered.again.doubles,
    retries: all.again.retries + ordered.again.retries,
  };
}

type Given = { ledger: Ledger; names: Map<string, string>; faults: Faults };

function checkMessages(name: string, book: Book, { ledger, names, faults }: Given): number {
  const texts = new Map<string, string[]>();
  for (const { event, session, waId, text } of book.told.values()) {
    if (event !== "message.received") continue;
    const key = `${waId} ${names.get(session)}`;
    texts.set(key, [...(texts.get(key) ?? []), text]);
  }
  let lost = 0;
  for (const [key, { text, session }] of ledger.sent) {
    const found = texts.get(key) ?? [];
    if (found.length === 0) lost += 1;
    const isSame = found.length === 1 && found[0] === text;
    faults.check(isSame, `told as ${JSON.stringify(found)}: ${text} by ${session} at ${name}`);
  }
  return lost;
}

async function sessionNames({ rig }: World): Promise<[string, string][]> {
  const { data } = await must<{ data: { id: string; name: string }[] }>(`${rig.origin()}/api/v1/sessions`, {
    headers: asAdmin,
  });
  return data.map(({ id, name }) => [id, name]);
}

function openedIn({ rig }: World): Database {
  return new Database(rig.database, { readonly: true });
}

function newestIn(world: World): number {
  using database = openedIn(world);
  return database.query<{ id: number | null }, []>("SELECT max(id) AS id FROM journal").get()?.id ?? 0;
}

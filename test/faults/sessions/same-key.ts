// The suite "t18": every key is used by many requests at the same time, some are killed with the gateway and made again.
// One message comes of each key, and every answer names it; another request with the same key is refused.
import { until } from "../../support/until.ts";
import { createRandom, type Random } from "../support/random.ts";
import { asAdmin, request } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { castOf, checkConduct, checkSessions } from "./cast.ts";
import { freshText, outPrefix, type Shown } from "./traffic.ts";
import { momentsIn, openWorld, untilConnected, untilKilled, type World } from "./world.ts";

const postsPerKey = 20;
const keysAtOnce = 4;
const keysPerKill = 25;
const askAgainMs = 3;
const patienceMs = 120_000;
const lateMs = 60;

export const sameKeySuite: Suite = {
  name: "t18",
  about: `SIGKILL while ${postsPerKey} requests at a time use the same Idempotency-Key; the size is the number of keys`,
  long: 1_000,
  short: 40,
  run,
};

type Post = { session: string; to: string; text: string };
type Count = { requests: number; running: number; cutOff: number; others: number };
type Run = { world: World; faults: Faults; count: Count; isOver(): boolean };
/** A key on its way to its message: which of its requests have been answered, and with what. */
type Key = { post: Post; open: number; answered: Set<string> };

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  const count: Count = { requests: 0, running: 0, cutOff: 0, others: 0 };
  await using world = await openWorld();
  const cast = await castOf(world, { sessions: 2, contacts: 10 });
  const done: Key[] = [];
  const started: Key[] = [];
  const left: (Key | null)[] = Array.from({ length: keysAtOnce }, () => null);
  const newKey = (): Key => {
    const post = { session: random.pick(cast.sessions).name, to: random.pick(cast.contacts), text: freshText() };
    return { post, open: postsPerKey, answered: new Set() };
  };

  /** One key after the other; one that is cut off is gone on with in the next life. */
  async function work(place: number, going: Run): Promise<void> {
    while (!going.isOver()) {
      const key = left[place] ?? (started.length < size ? newKey() : null);
      if (key === null) return;
      if (left[place] == null) started.push(key);
      left[place] = key;
      await useKey(key, going);
      if (key.open > 0) return;
      checkOne(key, faults);
      await useForAnother(key, random, going).catch(() => {});
      left[place] = null;
      done.push(key);
    }
  }
  const write = (isOver: () => boolean) => left.map((_, place) => work(place, { world, faults, count, isOver }));

  const moments = momentsIn(size, Math.ceil(size / keysPerKill), random);
  for (const moment of moments) {
    await untilKilled(world, {
      write,
      async moment() {
        await until(`${moment} keys to be used`, () => done.length >= moment, patienceMs);
        await Bun.sleep(random.below(lateMs));
      },
    });
  }
  await Promise.all(write(() => false));
  await untilConnected(
    world,
    cast.sessions.map(({ name }) => name),
  );
  const arrived = await checkPhones(world, { contacts: cast.contacts, keys: done, faults });
  faults.check(done.length === size, `${done.length} keys came to their end, not ${size}`);
  faults.check(count.running > 0 && count.others > 0, "no request met another one that was running");
  await checkSessions(world, cast, faults);
  const violations = checkConduct(world, faults);
  return {
    figure: `${told(done.length)} keys, ${told(count.requests)} requests, ${told(moments.length)} kills: ${told(arrived)} messages at the phones; ${told(count.running)} answered 409 as one was running, ${told(count.others)} with another body 422, ${told(count.cutOff)} cut off; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}

/** All its requests at once, each until it is answered for or cut off. */
async function useKey(key: Key, going: Run): Promise<void> {
  const posting = Array.from({ length: key.open }, () => postUntilAnswered(key, going));
  await Promise.all(posting);
}

async function postUntilAnswered(key: Key, going: Run): Promise<void> {
  const { count, faults } = going;
  while (!going.isOver()) {
    try {
      count.requests += 1;
      const reply = await send(key.post, key.post.text, going.world);
      if (reply.status !== 409) {
        const isAccepted = reply.status === 201 || reply.status === 202;
        faults.check(isAccepted, `a request with a key was answered ${reply.status}: ${reply.text}`);
        key.answered.add(isAccepted ? reply.json.id : `${reply.status}`);
        key.open -= 1;
        return;
      }
      count.running += 1;
      faults.check(/being answered/.test(reply.text), `a conflict says something else: ${reply.text}`);
    } catch {
      count.cutOff += 1;
      return;
    }
    await Bun.sleep(askAgainMs);
  }
}

function send({ session, to, text }: Post, key: string, { rig }: World) {
  return request<Shown>(`${rig.origin()}/api/v1/messages?wait=none`, {
    body: { session_id: session, to, text },
    headers: { ...asAdmin, "idempotency-key": key },
  });
}

function checkOne({ post, answered }: Key, faults: Faults): void {
  faults.check(answered.size === 1, `the answers to one key name ${answered.size} messages: ${post.text}`);
}

/** What was asked for with this key is settled: anything else is another request. */
async function useForAnother({ post }: Key, random: Random, { world, faults, count }: Run): Promise<void> {
  const other = random.chance(0.5) ? { ...post, text: `${post.text} or not` } : { ...post, to: "15559999999" };
  const reply = await send(other, post.text, world);
  faults.check(reply.status === 422, `another request with the same key was answered ${reply.status}: ${reply.text}`);
  count.others += 1;
}

type AtPhones = { contacts: readonly string[]; keys: readonly Key[]; faults: Faults };

/** As many as there are keys, each once. */
async function checkPhones(world: World, { contacts, keys, faults }: AtPhones): Promise<number> {
  const look = async () => {
    const inboxes = contacts.map((contact) => world.control.phones.inbox(contact, { limit: 1_000_000 }));
    const items = (await Promise.all(inboxes)).flatMap(({ data }) => data);
    return items.filter(({ text, from_me }) => text?.startsWith(outPrefix) === true && !from_me);
  };
  await until("every message to arrive", async () => (await look()).length >= keys.length, patienceMs).catch(() => {});
  await world.network.settled(patienceMs);
  const texts = (await look()).map(({ text }) => text ?? "");
  const seen = new Set(texts);
  faults.check(texts.length === seen.size, `${texts.length - seen.size} messages are at the phones twice`);
  for (const { post } of keys) faults.check(seen.has(post.text), `nothing came of the key ${post.text}`);
  faults.check(seen.size === keys.length, `${seen.size} messages came of ${keys.length} keys`);
  return texts.length;
}

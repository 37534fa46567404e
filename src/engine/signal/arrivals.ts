// Stanzas as they arrive: their ciphertexts are opened in the order of the frames, and what they said is committed with
// the ratchets that opened them. Baileys asks for it later, and gets it only when it is on disk: then it sends the
// receipt. Opened early, twenty messages share two commits, and a live message cannot overtake the offline one that
// carried its sender key.
import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Book } from "./book.ts";
import { sha256 } from "./derive.ts";
import { faultForBaileys, SignalError, type SignalFault } from "./faults.ts";
import { distributionIn, type Opener } from "./opener.ts";
import type { People } from "./people.ts";
import {
  type Ciphertext,
  childrenOf,
  ciphertextsOf,
  decodeStanza,
  encodeStanza,
  isCiphertext,
  isNode,
  unreadable,
} from "./stanza.ts";

export type Arrivals = {
  /** To be called with every frame, before Baileys looks at it. */
  see(frame: unknown): void;
  /** What a ciphertext said, once that is on disk; throws in Baileys' words. Null for one that was never seen. */
  take(ciphertext: Uint8Array): Promise<Uint8Array> | null;
  /** Those that nobody has come for, and since when: a deaf session. In `performance.now()`'s milliseconds. */
  oldestWaiting(): number | null;
  close(): void;
};

type Arrival = { stanza: BinaryNode; encs: Ciphertext[]; result: PromiseWithResolvers<Result[]> };
type Result = { plain: Uint8Array; saved: Promise<void> } | { fault: SignalFault };
type Opened = { plain: Uint8Array } | { fault: SignalFault };
type Needs = {
  book: Book;
  opener: Opener;
  people: People;
  clock: Clock;
  log: Log;
  /** The device asked for a message to be sent again: its session may be replaced. */
  retryAsked(jid: string): void;
};

/** So many at a time, then whatever else waits has its turn. */
const atOnce = 16;

export function createArrivals({ book, opener, people, clock, log, retryAsked }: Needs): Arrivals {
  const results = new WeakMap<Uint8Array, Promise<Result>>();
  const unclaimed = new Map<Uint8Array, number>();
  const queue: Arrival[] = [];
  let isRunning = false;
  let isClosed = false;

  function see(frame: unknown): void {
    if (!isNode(frame) || isClosed) return;
    if (frame.tag === "receipt" && frame.attrs.type === "retry") {
      const from = frame.attrs.participant ?? frame.attrs.from;
      if (from !== undefined) retryAsked(from);
    }
    if (frame.tag !== "message") return;
    learnFromEnvelope(frame);
    const encs = ciphertextsOf(frame);
    if (encs.length === 0) return keepPlain(frame);
    const result = Promise.withResolvers<Result[]>();
    for (const [index, { content }] of encs.entries()) {
      results.set(
        content,
        result.promise.then((all) => all[index] ?? { fault: "malformed" }),
      );
      unclaimed.set(content, performance.now());
    }
    queue.push({ stanza: frame, encs, result });
    if (isRunning) return;
    isRunning = true;
    work();
  }

  function work(): void {
    for (const arrival of queue.splice(0, atOnce)) arrival.result.resolve(openAll(arrival));
    if (queue.length > 0) setImmediate(work);
    else isRunning = false;
  }

  function learnFromEnvelope({ attrs }: BinaryNode): void {
    const sender = attrs.participant ?? attrs.from;
    const alike = [attrs.participant_lid, attrs.participant_pn, attrs.sender_lid, attrs.sender_pn];
    for (const other of alike) people.learn(sender, other);
  }

  /** Channels are not encrypted; what they say is kept all the same before it is acknowledged. */
  function keepPlain(stanza: BinaryNode): void {
    const plain = getBinaryNodeChild(stanza, "plaintext")?.content;
    if (plain instanceof Uint8Array) keep(stanza, [], sha256(Buffer.from(JSON.stringify(stanza.attrs)), plain));
    else if (getBinaryNodeChild(stanza, "unavailable") !== undefined) keepUnread(stanza);
  }

  /** Something was said, and may be read later, when it is sent once more: until then its place is kept. */
  function keepUnread(stanza: BinaryNode): void {
    const { id = "", from = "", participant = "", category } = stanza.attrs;
    if (category === "peer") return;
    const others = childrenOf(stanza).filter((child) => !isCiphertext(child));
    const isSaid = others.some(({ tag }) => tag === "unavailable");
    const content = isSaid ? others : [...others, { tag: "unavailable", attrs: { type: unreadable } }];
    add({ ...stanza, content }, sha256(Buffer.from([unreadable, id, from, participant].join("\n"))));
  }

  function openAll({ stanza, encs }: Arrival): Result[] {
    const digest = sha256(...encs.map(({ content }) => content));
    const opened = encs.map((enc) => openOne(stanza, enc));
    const plains = opened.flatMap((one) => ("plain" in one ? [one.plain] : []));
    if (plains.length === encs.length) keep(stanza, plains, digest);
    else {
      const before = book.findOpened(digest);
      // It was read before a crash, and the sender does not know: it is answered as if it had just come.
      if (before !== null) return storedResults(before, book.saved());
      if (!opened.some((one) => "fault" in one && one.fault === "used")) keepUnread(stanza);
    }
    const saved = book.saved();
    return opened.map((one) => ("plain" in one ? { plain: one.plain, saved } : one));
  }

  function openOne(stanza: BinaryNode, { type, content }: Ciphertext): Opened {
    const author = stanza.attrs.participant ?? stanza.attrs.from ?? "";
    try {
      const plain =
        type === "skmsg"
          ? opener.openFromGroup(stanza.attrs.from ?? "", author, content)
          : opener.open(author, type === "pkmsg" ? "pkmsg" : "msg", content);
      const carried = distributionIn(plain);
      if (carried !== null) opener.learnSenderKey(carried.group, author, carried.distribution);
      return { plain };
    } catch (error) {
      if (!(error instanceof SignalError)) log.error({ error: String(error) }, "a ciphertext could not be opened");
      return { fault: error instanceof SignalError ? error.fault : "malformed" };
    }
  }

  function keep(stanza: BinaryNode, plains: readonly Uint8Array[], digest: Buffer): void {
    const rest = plains.values();
    const content = childrenOf(stanza).map((child) =>
      isCiphertext(child) ? { ...child, content: rest.next().value ?? child.content } : child,
    );
    add({ ...stanza, content }, digest);
  }

  function add(stanza: BinaryNode, digest: Buffer): void {
    const isPeer = stanza.attrs.category === "peer";
    book.addOpened({ digest, stanza: encodeStanza(stanza), isPeer, receivedAt: clock.now() });
  }

  return {
    see,
    take(ciphertext) {
      const result = results.get(ciphertext);
      if (result === undefined) return null;
      unclaimed.delete(ciphertext);
      return result.then(async (one) => {
        if ("fault" in one) throw faultForBaileys(one.fault);
        await one.saved;
        return one.plain;
      });
    },
    oldestWaiting: () => unclaimed.values().next().value ?? null,
    close() {
      isClosed = true;
      queue.length = 0;
      unclaimed.clear();
    },
  };
}

/** It may have come for the first time a moment ago, and be on its way to the disk still. */
function storedResults(stored: Uint8Array, saved: Promise<void>): Result[] {
  return ciphertextsOf(decodeStanza(stored)).map(({ content }) => ({ plain: content, saved }));
}

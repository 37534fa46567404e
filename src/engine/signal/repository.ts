// Baileys' door into Signal, ours behind it: nothing it is given has not been committed, and nothing it sends uses a
// number that was not reserved on disk before.
import type { SignalRepositoryWithLIDStore } from "@whiskeysockets/baileys";
import { isJidNewsletter, jidDecode } from "@whiskeysockets/baileys";
import { type Clock, minute } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { addressOf } from "./address.ts";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import type { Book } from "./book.ts";
import type { WritingChain } from "./chain.ts";
import { createCircuit } from "./circuit.ts";
import { verifierFor, withoutType, withType } from "./curve.ts";
import { faultForBaileys, SignalError } from "./faults.ts";
import { type Forgotten, forgetPerson } from "./forgetting.ts";
import { createOpener, type OurKeys, senderKeyName } from "./opener.ts";
import { createPeople, type People } from "./people.ts";
import { begin, encrypt } from "./ratchet.ts";
import { adopt } from "./record.ts";
import { distributionOf, encryptForGroup, makeOurKey, type OurKey, type SenderKeyRecord } from "./sender-key.ts";

export type Signal = {
  /** For `makeSignalRepository`. */
  repositoryFor(askLids: AskLids): SignalRepositoryWithLIDStore;
  arrivals: Arrivals;
  people: People;
  /** By libsignal's address, under whichever of a person's two names. */
  forgetSession(address: string): void;
  /** All there is of a person's devices; when they write again, it begins anew. */
  forgetPerson(person: Forgotten): void;
  /** Somebody left: the next message to the group goes out under a new key. */
  renewSenderKey(group: string, ourJids: readonly string[]): void;
};

type AskLids = ((jids: string[]) => Promise<{ lid: string; pn: string }[] | undefined>) | undefined;
export type SignalNeeds = { book: Book; keys(): OurKeys; clock: Clock; log: Log };

/** How long a number without a LID is not asked about again. */
const unknownMs = 10 * minute;
const mostUnknown = 2_000;

export function createSignal({ book, keys, clock, log }: SignalNeeds): Signal {
  const people = createPeople(book);
  const circuit = createCircuit({ clock, log });
  const opener = createOpener({ book, people, circuit, keys, log });
  /** Asked for a message again, so their session is broken: the next keys that come for them replace it. */
  const mayReplace = new Set<string>();
  const arrivals = createArrivals({
    book,
    opener,
    people,
    clock,
    log,
    retryAsked: (jid) => {
      if (mayReplace.size > mostUnknown) mayReplace.clear();
      mayReplace.add(people.addressOf(jid));
    },
  });

  async function granted(chain: WritingChain, used: number, changed: () => void): Promise<void> {
    if (used < chain.granted) return;
    changed();
    await book.saved();
  }

  async function encryptMessage({ jid, data }: { jid: string; data: Uint8Array }) {
    const address = people.addressOf(jid);
    const ratchet = book.ratchets.get(address)?.ratchets[0];
    if (ratchet === undefined) throw new Error("No sessions");
    const { writing } = ratchet;
    const number = writing.next;
    const { type, ciphertext } = encrypt(ratchet, keys().us, data);
    await granted(writing, number, () => book.ratchets.changed(address));
    return { type, ciphertext };
  }

  function ourKeyFor(group: string, meId: string): { name: string; ours: OurKey } {
    const name = senderKeyName(group, people.addressOf(meId));
    const record: SenderKeyRecord = book.senderKeys.get(name) ?? { theirs: [], ours: null };
    if (record.ours !== null) return { name, ours: record.ours };
    const ours = makeOurKey();
    record.ours = ours;
    book.senderKeys.put(name, record);
    return { name, ours };
  }

  async function encryptGroupMessage({ group, meId, data }: { group: string; meId: string; data: Uint8Array }) {
    const { name, ours } = ourKeyFor(group, meId);
    const number = ours.chain.next;
    const senderKeyDistributionMessage = distributionOf(ours);
    const ciphertext = encryptForGroup(ours, data);
    await granted(ours.chain, number, () => book.senderKeys.changed(name));
    return { ciphertext, senderKeyDistributionMessage };
  }

  /** Baileys fetches keys anew more often than there is need; a session that works is not thrown away for them. */
  async function injectE2ESession({ jid, session }: Parameters<SignalRepositoryWithLIDStore["injectE2ESession"]>[0]) {
    const address = people.addressOf(jid);
    const bundle = bundleOf(session);
    if (bundle === null) return log.warn({ address }, "the keys of a device are not signed by it; they are not used");
    const record = book.ratchets.get(address) ?? { ratchets: [] };
    const [current] = record.ratchets;
    const isSame = current?.registrationId === bundle.registrationId && current.theirIdentity.equals(bundle.identity);
    if (isSame && !mayReplace.has(address)) return;
    mayReplace.delete(address);
    adopt(record, begin(keys().us, bundle));
    book.ratchets.put(address, record);
  }

  function forgetSession(address: string): void {
    const dot = address.indexOf(".");
    const [user = "", domain] = address.slice(0, dot).split("_");
    book.ratchets.drop(address);
    if (domain !== undefined) return;
    book.ratchets.drop(people.addressOf(`${user}:${address.slice(dot + 1)}@s.whatsapp.net`));
  }

  const repositoryFor = (askLids: AskLids): SignalRepositoryWithLIDStore => ({
    async decryptMessage({ jid, type, ciphertext }) {
      return (await arrivals.take(ciphertext)) ?? openNow(() => opener.open(jid, type, ciphertext));
    },
    async decryptGroupMessage({ group, authorJid, msg }) {
      return (await arrivals.take(msg)) ?? openNow(() => opener.openFromGroup(group, authorJid, msg));
    },
    async processSenderKeyDistributionMessage({ item, authorJid }) {
      const distribution = item.axolotlSenderKeyDistributionMessage;
      if (item.groupId && distribution) opener.learnSenderKey(item.groupId, authorJid, distribution);
    },
    encryptMessage,
    encryptGroupMessage,
    async getSenderKeyDistributionMessage({ group, meId }) {
      return distributionOf(ourKeyFor(group, meId).ours);
    },
    hasSenderKey: async ({ group, meId }) =>
      (book.senderKeys.get(senderKeyName(group, people.addressOf(meId)))?.ours ?? null) !== null,
    async getSessionInfo(jid) {
      const current = book.ratchets.get(people.addressOf(jid))?.ratchets[0];
      return current === undefined
        ? null
        : { baseKey: withType(current.baseKey), registrationId: current.registrationId };
    },
    injectE2ESession,
    async validateSession(jid) {
      const exists = (book.ratchets.get(people.addressOf(jid))?.ratchets.length ?? 0) > 0;
      return exists ? { exists } : { exists, reason: "no session" };
    },
    async deleteSession(jids) {
      for (const jid of jids) forgetSession(addressOf(jid));
    },
    async migrateSession(from, to) {
      const isNew = people.learn(from, to);
      return { migrated: isNew ? 1 : 0, skipped: isNew ? 0 : 1, total: 1 };
    },
    jidToSignalProtocolAddress: addressOf,
    lidMapping: lidMappingFor(askLids) as SignalRepositoryWithLIDStore["lidMapping"],
    close: () => arrivals.close(),
  });

  /** For a ciphertext that came some other way than in a frame. */
  async function openNow(open: () => Buffer): Promise<Uint8Array> {
    try {
      const plain = open();
      await book.saved();
      return plain;
    } catch (error) {
      throw error instanceof SignalError ? faultForBaileys(error.fault) : error;
    }
  }

  function lidMappingFor(askLids: AskLids) {
    const unknown = new Map<string, number>();

    async function ask(jids: string[]): Promise<void> {
      const now = clock.now();
      const fresh = jids.filter((jid) => now - (unknown.get(jid) ?? Number.NEGATIVE_INFINITY) > unknownMs);
      if (fresh.length === 0 || askLids === undefined) return;
      for (const { pn, lid } of (await askLids(fresh)) ?? []) people.learn(pn, lid);
      if (unknown.size > mostUnknown) unknown.clear();
      for (const jid of fresh) if (people.lidOf(jid) === null) unknown.set(jid, now);
    }

    async function getLIDsForPNs(jids: string[]) {
      const numbers = [...new Set(jids)].filter((jid) => /@(s\.whatsapp\.net|hosted)$/.test(jid));
      const plain = (jid: string) => `${jidDecode(jid)?.user ?? ""}@s.whatsapp.net`;
      await ask([...new Set(numbers.filter((jid) => people.lidOf(jid) === null).map(plain))]);
      const pairs = numbers.flatMap((pn) => {
        const lid = people.lidOf(pn);
        return lid === null ? [] : [{ pn, lid }];
      });
      return pairs.length === 0 ? null : pairs;
    }

    return {
      async storeLIDPNMappings(pairs: { lid: string; pn: string }[]) {
        for (const { lid, pn } of pairs) people.learn(lid, pn);
      },
      async getLIDForPN(jid: string) {
        // Asked just before a channel's message is acknowledged, which no decryption has held up.
        if (isJidNewsletter(jid)) await book.saved();
        return (await getLIDsForPNs([jid]))?.[0]?.lid ?? null;
      },
      getLIDsForPNs,
      getPNForLID: async (jid: string) => people.phoneOf(jid),
      async getPNsForLIDs(jids: string[]) {
        const pairs = jids.flatMap((lid) => {
          const pn = people.phoneOf(lid);
          return pn === null ? [] : [{ lid, pn }];
        });
        return pairs.length === 0 ? null : pairs;
      },
      close() {},
    };
  }

  return {
    repositoryFor,
    arrivals,
    people,
    forgetSession,
    forgetPerson: (person) => forgetPerson(book, person),
    renewSenderKey(group, ourJids) {
      for (const jid of ourJids) {
        const name = senderKeyName(group, people.addressOf(jid));
        if (book.senderKeys.get(name) !== null) book.senderKeys.drop(name);
      }
      book.keys.set(`sender-key-memory/${group}`, null);
    },
  };
}

type GivenSession = Parameters<SignalRepositoryWithLIDStore["injectE2ESession"]>[0]["session"];

/** Null when the signed pre-key is not signed by the identity it comes with, or a key is none. */
function bundleOf({ registrationId, identityKey, signedPreKey, preKey }: GivenSession) {
  const identity = withoutType(identityKey);
  const signed = withoutType(signedPreKey.publicKey);
  const oneTime = preKey === undefined ? null : withoutType(preKey.publicKey);
  if (identity === null || signed === null) return null;
  if (!verifierFor(identity)(withType(signed), signedPreKey.signature)) return null;
  return {
    registrationId,
    identity,
    signedPreKey: { id: signedPreKey.keyId, pub: signed },
    preKey: preKey === undefined || oneTime === null ? null : { id: preKey.keyId, pub: oneTime },
  };
}

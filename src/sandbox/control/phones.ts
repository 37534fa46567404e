// Driving phones: who there is, what they scan, type, write, read and do by themselves.
import type { Network } from "../network/network.ts";
import type { Behaviour } from "../people/behaviour.ts";
import type { ShownItem } from "../people/inbox.ts";
import { keepChat, saveContact } from "../people/keeping.ts";
import { type Address, type Companion, type Person, peerName, phoneJid } from "../people/person.ts";
import { chatFor, sendMedia } from "../people/sending.ts";
import type { Deliveries } from "../server/ledgers.ts";
import { PairingError } from "../server/pairing.ts";
import { callActions } from "./calls.ts";
import {
  ControlError,
  flagIn,
  type Input,
  objectIn,
  oneOfIn,
  optionalText,
  phoneIn,
  textIn,
  textsIn,
} from "./input.ts";
import { changePhone, keptIn } from "./owner.ts";
import { itemIn, mediaIn, messageIn } from "./words.ts";

export type DeviceReport = {
  device: number;
  jid: string;
  platform: string;
  connected: boolean;
  /** Stanzas of any kind. */
  queued: number;
  /** How the messages for it fared, in numbers. */
  messages: { queued: number; unacknowledged: number; received: number; refused: number; dropped: number };
};
export type PhoneReport = {
  number: string;
  lid: string | null;
  name: string;
  about: string;
  /** Its id; null where there is none. */
  picture: string | null;
  privacy: Record<string, string>;
  blocked: string[];
  disappearing_seconds: number;
  online: boolean;
  behaviour: Behaviour;
  devices: DeviceReport[];
};
export type LinkedReport = { number: string; device: number; jid: string };
export type InboxPage = { data: ShownItem[]; last: string | null };

const maxWaitMs = 60_000;

export function phoneActions({ world }: Network) {
  const stateOf = (person: Person) => world.phones.stateOf(person);

  function get(number: string): Person {
    const person = world.registry.find(number);
    if (person === null) throw new ControlError("not_found", `There is no phone ${number} on this network.`);
    return person;
  }

  function deviceAt(number: string, device: number): Address {
    const person = get(number);
    if (!person.companions.has(device)) throw new ControlError("not_found", `${number} has no device ${device}.`);
    return { person, device };
  }

  function reportDevice(person: Person, companion: Companion): DeviceReport {
    const address = { person, device: companion.number };
    const { queued, unacknowledged, received, refused, dropped } = world.links.ledger(address);
    return {
      device: companion.number,
      jid: phoneJid(person, companion.number),
      platform: companion.platform,
      connected: world.links.find(address) !== null,
      queued: companion.queue.length,
      messages: {
        queued: queued.length,
        unacknowledged: unacknowledged.length,
        received,
        refused: refused.length,
        dropped: dropped.length,
      },
    };
  }

  function report(person: Person): PhoneReport {
    const { isOnline, behaviour } = stateOf(person);
    return {
      number: person.phone,
      lid: person.lid,
      name: person.name,
      about: person.about.text,
      picture: person.picture?.id ?? null,
      privacy: Object.fromEntries(person.privacy),
      blocked: [...person.blocked].map((jid) => world.registry.findByJid(jid)?.phone ?? jid),
      disappearing_seconds: person.disappearing.seconds,
      online: isOnline,
      behaviour,
      devices: [...person.companions.values()].map((companion) => reportDevice(person, companion)),
    };
  }

  async function linked(linking: Promise<{ phone: string; device: number; jid: string }>): Promise<LinkedReport> {
    const { phone, device, jid } = await linking;
    return { number: phone, device, jid };
  }

  async function orRefused<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw error instanceof PairingError ? new ControlError("conflict", error.message) : error;
    }
  }

  return {
    list: (): PhoneReport[] => world.registry.all().map(report),
    get: (number: string): PhoneReport => report(get(number)),

    add(input: Input): PhoneReport {
      const phone = phoneIn(input, "number");
      if (world.registry.find(phone) !== null)
        throw new ControlError("conflict", `${phone} is on this network already.`);
      const lid = input.lid === false ? { lid: null } : {};
      const name = optionalText(input, "name");
      const person = world.registry.ensure({ phone, ...lid, ...(name === undefined ? {} : { name }) });
      world.changed(person);
      return report(person);
    },

    change(number: string, input: Input): PhoneReport {
      const person = get(number);
      changePhone(world, person, input);
      return report(person);
    },

    scan: (number: string, input: Input): Promise<LinkedReport> =>
      orRefused(() => linked(world.pairings.scan(get(number), textIn(input, "qr")))),
    typeCode: (number: string, input: Input): Promise<LinkedReport> =>
      orRefused(() => linked(world.pairings.typeCode(get(number), textIn(input, "code")))),
    unlink(number: string, device: number): void {
      const address = deviceAt(number, device);
      world.phones.unlink(address.person, device);
    },
    /** Of the messages for it: which are still to come, and which it could not use. */
    deliveries: (number: string, device: number): Deliveries => world.links.ledger(deviceAt(number, device)),

    send(number: string, input: Input): ShownItem {
      const person = get(number);
      const to = textIn(input, "to");
      const chat = chatFor(world, to, oneOfIn(input, "by", ["pn", "lid"], "pn"));
      if (chat === null) throw new ControlError("not_found", `Nobody is at ${to} on this network.`);
      const media = objectIn(input, "media");
      if (media !== undefined) return sendMedia(world, person, { to: chat, ...mediaIn(media) });
      return world.phones.send(person, { chat, ...messageIn(world, person, chat, input) });
    },

    /** What came after the message `after`; waits for the first one if there is none yet. */
    async inbox(
      number: string,
      { after = null, wait_ms = 0, limit = 100 }: { after?: string | null; wait_ms?: number; limit?: number },
    ): Promise<InboxPage> {
      const person = get(number);
      const deadline = performance.now() + Math.min(wait_ms, maxWaitMs);
      for (;;) {
        const { inbox } = stateOf(person);
        const start = after === null ? 0 : inbox.findIndex((item) => item.id === after) + 1;
        const data = inbox.slice(start).slice(0, limit);
        const left = deadline - performance.now();
        if (data.length > 0 || left <= 0) return { data, last: data.at(-1)?.id ?? after };
        await world.phones.nextEvent(left);
      }
    },

    read(number: string, input: Input): { read: string[] } {
      const person = get(number);
      const ids = textsIn(input, "ids");
      const all = stateOf(person).inbox.filter((item) => !item.from_me);
      const items = ids.length === 0 ? all : ids.map((id) => itemIn(world, person, id));
      for (const item of items) world.phones.read(person, item);
      return { read: items.map((item) => item.id) };
    },

    type(number: string, input: Input): void {
      const chat = chatFor(world, textIn(input, "to"));
      if (chat === null) throw new ControlError("not_found", "Nobody is there.");
      const state = oneOfIn(input, "state", ["typing", "recording", "paused"], "typing");
      world.phones.type(get(number), chat, state === "paused" ? null : state === "typing" ? "text" : "audio");
    },

    /** Its owner opens WhatsApp, or closes it: told to those who asked to be told. */
    show(number: string, input: Input): void {
      world.phones.show(get(number), flagIn(input, "available", true));
    },

    ...callActions(world, get),

    /** As its owner keeps it: archived, pinned, muted, marked as read. */
    keepChat(number: string, input: Input): void {
      const person = get(number);
      const chat = chatFor(world, textIn(input, "chat"), oneOfIn(input, "by", ["pn", "lid"], "pn"));
      if (chat === null) throw new ControlError("not_found", "Nobody is there.");
      keepChat(world, person, chat, keptIn(input, world.now()));
    },
    saveContact(number: string, input: Input): void {
      saveContact(world, get(number), get(phoneIn(input, "number")), textIn(input, "name"));
    },

    receipts(number: string, id: string) {
      return Object.fromEntries(Object.entries(stateOf(get(number)).receipts.get(id) ?? {}));
    },
    typing: (number: string) => stateOf(get(number)).typing,
    deviceName: (number: string, device: number) => peerName({ person: get(number), device }),
  };
}

// Driving phones: who there is, what they scan, type, write, read and do by themselves.
import type { Network } from "../network/network.ts";
import { type Behaviour, stillness } from "../people/behaviour.ts";
import type { InboxItem } from "../people/inbox.ts";
import { type Person, peerName } from "../people/person.ts";
import { chatFor, sendMedia, type Words, wordsToMessage } from "../people/sending.ts";
import { PairingError } from "../server/pairing.ts";
import {
  ControlError,
  flagIn,
  type Input,
  numberIn,
  objectIn,
  oneOfIn,
  optionalText,
  phoneIn,
  textIn,
  textsIn,
} from "./input.ts";

export type PhoneReport = {
  number: string;
  lid: string | null;
  name: string;
  about: string;
  online: boolean;
  behaviour: Behaviour;
  devices: { device: number; jid: string; platform: string; connected: boolean; queued: number }[];
};
export type LinkedReport = { number: string; device: number; jid: string };
export type InboxPage = { data: InboxItem[]; last: string | null };

const mediaKinds = ["image", "video", "audio", "ptt", "document", "sticker"] as const;
const maxWaitMs = 60_000;

export function phoneActions({ world }: Network) {
  const stateOf = (person: Person) => world.phones.stateOf(person);

  function get(number: string): Person {
    const person = world.registry.find(number);
    if (person === null) throw new ControlError("not_found", `There is no phone ${number} on this network.`);
    return person;
  }

  function report(person: Person): PhoneReport {
    const { isOnline, behaviour } = stateOf(person);
    const devices = [...person.companions.values()].map((one) => ({
      device: one.number,
      jid: `${person.phone}:${one.number}@s.whatsapp.net`,
      platform: one.platform,
      connected: world.links.find({ person, device: one.number }) !== null,
      queued: one.queue.length,
    }));
    return {
      number: person.phone,
      lid: person.lid,
      name: person.name,
      about: person.about.text,
      online: isOnline,
      behaviour,
      devices,
    };
  }

  function itemIn(person: Person, id: string): InboxItem {
    const item = stateOf(person).inbox.find((one) => one.id === id);
    if (item === undefined) throw new ControlError("not_found", `${person.phone} has no message ${id}.`);
    return item;
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

  function wordsIn(person: Person, input: Input): Words {
    const [react, edit, poll, location, contact] = ["react", "edit", "poll", "location", "contact"].map((name) =>
      objectIn(input, name),
    );
    if (react !== undefined)
      return { react: { to: itemIn(person, textIn(react, "id")), emoji: String(react.emoji ?? "") } };
    if (edit !== undefined) return { edit: { of: itemIn(person, textIn(edit, "id")), text: textIn(edit, "text") } };
    if (input.revoke != null) return { revoke: itemIn(person, textIn(input, "revoke")) };
    if (poll !== undefined) {
      return {
        poll: {
          name: textIn(poll, "name"),
          options: textsIn(poll, "options"),
          selectable: numberIn(poll, "selectable", 1),
        },
      };
    }
    if (location !== undefined) {
      return {
        location: {
          latitude: numberIn(location, "latitude"),
          longitude: numberIn(location, "longitude"),
          name: optionalText(location, "name"),
        },
      };
    }
    if (contact !== undefined) return { contact: { name: textIn(contact, "name"), phone: phoneIn(contact, "number") } };
    const quoted = optionalText(input, "quote");
    return {
      text: textIn(input, "text"),
      quote: quoted === undefined ? undefined : itemIn(person, quoted),
      mentions: textsIn(input, "mentions"),
    };
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
      world.changed();
      return report(person);
    },

    change(number: string, input: Input): PhoneReport {
      const person = get(number);
      const name = optionalText(input, "name");
      const about = optionalText(input, "about");
      if (name !== undefined) person.name = name;
      if (about !== undefined) person.about = { text: about, at: Number(world.nowSeconds()) };
      if (input.behaviour !== undefined) stateOf(person).behaviour = behaviourIn(objectIn(input, "behaviour") ?? {});
      if (input.online !== undefined) world.phones.setOnline(person, flagIn(input, "online", true));
      world.changed();
      return report(person);
    },

    scan: (number: string, input: Input): Promise<LinkedReport> =>
      orRefused(() => linked(world.pairings.scan(get(number), textIn(input, "qr")))),
    typeCode: (number: string, input: Input): Promise<LinkedReport> =>
      orRefused(() => linked(world.pairings.typeCode(get(number), textIn(input, "code")))),
    unlink(number: string, device: number): void {
      const person = get(number);
      if (!person.companions.has(device)) throw new ControlError("not_found", `${number} has no device ${device}.`);
      world.phones.unlink(person, device);
    },

    send(number: string, input: Input): InboxItem {
      const person = get(number);
      const to = textIn(input, "to");
      const chat = chatFor(world, to, oneOfIn(input, "by", ["pn", "lid"], "pn"));
      if (chat === null) throw new ControlError("not_found", `Nobody is at ${to} on this network.`);
      const media = objectIn(input, "media");
      if (media !== undefined) return sendMedia(world, person, { to: chat, ...mediaIn(media) });
      const { message, edit } = wordsToMessage(world, person, chat, wordsIn(person, input));
      return world.phones.send(person, { chat, message, edit });
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
      const items = ids.length === 0 ? all : ids.map((id) => itemIn(person, id));
      for (const item of items) world.phones.read(person, item);
      return { read: items.map((item) => item.id) };
    },

    type(number: string, input: Input): void {
      const chat = chatFor(world, textIn(input, "to"));
      if (chat === null) throw new ControlError("not_found", "Nobody is there.");
      const state = oneOfIn(input, "state", ["typing", "recording", "paused"], "typing");
      world.phones.type(get(number), chat, state === "paused" ? null : state === "typing" ? "text" : "audio");
    },

    receipts(number: string, id: string) {
      return Object.fromEntries(Object.entries(stateOf(get(number)).receipts.get(id) ?? {}));
    },
    typing: (number: string) => stateOf(get(number)).typing,
    deviceName: (number: string, device: number) => peerName({ person: get(number), device }),
  };
}

function mediaIn(media: Input) {
  return {
    kind: oneOfIn(media, "kind", mediaKinds),
    mimetype: textIn(media, "mimetype"),
    bytes: Buffer.from(textIn(media, "base64"), "base64"),
    caption: optionalText(media, "caption"),
    fileName: optionalText(media, "file_name"),
  };
}

function behaviourIn(input: Input): Behaviour {
  const replies = (Array.isArray(input.replies) ? input.replies : []).map((one: Input) => {
    const pattern = textIn(one, "pattern");
    try {
      new RegExp(pattern, "iu");
    } catch {
      throw new ControlError("invalid", `replies: ${pattern} is no pattern.`);
    }
    return { pattern, reply: textIn(one, "reply") };
  });
  return {
    auto_read: flagIn(input, "auto_read", stillness.auto_read),
    echo: flagIn(input, "echo", stillness.echo),
    reply: optionalText(input, "reply") ?? null,
    replies,
    delay_ms: numberIn(input, "delay_ms", 0),
  };
}

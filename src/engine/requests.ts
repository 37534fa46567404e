// Questions and orders to one session, by name: plain data to what Baileys or WhatsApp wants, and back.
import { type BinaryNode, jidNormalizedUser, S_WHATSAPP_NET, type WASocket } from "@whiskeysockets/baileys";
import { minute, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import {
  type NumberCheck,
  type Privacy,
  privacyValues,
  type SessionRequestName,
  type SessionRequests,
} from "../core/ports.ts";
import type { Connection } from "./connection.ts";
import { askPhone, fetchFile } from "./media/fetch.ts";
import { contentOf } from "./outbound/encoded.ts";
import { relay } from "./outbound/relay.ts";
import { stanzaPartsOf } from "./outbound/stanza.ts";
import { uploadFile } from "./outbound/upload.ts";

type Handlers = {
  [N in SessionRequestName]: (
    connection: Connection,
    input: SessionRequests[N]["input"],
  ) => Promise<SessionRequests[N]["result"]>;
};

/** Baileys' own questions wait a minute, and then answer nothing; whoever asks us is told sooner. */
const answerMs = 30 * second;
/** These have their own end when nothing moves any more, and may wait for others before that. */
const patient: Partial<Record<SessionRequestName, number>> = {
  "messages.upload": 60 * minute,
  "media.fetch": 60 * minute,
  "media.ask_phone": 2 * minute,
};
const ackMs = 15 * second;

export async function answerRequest<N extends SessionRequestName>(
  connection: Connection,
  name: N,
  input: SessionRequests[N]["input"],
): Promise<SessionRequests[N]["result"]> {
  const timeout = Promise.withResolvers<never>();
  const fail = (sentence: string) => timeout.reject(new WaygateError("unavailable", sentence));
  const timer = setTimeout(() => fail("WhatsApp did not answer in time."), patient[name] ?? answerMs);
  // Baileys forgets to tell those who wait when a connection is let go.
  const brokeOff = () => fail("The connection to WhatsApp broke off before it answered.");
  connection.over.addEventListener("abort", brokeOff);
  try {
    return await Promise.race([handlers[name](connection, input), timeout.promise]);
  } catch (error) {
    throw translated(error);
  } finally {
    clearTimeout(timer);
    connection.over.removeEventListener("abort", brokeOff);
    timeout.promise.catch(() => {});
  }
}

const handlers: Handlers = {
  async "profile.get"({ socket }) {
    const jid = ownJid(socket);
    const [status] = (await socket.fetchStatus(jid)) ?? [];
    const about = (status as { status?: { status?: string | null } } | undefined)?.status?.status ?? null;
    return { about, pictureUrl: await pictureOf(socket, jid), displayName: socket.user?.name ?? null };
  },
  async "profile.set_name"({ socket }, { name }) {
    await socket.updateProfileName(name);
    return null;
  },
  async "profile.set_about"({ socket }, { about }) {
    await socket.updateProfileStatus(about);
    return null;
  },
  async "profile.set_picture"({ socket }, { jpeg }) {
    // Baileys would want an image library here to crop it; what is given is taken as it is.
    const content: BinaryNode[] =
      jpeg === null ? [] : [{ tag: "picture", attrs: { type: "image" }, content: Buffer.from(jpeg) }];
    await socket.query({
      tag: "iq",
      attrs: { to: S_WHATSAPP_NET, type: "set", xmlns: "w:profile:picture" },
      ...(content.length === 0 ? {} : { content }),
    });
    return null;
  },
  "privacy.get": ({ socket }) => privacyOf(socket),
  async "privacy.set"({ socket }, changes) {
    for (const [name, value] of Object.entries(changes)) {
      await socket.query({
        tag: "iq",
        attrs: { xmlns: "privacy", to: S_WHATSAPP_NET, type: "set" },
        content: [{ tag: "privacy", attrs: {}, content: [{ tag: "category", attrs: { name, value } }] }],
      });
    }
    return privacyOf(socket);
  },
  "blocklist.get": ({ socket }) => blocked(socket),
  async "blocklist.change"({ socket }, { jid, action }) {
    await socket.updateBlockStatus(jid, action);
    return blocked(socket);
  },
  async "contacts.check"({ socket, signal }, { phones }) {
    const asked = phones.map((phone) => `${phone}@s.whatsapp.net`);
    const found = (await socket.onWhatsApp(...asked)) ?? [];
    await socket.signalRepository.lidMapping.getLIDsForPNs(found.filter(({ exists }) => exists).map(({ jid }) => jid));
    return phones.map((phone): NumberCheck => {
      const answer = found.find(({ jid }) => jid.startsWith(`${phone}@`));
      const exists = answer?.exists === true;
      return {
        phone,
        exists,
        jid: exists ? (answer?.jid ?? null) : null,
        lid: exists ? signal.people.lidOf(answer?.jid ?? "") : null,
      };
    });
  },
  async "messages.send"({ socket, turns, acks }, { chat, waId, raw }) {
    const acknowledged = acks.of(waId, ackMs);
    acknowledged.catch(() => {});
    const message = contentOf(raw);
    const parts = stanzaPartsOf(message, chat);
    const refused = await turns.without(() => relay(socket, { chat, waId, message, parts }));
    if (refused !== null) return { outcome: "refused", code: refused };
    const { error, t } = (await acknowledged).attrs;
    return error === undefined ? { outcome: "sent", at: Number(t ?? 0) * second } : { outcome: "refused", code: error };
  },
  "messages.upload": ({ files }, uploading) => uploadFile(uploading, files),
  "media.fetch": ({ files }, wanted) => fetchFile(wanted, files),
  "media.ask_phone": (connection, lost) => askPhone(lost, connection),
  "groups.get": ({ groups }, { jid }) => groups.get(jid),
  async "messages.read"({ socket }, { messages }) {
    const keys = messages.map(({ chat, participant, waId }) => ({
      remoteJid: jidNormalizedUser(chat),
      ...(participant === null ? {} : { participant: jidNormalizedUser(participant) }),
      id: waId,
      fromMe: false,
    }));
    await socket.readMessages(keys);
    return null;
  },
  async "people.forget"(connection, person) {
    connection.signal.forgetPerson(person);
    await connection.saved();
    return null;
  },
  async "chats.watch_presence"({ socket }, { chat }) {
    await socket.presenceSubscribe(chat);
    return null;
  },
  async "chats.show_presence"({ socket }, { chat, state }) {
    await socket.sendPresenceUpdate(state === "typing" ? "composing" : state, chat);
    return null;
  },
};

function ownJid({ user }: WASocket): string {
  return jidNormalizedUser(user?.id);
}

async function pictureOf(socket: WASocket, jid: string): Promise<string | null> {
  try {
    return (await socket.profilePictureUrl(jid, "image")) ?? null;
  } catch (error) {
    // None, or not for us to see.
    if (/item-not-found|not-authorized/.test(String(error))) return null;
    throw error;
  }
}

async function privacyOf(socket: WASocket): Promise<Privacy> {
  const told = await socket.fetchPrivacySettings(true);
  return Object.fromEntries(Object.entries(told).filter(([name]) => Object.hasOwn(privacyValues, name)));
}

async function blocked(socket: WASocket): Promise<string[]> {
  return (await socket.fetchBlocklist()).flatMap((jid) => (jid === undefined ? [] : [jid]));
}

function translated(error: unknown): unknown {
  if (error instanceof WaygateError) return error;
  const { data, message, output } = error as { data?: unknown; message?: string; output?: { statusCode?: number } };
  if (message === "Connection Closed" || output?.statusCode === 428) {
    return new WaygateError("unavailable", "The connection to WhatsApp broke off before it answered.", {}, error);
  }
  if (typeof data === "number")
    return new WaygateError("conflict", `WhatsApp refused: ${message} (${data}).`, {}, error);
  return new WaygateError("unavailable", `WhatsApp could not do this: ${message ?? "no reason given"}.`, {}, error);
}

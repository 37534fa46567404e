// What comes from WhatsApp, recorded and read: rows of the inbox against the values they stand for.
import { expect, test } from "bun:test";
import { decryptMessageNode, proto, type WAMessage } from "@whiskeysockets/baileys";
import type { ReceivedMessage } from "../../../src/core/inbound.ts";
import { readStanza } from "../../../src/engine/inbound/stanza.ts";
import { decodeStanza } from "../../../src/engine/signal/stanza.ts";
import { goldenOf, isRecording, loadGolden, saveGolden } from "./golden.ts";
import { made } from "./made.ts";
import { record, steps } from "./recording.ts";
import { lid, me, pn, viewOf } from "./stanzas.ts";

if (isRecording) {
  await record((name, row) => saveGolden(name, goldenOf(row)));
  for (const [name, row] of Object.entries(made)) saveGolden(name, goldenOf(row));
}

const recorded = steps.map(([name]) => name);
const readAgain = (name: string) => {
  const golden = loadGolden(name);
  return { golden, row: Buffer.from(golden.row, "base64") };
};

test.each([...recorded, ...Object.keys(made)])("%s is read as it was looked through", (name) => {
  const { golden, row } = readAgain(name);
  expect(goldenOf({ ...golden, row })).toEqual(golden);
});

test.each(Object.keys(made))("%s is kept as it is made here", (name) => {
  expect(readAgain(name).row.equals(made[name]?.row ?? Buffer.alloc(0))).toBe(true);
});

/** A secret that lies beside what our phone sent on, and who wrote in a channel: Baileys does not look. */
const knowsMore = ["place-by-our-phone-a-poll", "place-in-a-channel-by-us"];

test.each([...recorded, ...Object.keys(made)].filter((name) => !knowsMore.includes(name)))(
  "%s has the raw form and the place that Baileys gives it",
  async (name) => {
    const { golden, row } = readAgain(name);
    const [value] = readStanza(row, me, viewOf(golden.people));
    if (value?.type !== "message" || value.raw.length === 0) return;
    const { key, message } = await byBaileys(row);
    // Sent once more by our phone: Baileys has that within the answer.
    if (value.key.waId !== key.id) return;
    expect(value.key.isFromMe).toBe(key.fromMe ?? false);
    expect(proto.Message.decode(value.raw).toJSON()).toEqual(withoutKeys(message).toJSON());
    expect(chatOf(value)).toContain(
      (key.remoteJid ?? "").replace(/:\d+|_\d+/, "").replace("@hosted", "@s.whatsapp.net"),
    );
  },
);

async function byBaileys(row: Uint8Array): Promise<WAMessage> {
  const opened = {
    decryptMessage: async ({ ciphertext }: { ciphertext: Uint8Array }) => ciphertext,
    decryptGroupMessage: async ({ msg }: { msg: Uint8Array }) => msg,
    processSenderKeyDistributionMessage: async () => {},
    migrateSession: async () => {},
    lidMapping: { getLIDForPN: async () => null, storeLIDPNMappings: async () => {} },
  } as unknown as Parameters<typeof decryptMessageNode>[3];
  const silent = { error() {}, debug() {}, warn() {} } as unknown as Parameters<typeof decryptMessageNode>[4];
  const { fullMessage, decrypt } = decryptMessageNode(decodeStanza(row), pn(me), lid(me), opened, silent);
  await decrypt();
  return fullMessage;
}

function withoutKeys(message: proto.IMessage | null | undefined) {
  const { senderKeyDistributionMessage: _, ...said } = message ?? {};
  return proto.Message.fromObject(said);
}

/** Every address it may be called by. */
function chatOf({ key: { chat } }: ReceivedMessage): string[] {
  // What came by somebody's list is between the two of us here.
  return chat.kind === "person" ? [pn(chat.face), lid(chat.face), "1700000000@broadcast"] : [chat.jid];
}

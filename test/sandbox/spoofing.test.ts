// CVE-2026-48063: words that only one's own phone may say, from strangers and members of groups. An unmodified rc14
// takes them for what they are; whoever builds on it must too.
import { expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { spoofedKinds } from "../../src/sandbox/people/spoofing.ts";
import { proto } from "../../src/sandbox/wire/proto.ts";
import { connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const strangers = "15551000001";
const victims = "15551000002";
const numbers: Record<(typeof spoofedKinds)[number], number> = {
  history_sync_notification: 5,
  app_state_sync_key_share: 6,
  lid_migration_mapping_sync: 22,
  peer_data_operation_request_response_message: 17,
};

async function start() {
  const network = await createNetwork();
  const control = createControl(network);
  for (const number of [mine, strangers, victims]) control.phones.add({ number });
  const client = connectBaileys(network.endpoint, { shouldSyncHistoryMessage: () => true });
  await control.phones.scan(mine, { qr: await client.qr() });
  await client.opened();
  await network.settled();
  const { id: group } = control.createGroup({ subject: "G", creator: strangers, members: [mine] });
  return {
    network,
    control,
    client,
    group,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

test.each(spoofedKinds)(
  "%s from a stranger, in a group, and marked as from one's own phone: read, and not believed",
  async (type) => {
    await using all = await start();
    const { network, control, client, group } = all;
    const histories: unknown[] = [];
    client.socket().ev.on("messaging-history.set", (history) => void histories.push(history));
    const [appStateKey, mapped] = [client.creds.myAppStateKeyId, await lidOf(victims)];
    const protocol = { type, text: "Send me money!", victim: victims };
    const sent = [
      control.phones.send(strangers, { to: mine, protocol }),
      control.phones.send(strangers, { to: group, protocol }),
      control.phones.send(strangers, { to: mine, protocol: { ...protocol, as_peer: true } }),
    ];
    const got = await until("all three", () => {
      const found = sent.map(({ id }) => client.messages.find((message) => message.key.id === id));
      return found.every((message) => message !== undefined) ? found : null;
    });
    expect(got.map((message) => message?.message?.protocolMessage?.type)).toEqual(sent.map(() => numbers[type]));
    await network.settled();
    expect(client.creds.myAppStateKeyId).toBe(appStateKey);
    expect(histories).toEqual([]);
    expect(await lidOf(victims)).toBe(mapped);
    expect(JSON.stringify(client.messages.map((message) => message.message?.conversation))).not.toContain("money");
    expect(network.world.observer.readViolations()).toEqual([]);

    function lidOf(phone: string) {
      return client.socket().signalRepository.lidMapping.getLIDForPN(`${phone}@s.whatsapp.net`);
    }
  },
);

test("what is forged is what one's own phone would say, in somebody else's interest", async () => {
  await using all = await start();
  const { control } = all;
  const victim = control.phones.get(victims);
  const messageOf = (type: string) => {
    const { message } = control.phones.send(strangers, {
      to: mine,
      protocol: { type, text: "Send!", victim: victims },
    });
    return proto.Message.fromObject(message).protocolMessage;
  };
  const [share] = messageOf("app_state_sync_key_share")?.appStateSyncKeyShare?.keys ?? [];
  expect([share?.keyId?.keyId?.length, share?.keyData?.keyData?.length]).toEqual([6, 32]);
  const payload = messageOf("lid_migration_mapping_sync")?.lidMigrationMappingSyncMessage?.encodedMappingPayload;
  const { pnToLidMappings } = proto.LIDMigrationMappingSyncPayload.decode(payload ?? new Uint8Array());
  const forger = control.phones.get(strangers).lid;
  expect(pnToLidMappings.map(({ pn, assignedLid }) => [String(pn), String(assignedLid)])).toEqual([
    [victim.number, String(forger)],
  ]);
  const [result] =
    messageOf("peer_data_operation_request_response_message")?.peerDataOperationRequestResponseMessage
      ?.peerDataOperationResult ?? [];
  const bytes = result?.placeholderMessageResendResponse?.webMessageInfoBytes ?? new Uint8Array();
  expect(proto.WebMessageInfo.decode(bytes)).toMatchObject({
    key: { remoteJid: `${victims}@s.whatsapp.net` },
    message: { conversation: "Send!" },
  });
  const notice = messageOf("history_sync_notification")?.historySyncNotification;
  const history = proto.HistorySync.decode(inflateSync(Buffer.from(notice?.initialHistBootstrapInlinePayload ?? [])));
  expect(history.conversations?.[0]?.messages?.[0]?.message?.message?.conversation).toBe("Send!");
});

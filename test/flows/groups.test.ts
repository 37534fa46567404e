// Groups of both kinds, those that call their members by LID and those that call them by number: who wrote, who is meant,
// and who may take back what another wrote.
import { expect, test } from "bun:test";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const zoe = "15553000001";
const yan = "15553000002";

type Meeting = { flow: Flow; line: Line; id: string; say(from: string, more: object): string } & AsyncDisposable;

/** A group that `others` has made, with the session and two more in it. */
async function meet(addressing: "lid" | "pn"): Promise<Meeting> {
  const flow = await startFlow();
  for (const [number, name] of [
    [zoe, "Zoe"],
    [yan, "Yan"],
  ] as const)
    flow.control.phones.add({ number, name });
  const line = await flow.link();
  const { id } = flow.control.createGroup({
    subject: "Neighbours",
    creator: others,
    members: [mine, zoe, yan],
    addressing,
  });
  const say = (from: string, more: object) => flow.control.phones.send(from, { to: id, ...more }).id;
  return { flow, line, id, say, [Symbol.asyncDispose]: () => flow[Symbol.asyncDispose]() };
}

const shown = (flow: Flow, waId: string) =>
  until(`${waId} to be there`, async () => {
    const { data } = (await flow.call("/messages?session=shop")).json;
    const found = data.find(({ wa_id }: { wa_id: string }) => wa_id === waId);
    return found === undefined ? null : (await flow.call(`/messages/${found.id}`)).json;
  });

const isDeleted = (flow: Flow, waId: string) =>
  until(`${waId} to be deleted`, async () => (await shown(flow, waId)).deleted_at !== null);

/** Whatever came before it has been taken in. */
async function isThrough({ flow, say }: Meeting): Promise<void> {
  await shown(flow, say(yan, { text: "that is all" }));
}

async function arrived(flow: Flow, at: string, waId: string) {
  return until(`${waId} to arrive`, async () => {
    const { data } = await flow.control.phones.inbox(at, { limit: 1_000 });
    return data.find(({ id }) => id === waId) ?? null;
  });
}

const lidOf = (flow: Flow, phone: string) => flow.network.world.registry.find(phone)!.lid!;

test.each(["lid", "pn"] as const)("in a %s group everybody is who they are, in and out", async (addressing) => {
  await using meeting = await meet(addressing);
  const { flow, id, say } = meeting;
  const jidOf = (phone: string) => (addressing === "lid" ? `${lidOf(flow, phone)}@lid` : `${phone}@s.whatsapp.net`);
  const first = say(zoe, { text: "who comes?" });
  const second = say(yan, { text: "ask us", quote: (await arrived(flow, yan, first)).id, mentions: [mine, zoe] });
  expect(await shown(flow, second)).toMatchObject({
    sender: { phone: `+${yan}`, lid: lidOf(flow, yan) },
    reply_to: { wa_id: first, sender: { phone: `+${zoe}`, lid: lidOf(flow, zoe) } },
    mentions: [
      { phone: `+${mine}`, lid: lidOf(flow, mine) },
      { phone: `+${zoe}`, lid: lidOf(flow, zoe) },
    ],
  });

  const asked = await shown(flow, first);
  const body = { session_id: "shop", to: id, text: `@${zoe} I do`, reply_to: asked.id, mentions: [zoe] };
  const { json: ours } = await flow.call("/messages", { body });
  const { message } = await arrived(flow, zoe, ours.wa_id);
  const digits = addressing === "lid" ? lidOf(flow, zoe) : zoe;
  expect(message).toMatchObject({
    extendedTextMessage: {
      text: `@${digits} I do`,
      contextInfo: { stanzaId: first, participant: jidOf(zoe), mentionedJid: [jidOf(zoe)] },
    },
  });

  say(zoe, { react: { id: ours.wa_id, emoji: "🎉" } });
  say(yan, { react: { id: first, emoji: "👍" } });
  flow.control.phones.read(zoe, { ids: [ours.wa_id] });
  const liked = await until("the reaction and the receipt", async () => {
    const now = (await flow.call(`/messages/${ours.id}`)).json;
    return now.reactions.length > 0 && now.receipts.some((one: { read_at: string | null }) => one.read_at) ? now : null;
  });
  expect(liked.reactions).toMatchObject([{ emoji: "🎉", by: { phone: `+${zoe}`, lid: lidOf(flow, zoe) } }]);
  expect(liked.receipts.find((one: { read_at: string | null }) => one.read_at).by).toMatchObject({ phone: `+${zoe}` });
  await until("the other reaction", async () => (await shown(flow, first)).reactions.length === 1);

  say(zoe, { edit: { id: first, text: "who comes, then?" } });
  await until("the edit", async () => (await shown(flow, first)).text === "who comes, then?");
  say(zoe, { revoke: first });
  await isDeleted(flow, first);

  const { data } = (await flow.call("/contacts")).json;
  const named = data.map(({ phone, lid }: { phone: string; lid: string }) => `${phone} ${lid}`);
  expect(named.filter((one: string) => one.includes(zoe) || one.includes(lidOf(flow, zoe)))).toEqual([
    `+${zoe} ${lidOf(flow, zoe)}`,
  ]);
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

test.each(["lid", "pn"] as const)("in a %s group admins take back what others wrote, and nobody else", async (kind) => {
  await using meeting = await meet(kind);
  const { flow, id, say } = meeting;
  const [hers, ours] = [say(zoe, { text: "hers" }), say(mine, { text: "from our phone" })];
  const kept = say(zoe, { text: "hers as well" });
  for (const one of [hers, ours, kept]) await shown(flow, one);

  say(yan, { revoke: hers });
  say(yan, { revoke: ours });
  await isThrough(meeting);
  // WhatsApp is asked who decides here, once: until then neither is done.
  await flow.network.settled();
  for (const one of [hers, ours]) expect((await shown(flow, one)).deleted_at).toBeNull();

  say(others, { revoke: hers });
  await isDeleted(flow, hers);
  flow.control.changeGroup(id, { by: others, promote: [yan] });
  say(yan, { revoke: ours });
  await isDeleted(flow, ours);
  flow.control.changeGroup(id, { by: others, demote: [yan] });
  await flow.network.settled();
  flow.network.clock.advance(2_000);
  say(yan, { revoke: kept });
  await isThrough(meeting);
  await flow.network.settled();
  expect((await shown(flow, kept)).deleted_at).toBeNull();
  const told = (await meeting.line.allEvents()).filter(({ type }) => type === "message.deleted");
  expect(told.length).toBe(2);
});

test("where nobody can say who decides, it is waited for, over a new start as well", async () => {
  await using meeting = await meet("lid");
  const { flow, say } = meeting;
  const hers = say(zoe, { text: "hers" });
  const ours = say(mine, { text: "from our phone" });
  for (const one of [hers, ours]) await shown(flow, one);
  const answers = flow.strike("iq-silence", { phone: mine, count: null });
  say(others, { revoke: hers });
  say(yan, { revoke: ours });
  await isThrough(meeting);
  for (const one of [hers, ours]) expect((await shown(flow, one)).deleted_at).toBeNull();
  await flow.restart(answers);
  await meeting.line.reaches("connected");
  await isDeleted(flow, hers);
  expect((await shown(flow, ours)).deleted_at).toBeNull();
});

test("a group that comes to call its members otherwise is written to like that", async () => {
  await using meeting = await meet("pn");
  const { flow, id, say } = meeting;
  const mention = async () => {
    const body = { session_id: "shop", to: id, text: `@${zoe}`, mentions: [zoe] };
    const { json } = await flow.call("/messages", { body });
    return (await arrived(flow, zoe, json.wa_id)).message;
  };
  const named = (jid: string) => ({ extendedTextMessage: { contextInfo: { mentionedJid: [jid] } } });
  expect(await mention()).toMatchObject(named(`${zoe}@s.whatsapp.net`));
  flow.network.world.groups.find(id)!.facts.addressing = "lid";
  await shown(flow, say(yan, { text: "by LID from now on" }));
  await flow.network.settled();
  expect(await mention()).toMatchObject(named(`${lidOf(flow, zoe)}@lid`));
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

// What happens in groups, from somebody's phone to the events: who comes and goes, who decides, what is changed, by whom.
import { expect, test } from "bun:test";
import { isoTime } from "../dialects/clients-calls.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { startHttpHost } from "../support/http-host.ts";
import { type Flow, holds, mine, others, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { findTraces } from "../support/traces.ts";
import { until } from "../support/until.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
type Json = Record<string, any>;

const zoe = "15553000001";
const yan = "15553000002";
const phone = (number: string) => ({ phone: `+${number}`, from_me: false });

async function told(flow: Flow): Promise<Json[]> {
  const all = (await checkedEvents((path) => flow.call(path))) as unknown as Json[];
  return all.filter(({ event }) => /^(member|group)\./.test(event));
}
const next = (flow: Flow, count: number) =>
  until(`${count} events of groups`, async () => {
    const all = await told(flow);
    return all.length >= count ? all : null;
  });

const contactOf = async (flow: Flow, number: string): Promise<Json | undefined> =>
  (await flow.call("/contacts?limit=200")).json.data.find((one: Json) => one.phone === `+${number}`);

async function meet(addressing: "lid" | "pn" = "lid", settings: Record<string, unknown> = {}) {
  const flow = await startFlow();
  flow.control.phones.add({ number: yan });
  const line = await flow.link("shop", mine, settings);
  flow.control.phones.add({ number: zoe });
  const { id } = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine, yan], addressing });
  const change = (by: string, more: object) => void flow.control.changeGroup(id, { by, ...more });
  return { flow, line, id, change, [Symbol.asyncDispose]: () => flow[Symbol.asyncDispose]() };
}

test.each(["lid", "pn"] as const)(
  "in a %s group everybody who comes, goes, rises and falls is told of",
  async (kind) => {
    await using meeting = await meet(kind);
    const { flow, line, id, change } = meeting;
    const session_id = (await line.shown()).id;
    const steps: [by: string, object, event: string, member: object, how?: string][] = [
      [others, { add: [zoe] }, "member.joined", phone(zoe), "added"],
      [others, { promote: [zoe] }, "member.promoted", phone(zoe)],
      [zoe, { demote: [others] }, "member.demoted", phone(others)],
      [zoe, { promote: [mine] }, "member.promoted", { from_me: true, phone: `+${mine}` }],
      [zoe, { remove: [yan] }, "member.left", phone(yan), "removed"],
      [yan, { join: true }, "member.joined", phone(yan), "joined"],
      [yan, { leave: true }, "member.left", phone(yan), "left"],
      [zoe, { remove: [mine] }, "member.left", { from_me: true }, "removed"],
    ];
    const [made] = await next(flow, 1);
    expect(made).toMatchObject({
      ...{ event: "member.joined", session_id, group_id: id, from: `+${others}` },
      data: { group_id: id, member: { from_me: true }, by: phone(others), how: "added", happened_at: isoTime },
    });
    for (const [place, [by, input, event, member, how]] of steps.entries()) {
      change(by, input);
      const all = await next(flow, place + 2);
      expect(all).toHaveLength(place + 2);
      expect(all.at(-1)).toMatchObject({
        event,
        session_id,
        group_id: id,
        from: `+${by}`,
        data: { group_id: id, member, by: phone(by) },
      });
      expect(all.at(-1)?.data.how).toBe(how);
    }
    // She has not written: whoever is in a group is no contact for that.
    expect(await contactOf(flow, zoe)).toBeUndefined();
    expect(flow.network.world.observer.readViolations()).toEqual([]);
  },
);

test("several who are added at once are told of one by one, and the account itself is named as such", async () => {
  await using meeting = await meet();
  const { flow, change } = meeting;
  await next(flow, 1);
  change(mine, { add: [zoe, "15551000001"] });
  const [, first, second] = await next(flow, 3);
  expect([first, second].map((one) => one?.data.member.phone)).toEqual([`+${zoe}`, "+15551000001"]);
  for (const one of [first, second])
    expect(one).toMatchObject({ from: `+${mine}`, data: { by: { from_me: true }, how: "added" } });
});

test("what a group is called, is about, looks like and how it is set, with who has changed it", async () => {
  await using meeting = await meet();
  const { flow, line, id, change } = meeting;
  flow.control.phones.send(others, { to: id, text: "hello" });
  const chat = await until("the chat", async () => (await flow.call("/chats?type=group")).json.data[0]);
  const picture = bytesOf("photo.jpg").toString("base64");
  const steps: [object, object][] = [
    [{ subject: "Old neighbours" }, { subject: "Old neighbours" }],
    [{ description: "Für alle im Haus 🏠" }, { description: "Für alle im Haus 🏠" }],
    [{ description: null }, { description: null }],
    [{ announce: true }, { announce: true }],
    [{ announce: false }, { announce: false }],
    [{ locked: true }, { locked: true }],
    [{ disappearing_seconds: 604_800 }, { disappearing_seconds: 604_800 }],
    [{ disappearing_seconds: 0 }, { disappearing_seconds: 0 }],
    [{ picture }, { picture_id: expect.stringMatching(/^\d+$/) }],
    [{ picture: null }, { picture_id: null }],
  ];
  for (const [place, [input, changes]] of steps.entries()) {
    change(others, input);
    const last = (await next(flow, place + 2)).at(-1);
    expect(last).toMatchObject({
      event: "group.updated",
      group_id: id,
      from: `+${others}`,
      data: { by: phone(others), chat_id: chat.id },
    });
    expect(last?.data.changes).toEqual(changes);
  }
  expect((await flow.call(`/chats/${chat.id}`)).json.name).toBe("Old neighbours");
  const inChat = (await flow.call(`/events?chat=${chat.id}&events=group.*&limit=200&cursor=earliest`)).json.data;
  expect(inChat).toHaveLength(steps.length);
  expect((await line.shown()).status).toBe("connected");
});

test("what happened while the gateway was off is told after its start, with when it was, and once", async () => {
  await using meeting = await meet();
  const { flow, line, change } = meeting;
  await next(flow, 1);
  const before = flow.network.clock.now();
  await flow.restart(() => {
    change(others, { add: [zoe] });
    change(others, { subject: "Meanwhile" });
  });
  await line.reaches("connected");
  const [, added, renamed] = await next(flow, 3);
  expect([added?.event, renamed?.data.changes]).toEqual(["member.joined", { subject: "Meanwhile" }]);
  expect(Math.abs(Date.parse(added?.data.happened_at) - before)).toBeLessThan(30_000);
  await flow.restart();
  await line.letIn(3);
  await line.settled();
  expect(await told(flow)).toHaveLength(3);
});

test("a webhook for one group hears of that one alone, and in the envelope's form the same", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using meeting = await meet();
  const { flow, id, change } = meeting;
  await next(flow, 1);
  const url = `http://127.0.0.1:${host.port}/`;
  await flow.call("/webhooks", { body: { url: `${url}native`, events: ["member.*", "group.*"], chats: [id] } });
  await flow.call("/webhooks", { body: { url: `${url}envelope`, events: ["member.*"], format: "envelope" } });
  flow.control.createGroup({ subject: "Another", creator: others, members: [mine] });
  await next(flow, 2);
  change(others, { add: [zoe] });
  const heard = (path: string) =>
    host.received.filter((one) => one.path === path).map(({ body }) => JSON.parse(body.toString()));
  await until("both", () => heard("/native").length === 1 && heard("/envelope").length >= 2);
  const [event] = heard("/native");
  expect(event).toMatchObject({
    event: "member.joined",
    group_id: id,
    from: `+${others}`,
    data: { member: phone(zoe) },
  });
  expect(heard("/envelope").at(-1)).toEqual(event);
  expect(heard("/envelope").map((one) => one.event)).toEqual(["member.joined", "member.joined"]);
});

test("a session that has nothing to do with groups tells nothing of them", async () => {
  await using meeting = await meet("lid", { ignore_groups: true });
  meeting.change(others, { add: [zoe] });
  await meeting.flow.network.settled();
  await holds("nothing is told", 300, async () => (await told(meeting.flow)).length === 0);
});

test("who is forgotten is in no event any more, as a member, or as who has done it", async () => {
  await using meeting = await meet();
  const { flow, id, change } = meeting;
  const lid = flow.network.world.registry.find(yan)?.lid ?? "";
  change(others, { promote: [yan] });
  change(yan, { add: [zoe], subject: "Brokatvorhang" });
  await next(flow, 4);
  flow.control.phones.send(yan, { to: id, text: "hello" });
  const contact = await until("a contact", () => contactOf(flow, yan));
  change(yan, { demote: [others] });
  await next(flow, 5);
  const dataDir = String(flow.settings.dataDir);
  expect(findTraces(dataDir, [yan, lid, "Brokatvorhang"])).not.toEqual([]);
  expect((await flow.call(`/contacts/${contact.id}`, { method: "DELETE" })).json).toEqual({ status: "forgotten" });
  const after = await told(flow);
  expect(after.map(({ event }) => event)).toEqual([
    "member.joined",
    "member.promoted",
    "member.joined",
    "group.updated",
    "member.demoted",
  ]);
  expect(after.map(({ data }) => data.group_id)).toEqual(after.map(() => id));
  expect(after[3]?.data).toMatchObject({ by: null, changes: {} });
  expect(JSON.stringify(after)).not.toContain(yan);
  // A group's name is the group's, whoever gave it.
  expect(findTraces(dataDir, [yan, lid])).toEqual([]);
});

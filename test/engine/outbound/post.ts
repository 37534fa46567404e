// A session of the engine that sends what it is told to, as the sender does it, to people whose phones are looked into.
import { expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { bareContext, type Content, type Context, type MediaKind } from "../../../src/core/content.ts";
import type { Writing } from "../../../src/core/ports.ts";
import type { ShownItem } from "../../../src/sandbox/people/inbox.ts";
import type { Person } from "../../../src/sandbox/people/person.ts";
import { startEngine, type TestEngineOptions } from "../../support/engine.ts";
import { createFolder } from "../../support/folder.ts";

const phones = { me: "15550001111", alice: "15551000001", bob: "15551000002" };

/** One session, linked by `me`; everything is sent as the sender does it. */
export async function startPost({ proxy, ...options }: TestEngineOptions & { proxy?: () => string } = {}) {
  await using opened = new AsyncDisposableStack();
  const sent = new Map<string, Uint8Array>();
  const rig = opened.use(await startEngine({ findSent: (_session, waId) => sent.get(waId) ?? null, ...options }));
  const folder = opened.use(createFolder());
  const [me, alice, bob] = [phones.me, phones.alice, phones.bob].map((phone) =>
    rig.sandbox.world.registry.ensure({ phone }),
  ) as [Person, Person, Person];
  const session = await rig.link(await rig.addSession(proxy === undefined ? {} : { proxy: proxy() }), me);
  await rig.sandbox.settled();
  const toAlice = `${alice.phone}@s.whatsapp.net`;
  const writing = (more: Partial<Writing>): Writing => ({
    target: toAlice,
    me: { phone: me.phone, lid: me.lid },
    members: "lid",
    quoted: null,
    file: null,
    ...more,
  });

  async function post(target: string, waId: string, raw: Uint8Array): Promise<void> {
    sent.set(waId, raw);
    const outcome = await rig.engine.ask(session.id, "messages.send", { chat: target, waId, raw });
    expect(outcome).toMatchObject({ outcome: "sent" });
    await rig.sandbox.settled();
  }

  async function say(content: Content, context: Partial<Context> = {}, more: Partial<Writing> = {}) {
    const how = writing(more);
    const composed = await rig.engine.compose(content, { ...bareContext, ...context }, how);
    await post(how.target, composed.waId, composed.raw);
    return composed;
  }

  /** Composed with its file, but nothing of it has gone out. */
  async function draft(
    kind: MediaKind,
    path: string,
    more: { caption?: string; isViewOnce?: boolean; target?: string } = {},
  ) {
    const { caption = null, isViewOnce = false, target = toAlice } = more;
    const to = join(folder.path, randomBytes(4).toString("hex"));
    const prepared = await rig.engine.prepare({ path, kind, to, fileName: "a file.bin", mimeType: null });
    const content: Content = { kind, caption, isViewOnce, media: prepared.media };
    const composed = await rig.engine.compose(content, bareContext, writing({ target, file: prepared.file }));
    return { ...composed, path: prepared.path, media: prepared.media, target };
  }

  const upload = (raw: Uint8Array, path: string) => rig.engine.ask(session.id, "messages.upload", { raw, path });

  async function sendFile(...how: Parameters<typeof draft>) {
    const message = await draft(...how);
    const outcome = await upload(message.raw, message.path);
    if (outcome.outcome !== "uploaded") throw new Error(outcome.sentence);
    await post(message.target, message.waId, outcome.raw);
    return { ...message, raw: outcome.raw };
  }

  const inboxOf = (person: Person, waId: string): ShownItem =>
    rig.sandbox.world.phones.stateOf(person).inbox.find(({ id }) => id === waId) ?? fail(`nobody got ${waId}`);
  const plainOf = async (item: ShownItem): Promise<Buffer> => {
    if (item.media === null || "fault" in item.media) throw new Error(`no file: ${JSON.stringify(item.media)}`);
    return Buffer.from(await rig.sandbox.world.media.plainFile(item.media.path).arrayBuffer());
  };
  const keep = opened.move();
  return {
    ...{ rig, folder: folder.path, session, me, alice, bob, toAlice },
    ...{ say, post, draft, upload, sendFile, writing, inboxOf, plainOf },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

function fail(sentence: string): never {
  throw new Error(sentence);
}

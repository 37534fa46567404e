// A store with one session in it, and what its people say and do, as it is taken in.
import { commandLine } from "../../src/core/audit.ts";
import type { ChatRef } from "../../src/core/chat.ts";
import { bareContext, type Content, type Face } from "../../src/core/content.ts";
import type { MessageKey } from "../../src/core/inbound.ts";
import { silentLog } from "../../src/core/log.ts";
import { usualSettings } from "../../src/core/session.ts";
import type { TakenValue } from "../../src/store/intake.ts";
import { openStore } from "../../src/store/store.ts";
import { createTestClock } from "./clock.ts";

export const clock = createTestClock();
export const at = clock.now();
export const alice: Face = { phone: "15551000001", lid: "111111111111111" };
export const bob: Face = { phone: "15551000002", lid: null };
export const group: ChatRef = { kind: "group", jid: "120363000000000001@g.us" };
export const withAlice: ChatRef = { kind: "person", face: alice };
export const text = (said: string): Content => ({ kind: "text", text: said, preview: null });
export const keyOf = (chat: ChatRef, waId: string, sender: Face | null): MessageKey => ({
  chat,
  waId,
  sender,
  isFromMe: sender === null,
});
export const said = (key: MessageKey, content: Content): TakenValue => ({
  type: "message",
  key,
  at,
  pushName: null,
  verifiedName: null,
  content,
  context: bareContext,
  locator: null,
  secret: null,
  raw: new Uint8Array(),
  isLate: false,
  address: { chat: "15551000001@s.whatsapp.net", participant: null },
});
export const edit = (key: MessageKey, target: MessageKey, content: Content): TakenValue => ({
  type: "edit",
  key,
  target,
  content,
  context: bareContext,
  raw: new Uint8Array(),
  at,
});

export async function openInbox(dataDir: string) {
  const runner = { pid: process.pid, doing: "test" };
  const store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
  const entry = { actor: commandLine, accountId: 0, target: null, detail: {}, at } as const;
  const planId = (await store.plans.findByName("unlimited"))!.id;
  const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: at } as const;
  const accountId = await store.write("accounts.create", { account, event: { ...entry, action: "account.created" } });
  const session = {
    accountId,
    name: "shop",
    label: null,
    settings: usualSettings,
    proxy: null,
    isWanted: true,
    createdAt: at,
  };
  const sessionId = await store.write("sessions.create", { session, event: { ...entry, action: "session.created" } });
  const take = (...values: TakenValue[]) =>
    store.write("intake.take", { sessionId, arrived: [{ inboxId: null, values }], at });
  const find = async (waId: string) => (await store.messages.findByWaId(sessionId, waId))!;
  return { take, find, store, accountId, sessionId, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

// The measure of what is told of presence: so much of a session in a minute, so many chats to hear of.
import { expect, test } from "bun:test";
import { silentLog } from "../../src/core/log.ts";
import type { PresenceValue } from "../../src/core/told.ts";
import { createPresences } from "../../src/jobs/presences.ts";
import { mostWatched } from "../../src/store/presence.ts";
import { createFolder } from "../support/folder.ts";
import { at, clock, keyOf, openInbox, said, text } from "../support/inbox.ts";

const faceOf = (place: number) => ({ phone: String(15_560_000_000 + place), lid: null });
const chatWith = (place: number) => ({ kind: "person", face: faceOf(place) }) as const;
const types = (place: number): PresenceValue => ({
  ...{ type: "presence", chat: chatWith(place), who: faceOf(place), state: "typing", lastSeenAt: null },
});

/** A session with so many chats, each with somebody else. */
async function openChats(folder: string, count: number) {
  const inbox = await openInbox(folder);
  const places = Array.from({ length: count }, (_, place) => place);
  await inbox.take(...places.map((place) => said(keyOf(chatWith(place), `A${place}`, faceOf(place)), text("hello"))));
  return { ...inbox, places, [Symbol.asyncDispose]: () => inbox[Symbol.asyncDispose]() };
}

test("of a thousand who type at once some hundreds are told of, in one session; another has its own measure", async () => {
  using folder = createFolder();
  await using inbox = await openChats(folder.path, 1_000);
  const { store, sessionId, accountId, places } = inbox;
  const engine = { ask: () => Promise.reject(new Error("nobody is asked anything here")) };
  {
    await using presences = createPresences({ store, engine, clock, log: silentLog });
    for (const place of places) presences.take(sessionId, types(place));
    presences.take(sessionId + 1, types(0));
  }
  const all = await store.journal.after(accountId, 0, 10_000);
  expect(all.filter(({ type }) => type === "presence.updated")).toHaveLength(300);
});

test("only so many chats of a session can be subscribed to, and one that is ended makes room", async () => {
  using folder = createFolder();
  await using inbox = await openChats(folder.path, mostWatched + 1);
  const { store, sessionId, accountId } = inbox;
  const chats = await store.chats.list({ accountId, sessionIds: null }, null, mostWatched + 1);
  const watch = (place: number, when: number | null = at) =>
    store.write("presence.watch", { chatId: chats[place]?.id ?? 0, at: when });
  await Promise.all(Array.from({ length: mostWatched }, (_, place) => watch(place)));
  await watch(0);
  expect(await store.presence.watched(sessionId)).toHaveLength(mostWatched);
  // Bun's own `rejects` stands still until the writer's thread has answered, and so for ever.
  expect(await watch(mostWatched).catch((error) => error.code)).toBe("limit_reached");
  await watch(0, null);
  await watch(mostWatched);
  expect(await store.presence.watched(sessionId)).toHaveLength(mostWatched);
});

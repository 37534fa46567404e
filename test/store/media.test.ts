// A file that the phone brings back after all: what had been given up is wanted again, and nothing else is.
import { expect, test } from "bun:test";
import type { Content } from "../../src/core/content.ts";
import type { MediaLocator } from "../../src/core/inbound.ts";
import { createFolder } from "../support/folder.ts";
import { alice, at, keyOf, openInbox, said, withAlice } from "../support/inbox.ts";

const locator: MediaLocator = {
  url: "https://gone",
  directPath: "/v/before",
  mediaKey: "AAAA",
  fileEncSha256: null,
  fileSha256: null,
  fileLength: 9,
  type: "image",
};
const picture = { kind: "image", caption: null, media: {}, isViewOnce: false } as unknown as Content;

test.each([
  ["wanted", null, "wanted", at + 5],
  ["gone", "gone", "wanted", at + 5],
  ["failed", "given_up", "wanted", at + 5],
  ["failed", "too_large", "failed", null],
  ["stored", null, "stored", null],
] as const)("one that was %s (%s) is %s then", async (before, code, after, nextAt) => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const { store, sessionId } = inbox;
  const message = said(keyOf(withAlice, "A1", alice), picture);
  await inbox.take({ ...message, locator } as typeof message);
  const { id: messageId } = await inbox.find("A1");
  const fault = { code: code ?? "", sentence: "So it was." };
  if (before === "stored") await store.write("media.settle", { messageId, state: before, path: "aa", bytes: 9, at });
  else if (before !== "wanted") await store.write("media.settle", { messageId, state: before, fault });
  expect((await store.media.sealed(sessionId, "A1"))?.locator).toEqual(locator);
  const moved = { ...locator, url: null, directPath: "/v/after" };
  await store.write("media.back", { messageId, locator: moved, at: at + 5 });
  expect(await store.media.find(messageId)).toMatchObject({ state: after, nextAt });
  const path = (await store.media.sealed(sessionId, "A1"))?.locator.directPath;
  expect(path).toBe(after === "wanted" ? "/v/after" : "/v/before");
});

// Votes in polls: opened with the poll's secret and the right two addresses, and with nothing else.
import { expect, test } from "bun:test";
import { createCipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { decryptPollVote, proto } from "@whiskeysockets/baileys";
import type { Face } from "../../../src/core/content.ts";
import { openVote } from "../../../src/engine/inbound/vote.ts";
import { alice, bob, lid, me, pn } from "./stanzas.ts";

const poll = { waId: "3EB0AA", secret: randomBytes(32), options: ["Soup", "Salad", "ünïcödé 🎉"], creator: me };
const hashOf = (option: string) => createHash("sha256").update(option).digest();

/** As whoever votes makes it: with one address for either of the two. */
function seal(hashes: readonly Uint8Array[], creator: string, voter: string) {
  const info = `${poll.waId}${creator}${voter}Poll Vote`;
  const key = Buffer.from(hkdfSync("sha256", poll.secret, new Uint8Array(32), info, 32));
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(`${poll.waId}\0${voter}`));
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: [...hashes] }).finish();
  return { payload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), iv };
}

test.each([
  [pn(me), pn(alice)],
  [lid(me), lid(alice)],
  [pn(me), lid(alice)],
  [lid(me), pn(alice)],
])("a vote sealed for the poll of %s by %s is opened, whichever addresses they used", (creator, voter) => {
  const vote = seal([hashOf("Salad"), hashOf("ünïcödé 🎉")], creator, voter);
  expect(openVote(vote, poll, alice)).toEqual(["Salad", "ünïcödé 🎉"]);
  // Baileys, which must be told which addresses they are, reads the same.
  const context = { pollCreatorJid: creator, pollMsgId: poll.waId, pollEncKey: poll.secret, voterJid: voter };
  const theirs = decryptPollVote({ encPayload: vote.payload, encIv: vote.iv }, context);
  expect(theirs.selectedOptions?.map((hash) => Buffer.from(hash))).toEqual([hashOf("Salad"), hashOf("ünïcödé 🎉")]);
});

test("a vote that was taken back chooses nothing, and an option that is none of the poll's is left out", () => {
  expect(openVote(seal([], pn(me), pn(alice)), poll, alice)).toEqual([]);
  expect(openVote(seal([hashOf("Steak"), hashOf("Soup")], pn(me), pn(alice)), poll, alice)).toEqual(["Soup"]);
});

test("a vote by somebody else, for another poll or damaged is not opened", () => {
  const vote = seal([hashOf("Soup")], pn(me), pn(alice));
  const nobody: Face = { phone: null, lid: null };
  expect(openVote(vote, poll, bob)).toBeNull();
  expect(openVote(vote, poll, nobody)).toBeNull();
  expect(openVote(vote, { ...poll, creator: bob }, alice)).toBeNull();
  expect(openVote(vote, { ...poll, waId: "3EB0AB" }, alice)).toBeNull();
  expect(openVote(vote, { ...poll, secret: randomBytes(32) }, alice)).toBeNull();
  expect(openVote({ ...vote, payload: vote.payload.subarray(1) }, poll, alice)).toBeNull();
  expect(openVote({ payload: new Uint8Array(3), iv: vote.iv }, poll, alice)).toBeNull();
  expect(openVote({ ...vote, iv: new Uint8Array() }, poll, alice)).toBeNull();
});

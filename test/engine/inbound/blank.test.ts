// What stands in the inbox in the place of something forgotten: nothing is read in it, and a redelivery is answered.
import { expect, test } from "bun:test";
import { proto } from "@whiskeysockets/baileys";
import { readStanza } from "../../../src/engine/inbound/stanza.ts";
import { blankStanza, ciphertextsOf, decodeStanza } from "../../../src/engine/signal/stanza.ts";

test("a blank stanza says nothing, and holds an empty message for each ciphertext that may come again", () => {
  const blank = blankStanza();
  const people = { lidOf: () => null, phoneOf: () => null };
  expect(readStanza(blank, { phone: "15550001111", lid: null }, people).map(({ type }) => type)).toEqual(["ignored"]);
  const plains = ciphertextsOf(decodeStanza(blank)).map(({ content }) => content);
  expect(plains).toHaveLength(3);
  for (const plain of plains) {
    const message = proto.Message.decode(plain.subarray(0, plain.length - (plain.at(-1) ?? 0)));
    expect(proto.Message.toObject(message)).toEqual({});
  }
});

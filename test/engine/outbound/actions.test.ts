// What is said about messages that are there already.
import { expect, test } from "bun:test";
import { proto } from "@whiskeysockets/baileys";
import { bareContext, type Content } from "../../../src/core/content.ts";
import type { Action } from "../../../src/core/ports.ts";
import { composeAction } from "../../../src/engine/outbound/actions.ts";
import { contentOf } from "../../../src/engine/outbound/encoded.ts";
import { stanzaPartsOf } from "../../../src/engine/outbound/stanza.ts";
import { alice, at, chat, group, text, writingTo } from "./pen.ts";

const hers = { waId: "3AFF", sender: alice };
const mine = { waId: "3EB0", sender: null };

function done(action: Action, target = chat) {
  const { raw, secret } = composeAction(action, writingTo(target), at);
  const { additionalAttributes } = stanzaPartsOf(contentOf(raw), target);
  return { message: proto.Message.decode(raw).toJSON(), edit: additionalAttributes.edit, secret };
}

test("a reaction names its message as its sender sees it, and an empty one takes it back", () => {
  expect(done({ kind: "reaction", target: hers, emoji: "👍" })).toEqual({
    message: {
      reactionMessage: {
        key: { remoteJid: chat, fromMe: false, id: "3AFF" },
        text: "👍",
        senderTimestampMs: String(at),
      },
    },
    edit: undefined,
    secret: null,
  });
  const inGroup = done({ kind: "reaction", target: hers, emoji: null }, group).message;
  expect(inGroup).toMatchObject({
    reactionMessage: {
      key: { remoteJid: group, fromMe: false, id: "3AFF", participant: `${alice.lid}@lid` },
      text: "",
    },
  });
});

test("a deletion says on the stanza whose message it takes back", () => {
  const own = done({ kind: "deletion", target: mine });
  expect(own.message).toEqual({
    protocolMessage: { type: "REVOKE", key: { remoteJid: chat, fromMe: true, id: "3EB0" } },
  });
  expect(own.edit).toBe("7");
  expect(done({ kind: "deletion", target: mine }, group).edit).toBe("7");
  expect(done({ kind: "deletion", target: hers }, group).edit).toBe("8");
});

test("an edit carries the new wording, and only an own text can be edited", () => {
  const edit = (target: Action["target"]): Action => ({
    kind: "edit",
    target,
    content: text("new"),
    context: bareContext,
  });
  const { message, edit: attribute } = done(edit(mine));
  expect(message).toEqual({
    protocolMessage: {
      type: "MESSAGE_EDIT",
      key: { remoteJid: chat, fromMe: true, id: "3EB0" },
      editedMessage: { extendedTextMessage: { text: "new" } },
      timestampMs: String(at),
    },
  });
  expect(attribute).toBe("1");
  expect(() => done(edit(hers))).toThrow("Only an own message can be edited.");
  const poll: Content = { kind: "poll", question: "?", options: ["a", "b"], selectable: 1 };
  expect(() => done({ kind: "edit", target: mine, content: poll, context: bareContext })).toThrow(
    "A message of the kind poll cannot be edited.",
  );
});

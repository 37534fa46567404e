// What is said about messages that are there already.
import { expect, test } from "bun:test";
import { normalizeMessageContent, proto } from "@whiskeysockets/baileys";
import { bareContext, type Content } from "../../../src/core/content.ts";
import type { Action } from "../../../src/core/ports.ts";
import { composeAction } from "../../../src/engine/outbound/actions.ts";
import { contentOf } from "../../../src/engine/outbound/encoded.ts";
import { stanzaPartsOf } from "../../../src/engine/outbound/stanza.ts";
import { alice, at, chat, group, medium, text, writingTo, written } from "./pen.ts";

const hers = { waId: "3AFF", sender: alice };
const mine = { waId: "3EB0", sender: null };

function done(action: Action, target = chat) {
  const { raw, edited } = composeAction(action, writingTo(target), at);
  const { additionalAttributes } = stanzaPartsOf(contentOf(raw), target);
  return { message: proto.Message.decode(raw).toJSON(), edit: additionalAttributes.edit, edited };
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
    edited: null,
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
    original: written(text("old")).raw,
  });
  const { message, edit: attribute, edited } = done(edit(mine));
  expect(message).toEqual({
    protocolMessage: {
      type: "MESSAGE_EDIT",
      key: { remoteJid: chat, fromMe: true, id: "3EB0" },
      editedMessage: { extendedTextMessage: { text: "new" } },
      timestampMs: String(at),
    },
  });
  expect(attribute).toBe("1");
  const now = proto.Message.decode(edited!);
  expect(now.extendedTextMessage?.text).toBe("new");
  expect(now.messageContextInfo?.messageSecret).toHaveLength(32);
  expect(() => done(edit(hers))).toThrow("Only an own message can be edited.");
  const poll: Content = { kind: "poll", question: "?", options: ["a", "b"], selectable: 1 };
  const bare = { kind: "edit", target: mine, context: bareContext, original: null } as const;
  expect(done({ ...bare, content: text("new") }).edited).toBeNull();
  expect(() => done({ ...bare, content: poll })).toThrow("A message of the kind poll cannot be edited.");
});

test("of a file the caption alone is said anew, and the message keeps its file", () => {
  const kinds = [
    ["image", "imageMessage"],
    ["video", "videoMessage"],
    ["gif", "videoMessage"],
    ["document", "documentMessage"],
  ] as const;
  for (const [kind, field] of kinds) {
    const { content: before, file } = medium(kind, { caption: "before" });
    const { raw: original } = written(before, {}, { file });
    const content = { ...before, caption: "after" } as Content;
    const { message, edited } = done({ kind: "edit", target: mine, content, context: bareContext, original });
    const wording = message.protocolMessage!.editedMessage!;
    const inner = kind === "document" ? wording.documentWithCaptionMessage!.message! : wording;
    expect([kind, inner]).toEqual([kind, { [field]: { caption: "after" } }]);
    const now = normalizeMessageContent(proto.Message.decode(edited!))![field]!;
    const was = normalizeMessageContent(proto.Message.decode(original))![field]!;
    expect(now.caption).toBe("after");
    expect(now.mediaKey).toEqual(was.mediaKey!);
    expect(now.jpegThumbnail).toEqual(was.jpegThumbnail!);
  }
  const { content: voice } = medium("voice", { caption: "none is shown" });
  expect(() => done({ kind: "edit", target: mine, content: voice, context: bareContext, original: null })).toThrow(
    "A message of the kind voice has no caption.",
  );
});

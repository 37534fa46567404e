// From WhatsApp's message to what it is here: through its wrappers to the one field that says something, and from that
// to a value. Whatever is in it, something comes out.
import type { proto } from "@whiskeysockets/baileys";
import type { InboundValue } from "../../core/inbound.ts";
import { contextOf } from "./context.ts";
import { isBetterCopy } from "./done.ts";
import type { Envelope } from "./envelope.ts";
import type { Faces } from "./faces.ts";
import { type Finding, ignored, type Reading, type Said, unsupported } from "./finding.ts";
import { bytesOf } from "./numbers.ts";
import type { Plain } from "./plain.ts";
import { type Field, readers } from "./readers.ts";

export type Source = { plain: Plain; envelope: Envelope; faces: Faces; isHistory: boolean };

const deepest = 8;
const fields = Object.keys(readers) as Field[];
/** Of what travels along: it says nothing of a message that has nothing else. */
const besides = new Set([2, 15, 35]);

export function readMessage({ plain, envelope, faces, isHistory }: Source): InboundValue {
  const reading = readingOf({ faces, envelope, isHistory });
  const { finding, reading: at } = findIn(plain.message, reading, 0) ?? nothingIn(plain, reading);
  if (finding.is === "done") return finding.value;
  if (isBetterCopy(at.association) && !isHistory) return ignored("a better copy of a picture");
  return messageOf(finding, at, plain.raw);
}

function messageOf(said: Said, reading: Reading, raw: Uint8Array): InboundValue {
  const { content, about, locator, secret, replyTo } = said;
  const context = contextOf(about, reading);
  return {
    type: "message",
    ...reading.envelope,
    content,
    context: { ...context, replyTo: replyTo ?? context.replyTo },
    locator,
    secret,
    raw: said.raw ?? raw,
  };
}

type Found = { finding: Extract<Finding, { is: "said" | "done" }>; reading: Reading };

function readingOf(given: Pick<Reading, "faces" | "envelope" | "isHistory">, depth = 0): Reading {
  const reading: Reading = {
    ...given,
    isViewOnce: false,
    secret: null,
    association: null,
    within(message) {
      if (message == null || depth >= deepest) return null;
      const finding = findIn(message, readingOf(given, depth + 1), depth + 1)?.finding;
      return finding?.is === "said" ? finding : null;
    },
  };
  return reading;
}

/** Null where nothing is said that we know of. */
function findIn(message: proto.IMessage, outer: Reading, depth: number): Found | null {
  const { messageSecret, messageAssociation } = message.messageContextInfo ?? {};
  const reading: Reading = {
    ...outer,
    secret: bytesOf(messageSecret) ?? outer.secret,
    association: messageAssociation ?? outer.association,
  };
  for (const field of fields) {
    const finding = findingOf(field, message, reading);
    if (finding === null || finding.is === "beside") continue;
    if (finding.is !== "wrapper") return { finding, reading };
    const isViewOnce = reading.isViewOnce || finding.isViewOnce;
    const within =
      finding.message == null || depth >= deepest
        ? null
        : findIn(finding.message, { ...reading, isViewOnce }, depth + 1);
    return within ?? { finding: unsupported(field), reading };
  }
  return null;
}

function findingOf<F extends Field>(field: F, message: proto.IMessage, reading: Reading): Finding | null {
  const value = message[field];
  return value == null ? null : readers[field](value, reading);
}

function nothingIn({ numbers }: Plain, reading: Reading): Found {
  const number = numbers.find((one) => !besides.has(one));
  if (number !== undefined) return { finding: unsupported(`field ${number}`), reading };
  const reason = numbers.includes(2) ? "senderKeyDistributionMessage" : "an empty message";
  return { finding: { is: "done", value: ignored(reason) }, reading };
}

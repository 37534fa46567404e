// From what somebody wants to say to a message that is ready to be kept: its file brought and prepared, its people named,
// what it answers quoted, and all of it in WhatsApp's own form, made once for all attempts.
import { stat } from "node:fs/promises";
import type { Clock } from "../core/clock.ts";
import { type Content, type Context, carriesCaption } from "../core/content.ts";
import { invalidField } from "../core/errors.ts";
import { readPhone } from "../core/phone.ts";
import type { Composed, Engine, PreparedFile } from "../core/ports.ts";
import type { Said, SaidBody } from "../core/said.ts";
import type { Session } from "../core/session.ts";
import type { MemberForm } from "../core/told.ts";
import { contactCard } from "../core/vcard.ts";
import type { HttpClient } from "../net/client.ts";
import type { Store } from "../store/store.ts";
import { facesIn } from "./faces.ts";
import { createKnownGroups } from "./groups.ts";
import { createLinkPreviews } from "./link-previews.ts";
import { createMediaSources } from "./media-sources.ts";

export type Ready = {
  composed: Composed;
  content: Content;
  context: Context;
  /** As the store names it. */
  file: { path: string; bytes: number } | null;
  /** A caption that nobody would see with this file. */
  unsaid: string | null;
};
export type ComposerNeeds = { store: Store; engine: Engine; client: HttpClient | null; maxBytes: number; clock: Clock };
export type MediaBody = Extract<SaidBody, { kind: "media" }>;
type Filed = Pick<Ready, "content" | "file" | "unsaid"> & { locator: PreparedFile["file"] | null };

export function createComposer({ store, engine, client, maxBytes, clock }: ComposerNeeds) {
  const groups = createKnownGroups({ store, engine, clock });
  const bring = createMediaSources({ store, client, maxBytes });
  const previewOf = createLinkPreviews({ store, engine, client });

  async function fileFor(
    session: Session,
    { as, source, caption, fileName, mimeType, isViewOnce }: MediaBody,
  ): Promise<Filed> {
    const brought = await bring(session, source, as);
    const to = await store.files.newName();
    const [path, target] = [store.files.pathOf(brought.name), store.files.pathOf(to)];
    try {
      const names = { fileName: fileName ?? brought.fileName, mimeType: mimeType ?? brought.mimeType };
      const prepared = await engine.prepare({ path, kind: as, to: target, ...names });
      const [kept, other] = prepared.path === target ? [to, brought.name] : [brought.name, to];
      await store.files.remove(other);
      const { size: bytes } = await stat(prepared.path);
      const shown = carriesCaption(prepared.kind) ? caption : null;
      const content = { kind: prepared.kind, caption: shown, media: prepared.media, isViewOnce };
      const unsaid = shown === caption ? null : caption || null;
      return { content, file: { path: kept, bytes }, unsaid, locator: prepared.file };
    } catch (error) {
      await Promise.all([store.files.remove(brought.name), store.files.remove(to)]);
      throw error;
    }
  }

  async function contentOf(session: Session, body: SaidBody): Promise<Filed> {
    if (body.kind === "media") return fileFor(session, body);
    return { content: await plainContent(body), file: null, unsaid: null, locator: null };
  }

  async function plainContent(body: Exclude<SaidBody, MediaBody>): Promise<Content> {
    switch (body.kind) {
      case "text":
        return { kind: "text", text: body.text, preview: body.wantsPreview ? await previewOf(body.text) : null };
      case "location":
        return { ...body, isLive: false };
      case "contacts":
        return {
          kind: "contacts",
          contacts: body.contacts.map(({ name, phones }) =>
            contactCard(
              name,
              phones.map((phone) => readPhone(phone, "/contacts")),
            ),
          ),
        };
      case "poll":
        return pollOf(body);
    }
  }

  async function quotedBy(session: Session, replyTo: number | null) {
    if (replyTo === null) return { replyTo: null, quoted: null };
    const message = await store.messages.find(replyTo);
    if (message === null || message.sessionId !== session.id) {
      throw invalidField("/reply_to", "There is no such message in this session.");
    }
    const { waId, sender, text } = message;
    const face = sender === null ? null : { phone: sender.phone, lid: sender.lid };
    return { replyTo: { waId, sender: face, text }, quoted: await store.messages.rawOf(replyTo) };
  }

  /** It matters only where somebody is named. */
  async function formOf(session: Session, target: string, { mentions, replyTo }: Context): Promise<MemberForm> {
    const isNamed = target.endsWith("@g.us") && (mentions.length > 0 || replyTo !== null);
    return isNamed ? groups.formOf(session.id, target) : "lid";
  }

  return {
    /** A file alone, for many messages. */
    prepareFile: fileFor,
    plainContent,
    async compose(session: Session, target: string, said: Said): Promise<Ready> {
      const { replyTo, quoted } = await quotedBy(session, said.replyTo);
      const mentions = facesIn(store.inbox.people(session.id), said.mentions);
      const context = { mentions, replyTo, forwards: 0, expiresInSeconds: said.disappearsInSeconds };
      const { content, file, unsaid, locator } = await contentOf(session, said.body);
      const { phone = null, lid = null } = session.identity ?? {};
      try {
        const writing = {
          target,
          me: { phone, lid },
          members: await formOf(session, target, context),
          quoted,
          file: locator,
        };
        return { composed: await engine.compose(content, context, writing), content, context, file, unsaid };
      } catch (error) {
        if (file !== null) await store.files.remove(file.path);
        throw error;
      }
    },
    /** One that was not kept after all. */
    async discard({ file }: Ready): Promise<void> {
      if (file !== null) await store.files.remove(file.path);
    },
  };
}

function pollOf({ question, options, selectable }: Extract<SaidBody, { kind: "poll" }>): Content {
  if (new Set(options).size < options.length) throw invalidField("/poll/options", "No option may be there twice.");
  if (selectable > options.length) throw invalidField("/poll/selectable", "There are not so many options.");
  return { kind: "poll", question, options, selectable };
}

// What a campaign says: read once, its file prepared for all; then written to each of its recipients in their own words.
import type { CampaignBody, CampaignInFull, CampaignMessage } from "../core/campaign.ts";
import { chatOf } from "../core/chat.ts";
import { type Content, isMedia } from "../core/content.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import { findLink } from "../core/link-preview.ts";
import type { Said } from "../core/said.ts";
import type { Session } from "../core/session.ts";
import { columnKey, fillIn, type Values } from "../core/template.ts";
import type { FedRecipient } from "../store/campaign-feeding.ts";
import type { Recipient } from "../store/campaign-recipients.ts";
import type { UploadedPlace } from "../store/campaign-tables.ts";
import { type ComposerNeeds, createComposer } from "./composing.ts";
import { facesIn } from "./faces.ts";

export type CampaignWriting = ReturnType<typeof createCampaignWriting>;
type Written = Pick<CampaignInFull, "message" | "file" | "columns">;
type Addressed = Pick<Recipient, "target" | "cells">;

export function createCampaignWriting(needs: ComposerNeeds) {
  const { store, engine } = needs;
  const composer = createComposer(needs);

  async function contentFor(body: CampaignBody, values: Values): Promise<Content> {
    const said = (text: string) => fillIn(text, values);
    const saidOrNot = (text: string | null) => (text === null ? null : said(text));
    switch (body.kind) {
      case "text": {
        const text = said(body.text);
        // One that is everybody's own would be asked for a million times.
        const wantsPreview = body.wantsPreview && findLink(text) === findLink(body.text);
        return composer.plainContent({ kind: "text", text, wantsPreview });
      }
      case "file":
        return { ...body.content, caption: saidOrNot(body.content.caption) };
      case "location":
        return composer.plainContent({ ...body, name: saidOrNot(body.name), address: saidOrNot(body.address) });
      case "contacts": {
        const contacts = body.contacts.map(({ name, phones }) => ({ name: said(name), phones: phones.map(said) }));
        return composer.plainContent({ kind: "contacts", contacts });
      }
      case "poll":
        return composer.plainContent({ ...body, question: said(body.question), options: body.options.map(said) });
    }
  }

  async function compose(session: Session, to: Addressed, written: Written, place: UploadedPlace | null) {
    const { message, file, columns } = written;
    const { body } = message;
    const content = await contentFor(body, valuesOf(to, columns));
    if (content.kind === "text" && content.text.trim() === "") throw invalidField("/message/text", "It says nothing.");
    const mentions = facesIn(store.inbox.people(session.id), message.mentions);
    const context = { mentions, replyTo: null, forwards: 0, expiresInSeconds: message.disappearsInSeconds };
    const { phone = null, lid = null } = session.identity ?? {};
    const locator = body.kind === "file" ? { ...body.locator, ...(place ?? {}) } : null;
    const writing = { target: to.target, me: { phone, lid }, members: "lid" as const, quoted: null, file: locator };
    const { waId, raw, secret } = await engine.compose(content, context, writing);
    const kept = body.kind === "file" && file !== null ? { path: file, bytes: body.bytes } : null;
    return { waId, raw, secret, content, context, file: kept };
  }

  return {
    /** In the name of the session that brings its file. What it gives is to be kept, or discarded. */
    async read(session: Session, { body, mentions, replyTo, disappearsInSeconds }: Said) {
      if (replyTo !== null) throw invalidField("/message/reply_to", "A campaign answers nobody's message.");
      facesIn(store.inbox.people(session.id), mentions);
      const rest = { mentions, disappearsInSeconds };
      if (body.kind !== "media") {
        const message: CampaignMessage = { body, ...rest };
        return { message, file: null };
      }
      const { content, file, locator, unsaid } = await composer.prepareFile(session, body);
      if (file === null || locator === null || !isMedia(content))
        throw new WaygateError("internal", "A file was not prepared.");
      if (unsaid !== null) {
        await store.files.remove(file.path);
        throw invalidField("/message/text", "Sounds and stickers show no text.");
      }
      const message: CampaignMessage = { body: { kind: "file", content, locator, bytes: file.bytes }, ...rest };
      return { message, file: file.path };
    },
    discard: async (file: string | null): Promise<void> => (file === null ? undefined : store.files.remove(file)),
    /** Where nothing can be said to them, why. */
    async write(
      session: Session,
      to: Addressed,
      written: Written,
      place: UploadedPlace | null,
    ): Promise<FedRecipient["made"]> {
      try {
        // Files in channels are others: they are not encrypted.
        return await compose(session, to, written, chatOf(to.target).kind === "channel" ? null : place);
      } catch (error) {
        if (!(error instanceof WaygateError)) return { code: "internal", sentence: "Their message could not be made." };
        if (error.code !== "invalid") throw error;
        return { code: "invalid", sentence: error.message };
      }
    },
    /** Something that carries its file, so that it can be brought to WhatsApp's hosts; null where it has none. */
    async carrier(session: Session, written: Written): Promise<{ raw: Uint8Array; path: string } | null> {
      if (written.file === null) return null;
      const { raw } = await compose(session, { target: "0000000@s.whatsapp.net", cells: null }, written, null);
      return { raw, path: store.files.pathOf(written.file) };
    },
  };
}

/** Their columns, and their number. */
export function valuesOf({ target, cells }: Addressed, columns: readonly string[]): Values {
  const values = new Map([["phone", target.split("@")[0] ?? ""]]);
  for (const [place, value] of (cells ?? []).entries()) {
    if (value !== null) values.set(columnKey(columns[place] ?? ""), value);
  }
  return values;
}

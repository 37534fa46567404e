// What a schedule is to say, kept until it does: checked as if it went out now, and its file brought here. What recurs with
// a file from an address gets it anew each time, which is what such an address is given for.
import { stat } from "node:fs/promises";
import { WaygateError } from "../core/errors.ts";
import { readChatJid } from "../core/jid.ts";
import type { Said } from "../core/said.ts";
import type { Schedule } from "../core/schedule.ts";
import type { Session } from "../core/session.ts";
import type { Store } from "../store/store.ts";
import { createMediaSources, type SourceNeeds } from "./media-sources.ts";
import type { Preparer } from "./preparing.ts";

export type KeptContent = Pick<Schedule, "target" | "said" | "file" | "fileBytes">;
export type ScheduleContents = ReturnType<typeof createScheduleContents>;

type Wanted = { to: string; said: Said; recurs: boolean };
type Needs = SourceNeeds & { store: Store; preparer: Preparer | null };

export function createScheduleContents({ store, client, maxBytes, preparer }: Needs) {
  const bring = createMediaSources({ store, client, maxBytes });

  async function check(session: Session, to: string, said: Said): Promise<void> {
    if (preparer === null) throw new WaygateError("unavailable", "No session runs here.");
    // Nobody has to be asked for the preview of a link yet.
    const body = said.body.kind === "text" ? { ...said.body, wantsPreview: false } : said.body;
    const prepared = await preparer.prepare(session, { to, said: { ...said, body } });
    await prepared.discard();
  }

  async function withFile(session: Session, said: Said, recurs: boolean): Promise<Omit<KeptContent, "target">> {
    const { body } = said;
    const isFetchedAnew = body.kind === "media" && body.source.from === "url" && recurs;
    if (body.kind !== "media" || isFetchedAnew) return { said, file: null, fileBytes: null };
    const { name: path, fileName, mimeType } = await bring(session, body.source, body.as);
    const source = { from: "kept", path, fileName, mimeType } as const;
    const { size: fileBytes } = await stat(store.files.pathOf(path));
    return { said: { ...said, body: { ...body, source } }, file: path, fileBytes };
  }

  async function discard({ file }: Pick<KeptContent, "file">): Promise<void> {
    if (file !== null) await store.files.remove(file);
  }

  return {
    discard,
    /** What is kept already, for somebody else. */
    async recheck(session: Session, to: string, said: Said): Promise<string> {
      const target = readChatJid(to, "/to");
      await check(session, target, said);
      return target;
    },
    /** Throws what sending it now would. */
    async keep(session: Session, { to, said, recurs }: Wanted): Promise<KeptContent> {
      const target = readChatJid(to, "/to");
      const kept = await withFile(session, said, recurs);
      try {
        await check(session, target, kept.said);
        return { target, ...kept };
      } catch (error) {
        await discard(kept);
        throw error;
      }
    },
  };
}

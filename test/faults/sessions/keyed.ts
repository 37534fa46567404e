// Callers of the API that see each message through: asked for with a key, and again with the same one until it is answered,
// however often the gateway dies over it. Each has its chats for itself; some messages carry a picture.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../support/random.ts";
import { asAdmin, request } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import type { Cast } from "./cast.ts";
import { freshText, type Ledger, type Shown } from "./traffic.ts";
import type { World } from "./world.ts";

type Chat = { session: string; to: string; isShared: boolean };
type Picture = { bytes: Buffer; by: "base64" | "upload"; uploadId: string | null };
type Wanted = { text: string; chat: Chat; wait: "none" | "server"; picture: Picture | null };
export type Caller = { chats: Chat[]; random: Random; wanted: Wanted | null };
export type Keyed = {
  world: World;
  ledger: Ledger;
  faults: Faults;
  /** Asked for once more and found to be there already. */
  count: { replayed: number; pictures: number };
  isOver(): boolean;
};

const photo = readFileSync(join(import.meta.dir, "../../engine/media/prepare/files/photo.jpg"));

/** Every chat with a person is somebody's alone; the group is everybody's. */
export function callersFor(cast: Cast, many: number, randoms: (place: number) => Random): Caller[] {
  const own = cast.sessions.flatMap(({ name }) => cast.contacts.map((to) => ({ session: name, to, isShared: false })));
  const shared = cast.sessions.map(({ name }) => ({ session: name, to: cast.group, isShared: true }));
  return Array.from({ length: many }, (_, place) => ({
    chats: [...own.filter((_chat, index) => index % many === place), ...shared],
    random: randoms(place),
    wanted: null,
  }));
}

export async function callerWrites(caller: Caller, keyed: Keyed): Promise<void> {
  while (!keyed.isOver()) {
    const isAgain = caller.wanted !== null;
    caller.wanted ??= wantedBy(caller);
    try {
      await ask(caller.wanted, isAgain, keyed);
    } catch {
      // Cut off: it is asked for again in the gateway's next life.
      return;
    }
    caller.wanted = null;
  }
}

function wantedBy({ chats, random }: Caller): Wanted {
  const bytes = Buffer.concat([photo, random.bytes(16)]);
  const picture = { bytes, by: random.pick(["base64", "upload"] as const), uploadId: null };
  return {
    text: freshText(),
    chat: random.pick(chats),
    wait: random.chance(0.7) ? "server" : "none",
    picture: random.chance(0.05) ? picture : null,
  };
}

async function ask({ text, chat, wait, picture }: Wanted, isAgain: boolean, keyed: Keyed): Promise<void> {
  const { world, ledger, faults, count } = keyed;
  const media = picture === null ? {} : { type: "image", media: await mediaOf(picture, world) };
  const reply = await request<Shown>(`${world.rig.origin()}/api/v1/messages?wait=${wait}`, {
    body: { session_id: chat.session, to: chat.to, text, ...media },
    headers: { ...asAdmin, "idempotency-key": text },
  });
  const isAccepted = reply.status === 201 || reply.status === 202;
  if (!faults.check(isAccepted, `a message was answered ${reply.status}: ${reply.text}`)) return;
  const isReplayed = reply.headers.get("idempotency-replayed") === "true";
  faults.check(isAgain || !isReplayed, `${text} was asked for once, and is said to have been there`);
  if (isReplayed) count.replayed += 1;
  if (picture !== null) count.pictures += 1;
  ledger.accepted.push({
    id: reply.json.id,
    waId: reply.json.wa_id,
    text,
    to: chat.to,
    sha256: picture === null ? null : createHash("sha256").update(picture.bytes).digest("hex"),
    lane: chat.isShared ? null : `${chat.session} ${chat.to}`,
  });
}

async function mediaOf(picture: Picture, { rig }: World): Promise<Record<string, string>> {
  if (picture.by === "base64") return { base64: picture.bytes.toString("base64") };
  picture.uploadId ??= await upload(picture.bytes, rig.origin());
  return { upload_id: picture.uploadId };
}

async function upload(bytes: Buffer, origin: string): Promise<string> {
  const headers = { ...asAdmin, "content-type": "image/jpeg" };
  const response = await fetch(`${origin}/api/v1/media`, { method: "PUT", body: bytes, headers });
  if (response.status !== 201) throw new Error(`an upload was answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

// Messages both ways for as long as the gateway lives, each with a text of its own, and a note of what was promised.
import type { Random } from "../support/random.ts";
import { asAdmin, request } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import type { Cast } from "./cast.ts";
import type { World } from "./world.ts";

export type Accepted = {
  id: string;
  waId: string;
  text: string;
  to: string;
  /** Of its file. */
  sha256: string | null;
  /** Of a chat that one caller alone writes to, one message after the other. */
  lane: string | null;
};
export type Ledger = {
  /** By phones, each message once however many get it. */
  written: number;
  /** Sent by phones, by their ids on the network: to whom, from whom, what. */
  sent: Map<string, { session: string; chat: string; text: string }>;
  /** By the gateway with a 2xx, as the answers came. */
  accepted: Accepted[];
  /** Asked for and never answered: they may have been sent, once. */
  unanswered: Set<string>;
};

export type Burst = { world: World; cast: Cast; ledger: Ledger; random: Random; faults: Faults; isOver(): boolean };
export type Shown = { id: string; wa_id: string };

/** What every message from the gateway begins with. */
export const outPrefix = "out-";
const pauseMs = 4;
let counter = 0;

export const createLedger = (): Ledger => ({ written: 0, sent: new Map(), accepted: [], unanswered: new Set() });
export const freshText = () => `${outPrefix}${++counter}`;

/** One phone after the other writes to one of the sessions or to the group. */
export async function phonesWrite(burst: Burst): Promise<void> {
  while (!burst.isOver()) {
    phoneWrites(burst);
    await Bun.sleep(pauseMs);
  }
}

export function phoneWrites({ world, cast, ledger, random }: Burst): void {
  const inGroup = random.chance(0.2);
  const contact = random.pick(inGroup ? cast.members : cast.contacts);
  const session = random.pick(cast.sessions);
  const text = `in-${++counter}`;
  const to = inGroup ? cast.group : session.phone;
  const { id } = world.control.phones.send(contact, { to, text, by: random.pick(["pn", "lid"]) });
  ledger.written += 1;
  const receivers = inGroup ? cast.sessions : [session];
  for (const receiver of receivers) {
    ledger.sent.set(`${id} ${receiver.name}`, { session: receiver.name, chat: `${contact} ${to}`, text });
  }
}

/** A caller of the API: the next message when the one before was answered. */
export async function callersWrite({ world, cast, ledger, random, faults, isOver }: Burst): Promise<void> {
  while (!isOver()) {
    const { name } = random.pick(cast.sessions);
    const to = random.chance(0.2) ? cast.group : random.pick(cast.contacts);
    const text = freshText();
    ledger.unanswered.add(text);
    try {
      const reply = await request<Shown>(
        `${world.rig.origin()}/api/v1/messages?wait=${random.pick(["none", "server"])}`,
        { body: { session_id: name, to, text }, headers: asAdmin },
      );
      ledger.unanswered.delete(text);
      const isAccepted = reply.status === 201 || reply.status === 202;
      if (!faults.check(isAccepted, `a message was answered ${reply.status}: ${reply.text}`)) continue;
      ledger.accepted.push({ id: reply.json.id, waId: reply.json.wa_id, to, text, sha256: null, lane: null });
    } catch {
      return;
    }
  }
}

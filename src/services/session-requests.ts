// Questions and orders to a connected session: its profile, its privacy, whom it blocks, who is on WhatsApp.
import { type Clock, hour, minute } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Engine, NumberCheck, Privacy, Profile, SessionRequestName, SessionRequests } from "../core/ports.ts";
import { type Session, type SessionStatus, sessionReasons, statusWords } from "../core/session.ts";
import { createNumberCache } from "./number-cache.ts";

export type ProfileChanges = { name?: string | undefined; about?: string | undefined };
export type BlockAction = SessionRequests["blocklist.change"]["input"]["action"];
export type SessionAsks = ReturnType<typeof createSessionAsks>;

/** As many numbers as WhatsApp is asked for at once. */
const batchSize = 50;

export function createSessionAsks({ engine, clock }: { engine: Engine | null; clock: Clock }) {
  const known = createNumberCache(clock, { knownMs: 24 * hour, unknownMs: 10 * minute });

  function engineFor(session: Session): Engine {
    const status = engine?.view(session.id)?.status ?? null;
    if (engine !== null && status === "connected") return engine;
    throw notConnected(session, status);
  }

  /** A fault where it is not connected. */
  function ask<N extends SessionRequestName>(session: Session, name: N, input: SessionRequests[N]["input"]) {
    return engineFor(session).ask(session.id, name, input);
  }

  return {
    ask,
    isConnected: (session: Session): boolean => engine?.view(session.id)?.status === "connected",
    profile: (session: Session): Promise<Profile> => ask(session, "profile.get", null),
    async changeProfile(session: Session, { name, about }: ProfileChanges): Promise<Profile> {
      if (name !== undefined) await ask(session, "profile.set_name", { name });
      if (about !== undefined) await ask(session, "profile.set_about", { about });
      return ask(session, "profile.get", null);
    },
    /** A JPEG; null takes the picture away. */
    async setPicture(session: Session, jpeg: Uint8Array | null): Promise<Profile> {
      await ask(session, "profile.set_picture", { jpeg });
      return ask(session, "profile.get", null);
    },
    privacy: (session: Session): Promise<Privacy> => ask(session, "privacy.get", null),
    changePrivacy: (session: Session, changes: Privacy): Promise<Privacy> => ask(session, "privacy.set", changes),
    blocklist: (session: Session): Promise<string[]> => ask(session, "blocklist.get", null),
    changeBlocklist: (session: Session, jid: string, action: BlockAction): Promise<string[]> =>
      ask(session, "blocklist.change", { jid, action }),

    /** Which of these numbers, digits alone, are on WhatsApp: one answer each, in the same order. */
    async checkNumbers(session: Session, phones: readonly string[]): Promise<NumberCheck[]> {
      engineFor(session);
      const answers = new Map(phones.flatMap((phone) => known.find(phone) ?? []).map((one) => [one.phone, one]));
      const open = [...new Set(phones)].filter((phone) => !answers.has(phone));
      for (let start = 0; start < open.length; start += batchSize) {
        const batch = open.slice(start, start + batchSize);
        const checked = await ask(session, "contacts.check", { phones: batch });
        for (const [place, phone] of batch.entries()) {
          const answer = checked[place];
          if (answer === undefined) throw new WaygateError("unavailable", "WhatsApp left a number out; ask again.");
          known.keep({ ...answer, phone });
          answers.set(phone, { ...answer, phone });
        }
      }
      return phones.flatMap((phone) => answers.get(phone) ?? []);
    },
  };
}

function notConnected(session: Session, live: SessionStatus | null): WaygateError {
  const why = session.reason === null ? "Ask again once it is connected." : sessionReasons[session.reason];
  const stands = statusWords(live ?? session.status);
  return new WaygateError("conflict", `This session is not connected to WhatsApp: it is ${stands}. ${why}`);
}

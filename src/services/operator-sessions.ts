// What the operator may do with sessions from the command line, whosoever's they are.
import { Type } from "@sinclair/typebox";
import type { Account } from "../core/account.ts";
import { commandLine } from "../core/audit.ts";
import { isoTime } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { readPhone } from "../core/phone.ts";
import { type Session, SessionName, type SessionReason, sessionReasons } from "../core/session.ts";
import { action, everything } from "./operator-action.ts";
import type { Services } from "./services.ts";
import { shownCode } from "./session-pairing.ts";

const named = Type.Object({ name: Type.String(), username: Type.Optional(Type.String()) });
type Named = { name: string; username?: string };

const longestWatchMs = 5_000;

export const sessionActions = {
  "session.list": action(Type.Object({ username: Type.Optional(Type.String()) }), async (services, { username }) => {
    const accounts =
      username === undefined
        ? (await services.accounts.list(everything)).rows.toReversed()
        : [await services.accounts.getByName(username)];
    const lists = accounts.map(async (account) => {
      const sessions = await services.sessions.listAll(account.id);
      return sessions.toReversed().map((session) => sessionLine(services, session, account));
    });
    return (await Promise.all(lists)).flat();
  }),
  "session.start": action(named, async (services, input) => {
    const session = await find(services, input);
    return stateOf(services, await services.sessionRuns.start(session, commandLine));
  }),
  "session.stop": action(named, async (services, input) => {
    const session = await find(services, input);
    return stateOf(services, await services.sessionRuns.stop(session, commandLine));
  }),
  "session.logout": action(named, async (services, input) => {
    const session = await find(services, input);
    return stateOf(services, await services.sessionRuns.logOut(session, commandLine));
  }),
  "session.remove": action(named, async (services, input) => {
    const session = await find(services, input);
    await services.sessionRuns.remove(session, commandLine);
    return { name: session.name };
  }),
  /** Made if there is none of that name, and started: its QR or code can then be watched for. */
  "session.pair": action(
    Type.Object({ name: SessionName, username: Type.Optional(Type.String()) }),
    async (services, input) => {
      if (!services.sessionRuns.canRun) {
        throw new WaygateError(
          "unavailable",
          'Pairing needs the gateway to run on this data: start "waygate serve" first.',
        );
      }
      const known = await findIfThere(services, input);
      const session = known ?? (await make(services, input));
      return stateOf(services, await services.sessionRuns.start(session, commandLine));
    },
  ),
  "session.code": action(Type.Object({ id: Type.String(), phone: Type.String() }), async (services, { id, phone }) => {
    const session = await find(services, { name: id });
    const digits = readPhone(phone, "/phone");
    await services.sessionPairing.pairingCode(session, digits);
    return stateOf(services, session);
  }),
  /** Answers when something has changed since the state with this mark, or after a few seconds. */
  "session.watch": action(Type.Object({ id: Type.String(), mark: Type.String() }), async (services, { id, mark }) => {
    const session = await find(services, { name: id });
    const state = await stateOf(services, session);
    if (state.mark !== mark) return state;
    await services.sessionPairing.nextChange(session, longestWatchMs);
    return stateOf(services, await find(services, { name: id }));
  }),
};

/** Where a session stands while somebody waits for it to be linked. */
async function stateOf(services: Services, session: Session) {
  const live = services.sessionRuns.view(session);
  const status = live?.status ?? session.status;
  const reason = live === null ? session.reason : live.reason;
  const state = {
    id: services.ids.show("session", session.id),
    name: session.name,
    network: services.sessionRuns.networkOf(session),
    status,
    reason: sentenceOf(reason),
    phone: session.identity === null ? null : `+${session.identity.phone}`,
    qr: live?.qr?.text ?? null,
    code: live?.pairingCode == null ? null : shownCode(live.pairingCode.code),
  };
  return { ...state, mark: markOf([status, reason, state.qr, state.code]) };
}

function sentenceOf(reason: SessionReason | null): string | null {
  return reason === null ? null : sessionReasons[reason];
}

function markOf(parts: readonly (string | null)[]): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

async function find(services: Services, input: Named): Promise<Session> {
  const found = await findIfThere(services, input);
  if (found !== null) return found;
  throw new WaygateError("not_found", `There is no session ${input.name}; "waygate session list" shows them all.`);
}

async function findIfThere({ accounts, sessions }: Services, { name, username }: Named): Promise<Session | null> {
  const found = await sessions.findAny(name);
  if (username !== undefined) {
    const { id } = await accounts.getByName(username);
    return found.find((session) => session.accountId === id) ?? null;
  }
  if (found.length <= 1) return found[0] ?? null;
  throw new WaygateError("conflict", `Several accounts have a session named ${name}; say whose with --user NAME.`);
}

async function make(services: Services, { name, username }: Named): Promise<Session> {
  const account = username === undefined ? await onlyAdmin(services) : await services.accounts.getByName(username);
  return services.sessions.create({ name, start: false }, { accountId: account.id, sessions: null }, commandLine);
}

/** Whose a session is if nobody says. */
async function onlyAdmin({ accounts }: Services): Promise<Account> {
  const { rows } = await accounts.list(everything);
  const [admin, ...others] = rows.filter(({ role, disabledAt }) => role === "admin" && disabledAt === null);
  if (admin !== undefined && others.length === 0) return admin;
  const sentence =
    admin === undefined
      ? 'Nobody has an account yet: make one with "waygate user add NAME --role admin".'
      : "There are several admins; say with --user NAME whose session it shall be.";
  throw new WaygateError("conflict", sentence);
}

function sessionLine({ ids, sessionRuns }: Services, session: Session, account: Account) {
  return {
    id: ids.show("session", session.id),
    account: account.username,
    name: session.name,
    status: session.status,
    reason: session.reason,
    phone: session.identity === null ? null : `+${session.identity.phone}`,
    network: sessionRuns.networkOf(session),
    wanted: session.isWanted,
    connected_at: session.status === "connected" ? isoTime(session.connectedAt) : null,
  };
}

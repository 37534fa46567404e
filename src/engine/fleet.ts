// All sessions of this gateway at work, by id. Baileys is loaded with the first of them: a gateway without sessions does
// without its megabytes.
import { tmpdir } from "node:os";
import { type Clock, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { PastValue, ReceiptValue } from "../core/inbound.ts";
import type { Log } from "../core/log.ts";
import type { Engine, Reader, Report, SessionSpec } from "../core/ports.ts";
import type { SignalMemory } from "../core/signal-memory.ts";
import type { ToldValue } from "../core/told.ts";
import type { AddressRules } from "../net/address-rules.ts";
import { createGate } from "./gate.ts";
import type { HistorySink } from "./history/chunk.ts";
import type { Transcode } from "./media/prepare/transcode.ts";
import type { Network } from "./network.ts";
import { noPasskeys, type Passkeys } from "./passkey.ts";
import type { RunningSession } from "./running-session.ts";

export type EngineOptions = {
  network: Network;
  openMemory(sessionId: number): Promise<SignalMemory>;
  report: Report;
  clock: Clock;
  log: Log;
  /** For the sessions' proxies. */
  addressRules: AddressRules;
  keepAliveMs: number;
  /** The content of what was sent, for those who could not read it. */
  findSent(sessionId: number, waId: string): Uint8Array | null;
  /** How far messages went, as it is heard. */
  receipts(sessionId: number, values: ReceiptValue[]): Promise<void>;
  /** Of chats, beside the messages in them: the best we can do, as nobody tells it twice. */
  told(sessionId: number, value: ToldValue): void;
  /** For temporary files; the system's own without it. */
  folder?: string;
  /** Of the time before it was linked; at least once, and nothing is lost if it fails. */
  past(sessionId: number, value: PastValue): Promise<void>;
  /** Elsewhere than to `past`. */
  historyOf?(sessionId: number): HistorySink;
  /** Nobody by default. */
  passkeys?: Passkeys;
  /** Without it, what WhatsApp does not play is refused. */
  transcode?: Transcode;
};

/** So many that round trips do not add up, so few that what they cost does not come all at once. */
const dialsAtOnce = 24;
const longestTickMs = 5 * second;
const goodbyeMs = 10 * second;

export function createEngine(options: EngineOptions): Engine {
  const { network, keepAliveMs, clock } = options;
  const running = new Map<number, RunningSession>();
  const gate = createGate(dialsAtOnce);
  const needs = {
    ...options,
    gate,
    passkeys: options.passkeys ?? noPasskeys,
    folder: options.folder ?? tmpdir(),
  };
  const timer = setInterval(
    () => {
      for (const session of running.values()) session.tick();
    },
    Math.min(longestTickMs, keepAliveMs / 4),
  );
  timer.unref?.();

  /** Loaded with the first session: asked for at every message, an import would cost more than what it brings. */
  let answering: typeof import("./requests.ts").answerRequest | null = null;
  let reading: Promise<Reader> | null = null;
  let composing: typeof import("./outbound/compose.ts").compose | null = null;

  function get(id: number): RunningSession {
    const session = running.get(id);
    if (session === undefined) throw new WaygateError("unavailable", "This session does not run; start it first.");
    return session;
  }

  /** One that rests, just long enough to say goodbye: else a dead device would stay behind on the phone. */
  async function wake(spec: SessionSpec): Promise<RunningSession> {
    const { createSession } = await import("./session.ts");
    const session = createSession(spec, { ...needs, report: async () => {} });
    if (spec.network !== network.rootKey) return session;
    session.begin();
    const deadline = performance.now() + goodbyeMs;
    const isUnderWay = () => ["starting", "connecting", "disconnected"].includes(session.view().status);
    while (isUnderWay() && performance.now() < deadline) await session.changes.next(deadline - performance.now());
    return session;
  }

  return {
    network: { kind: network.kind, url: network.url, rootKey: network.rootKey },
    async run(spec) {
      const { createSession } = await import("./session.ts");
      const known = running.get(spec.id);
      if (known !== undefined) await known.apply(spec);
      const session = known ?? createSession(spec, needs);
      running.set(spec.id, session);
      session.begin();
    },
    async stop(id) {
      const session = running.get(id);
      if (session === undefined) return;
      await session.stop();
      running.delete(id);
    },
    async logOut(spec) {
      const known = running.get(spec.id);
      if (known?.view().status === "connected") await known.logOut();
      else {
        await known?.shutDown();
        await (await wake(spec)).logOut();
      }
      running.delete(spec.id);
    },
    view: (id) => running.get(id)?.view() ?? null,
    nextChange: (id, ms) => running.get(id)?.changes.next(ms) ?? Promise.resolve(),
    pairingCode: (id, phone) => get(id).pairingCode(phone),
    reader() {
      reading ??= loadReader();
      return reading;
    },
    async compose(content, context, writing) {
      composing ??= (await import("./outbound/compose.ts")).compose;
      return composing(content, context, writing, clock.now());
    },
    async composeAction(action, writing) {
      const { composeAction } = await import("./outbound/actions.ts");
      return composeAction(action, writing, clock.now());
    },
    async prepare(file) {
      const { prepareFile } = await import("./media/prepare/file.ts");
      return prepareFile(file, { transcode: options.transcode ?? null });
    },
    async thumbnail(path) {
      const { thumbnailOf } = await import("./media/prepare/thumbnail.ts");
      return thumbnailOf(path);
    },
    async ask(id, name, input) {
      answering ??= (await import("./requests.ts")).answerRequest;
      return answering(get(id).connection(), name, input);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all([...running.values()].map((session) => session.shutDown()));
      running.clear();
    },
  };
}

async function loadReader(): Promise<Reader> {
  const [{ readStanza }, { openVote }, { readLateAnswer }, { blankStanza }] = await Promise.all([
    import("./inbound/stanza.ts"),
    import("./inbound/vote.ts"),
    import("./media/late-answer.ts"),
    import("./signal/stanza.ts"),
  ]);
  return { stanza: readStanza, vote: openVote, mediaAnswer: readLateAnswer, blank: blankStanza() };
}

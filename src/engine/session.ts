// One session at work: from one connection to the next, until it rests. All it decides is in `life.ts` and
// `reconnect.ts`; this carries it out, one step after the other.
import { type BinaryNode, initAuthCreds, type WAMessage } from "@whiskeysockets/baileys";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { PairingCode, QrShown, SessionSpec } from "../core/ports.ts";
import type { Identity } from "../core/session.ts";
import type { SignalMemory } from "../core/signal-memory.ts";
import type { CallValue, ToldValue } from "../core/told.ts";
import { openWayOut, type WayOut } from "../net/way-out.ts";
import { createChanges } from "./changes.ts";
import { isUnwanted, readAll, rejectCall, showPresence } from "./conduct.ts";
import { type Connection, openConnection } from "./connection.ts";
import { whatsApp } from "./network.ts";
import { askForCode, notOffered, qrLifeMs, untilOffered } from "./pairing.ts";
import { createPast } from "./past.ts";
import { type Ending, stalledCode, storageCode, type Verdict } from "./reconnect.ts";
import type { RunningSession, SessionNeeds } from "./running-session.ts";
import { type Credentials, encodeCredentials, identityOf, isLinked, loadCredentials } from "./signal/credentials.ts";
import { needsAnother } from "./socket.ts";
import { createStory } from "./story.ts";
import { askWebVersion } from "./web-version.ts";

export function createSession(first: SessionSpec, needs: SessionNeeds): RunningSession {
  const { network, clock, log: parentLog, gate } = needs;
  const log = parentLog.child({ session: first.name, accountId: first.accountId });
  const changes = createChanges();
  const story = createStory({ sessionId: first.id, report: needs.report, changes, clock, log });
  const { go } = story;
  let spec = first;
  let memory: SignalMemory | null = null;
  let creds: Credentials | null = null;
  let connection: Connection | null = null;
  let qr: QrShown | null = null;
  let code: PairingCode | null = null;
  let plainName = false;
  let retryAt: number | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let freeGate = () => {};
  let run = new AbortController();
  let version = network.version;
  let known: Identity | null = null;
  const past = createPast();
  /** Each step waits for the one before it. */
  let steps: Promise<void> = Promise.resolve();

  function inOrder(work: () => Promise<void>): Promise<void> {
    const done = steps.then(work);
    steps = done.catch((error) => log.error({ error: messageOf(error) }, "a session's step failed"));
    return done;
  }

  function openWay(): WayOut {
    const trustsNetwork = network.url !== whatsApp.url;
    return openWayOut({ proxy: spec.proxy, ca: network.ca, rules: needs.addressRules, trustsNetwork });
  }

  function begin(): void {
    if (!story.can({ type: "start" })) return;
    run = new AbortController();
    past.begin(spec.network !== null);
    go({ type: "start" });
    void inOrder(recallAndDial);
  }

  async function recallAndDial(): Promise<void> {
    try {
      memory = await needs.openMemory(spec.id);
    } catch (error) {
      return goOnAfter({ code: storageCode, detail: messageOf(error) }, null);
    }
    const loaded = loadCredentials(memory);
    if (loaded.creds === null) return rest("credentials_unreadable");
    if (loaded.from === "older")
      log.warn({}, "the newest credentials cannot be read; the generation before them is used");
    creds = loaded.creds;
    if (isLinked(creds) && spec.network !== null && spec.network !== network.rootKey) return rest("other_network");
    await dial();
  }

  function rest(reason: Extract<Verdict, { act: "rest" }>["reason"]): void {
    go({ type: "rest", status: "failed", reason });
  }

  async function dial(): Promise<void> {
    if (memory === null || creds === null || run.signal.aborted) return;
    // A code was asked for and never typed: that number is in the credentials, and stands in the way of a new linking.
    if (!isLinked(creds) && creds.me !== undefined) creds = initAuthCreds();
    const linked = isLinked(creds);
    go({ type: "dial", isLinked: linked });
    freeGate = await gate.enter(run.signal);
    if (run.signal.aborted) return freeGate();
    const made: Connection = openConnection({
      ...needs,
      wayOut: openWay(),
      settings: spec.settings,
      plainName,
      memory,
      creds,
      version,
      log,
      events: { ...events, ended: (ending) => void inOrder(() => goOnAfter(ending, made)) },
      past: (value) => needs.past(spec.id, value),
      history: needs.historyOf?.(spec.id) ?? null,
      findSent: (id) => needs.findSent(spec.id, id),
      receipts: (values) => needs.receipts(spec.id, values),
      told: tell,
    });
    connection = made;
    if (!linked) made.keepCredentials(encodeCredentials(creds));
  }

  const events = {
    qr(text: string, number: number) {
      freeGate();
      qr = { text, expiresAt: clock.now() + qrLifeMs(number) };
      go({ type: "offer" }, { qr });
    },
    linked() {
      [qr, code] = [null, null];
      past.linked();
      known = creds === null ? null : identityOf(creds);
      go({ type: "linked" }, { identity: known });
    },
    opened() {
      freeGate();
      past.opened();
      known = creds === null ? null : identityOf(creds);
      go({ type: "opened" }, { identity: known });
    },
    passkey(notice: BinaryNode) {
      log.warn({}, "WhatsApp asks for a passkey to link this number");
      void inOrder(async () => {
        if (connection !== null && (await needs.passkeys.answer(notice, connection.socket))) return;
        await letGo();
        go({ type: "passkey" });
      });
    },
    learnt() {
      const now = creds === null ? null : identityOf(creds);
      const isNews = now !== null && JSON.stringify(now) !== JSON.stringify(known);
      if (!isNews || story.life().status !== "connected") return;
      // Nobody is shown without a name, and right after it was linked it has none.
      const isNamed = known?.displayName == null && now.displayName !== null;
      if (isNamed && spec.settings.markOnline) conduct((open) => showPresence(open, spec.settings));
      known = now;
      story.tell({ identity: now });
    },
    call(call: CallValue) {
      tell(call);
      conduct(async (open) => {
        const rejected = await rejectCall(open, spec.settings, call);
        if (rejected !== null) tell(rejected);
      });
    },
    messages: (messages: WAMessage[]) => conduct((open) => readAll(open, spec.settings, messages)),
  };

  function tell(value: ToldValue): void {
    if (!isUnwanted(spec.settings, value)) needs.told(spec.id, value);
  }

  /** What it does by itself because it is set so: nobody waits for it, and nothing depends on it. */
  function conduct(act: (open: Connection) => Promise<void>): void {
    if (connection === null) return;
    act(connection).catch((error) => log.warn({ error: messageOf(error) }, "what the session is set to do has failed"));
  }

  /** Unless another connection has taken its place meanwhile. */
  async function goOnAfter(ending: Ending, ended: Connection | null): Promise<void> {
    if (run.signal.aborted || connection !== ended) return;
    freeGate();
    const wasOpen = story.life().status === "connected";
    const linked = creds === null ? spec.network !== null : isLinked(creds);
    connection = null;
    [qr, code] = [null, null];
    const verdict = past.judge(ending, { isLinked: linked, wasOpen });
    log.info(
      { code: ending.code, detail: ending.detail, verdict: verdict.act, reason: verdict.reason },
      "a connection ended",
    );
    if (verdict.act === "rest") return settle(verdict);
    go(
      { type: "lost", isLinked: linked && verdict.anew !== true, reason: verdict.reason },
      ending.code === stalledCode ? { hasStalled: true } : undefined,
    );
    await prepare(verdict);
    retryAt = clock.now() + verdict.afterMs;
    retryTimer = setTimeout(() => {
      retryAt = null;
      // A book that failed knows more than the disk: what the disk knows is where to go on from.
      void inOrder(verdict.reason === "storage" ? recallAndDial : dial);
    }, verdict.afterMs);
    changes.told();
  }

  async function settle(verdict: Extract<Verdict, { act: "rest" }>): Promise<void> {
    if (verdict.status === "logged_out") {
      await forget();
      known = null;
      go({ type: "rest", ...verdict }, { identity: null });
    } else go({ type: "rest", ...verdict });
  }

  async function prepare({ askVersion, anew }: Extract<Verdict, { act: "retry" }>): Promise<void> {
    if (askVersion === true) {
      await using wayOut = openWay();
      version = (await askWebVersion(network, wayOut, log)) ?? version;
    }
    if (anew !== true) return;
    await forget();
    creds = initAuthCreds();
    if (known !== null) story.tell({ identity: null });
    known = null;
  }

  /** Should they stay, because the disk is full: the next login is refused as this one was. */
  async function forget(): Promise<void> {
    await memory
      ?.forget()
      .catch((error) => log.error({ error: messageOf(error) }, "a session's credentials could not be removed"));
  }

  async function letGo(): Promise<void> {
    clearTimeout(retryTimer);
    retryAt = null;
    freeGate();
    [qr, code] = [null, null];
    const open = connection;
    connection = null;
    await open?.close();
  }

  function redial(): Promise<void> {
    return inOrder(async () => {
      await letGo();
      if (creds !== null) go({ type: "lost", isLinked: isLinked(creds), reason: null });
      await dial();
    });
  }

  async function pairingCode(phone: string): Promise<PairingCode> {
    if (creds !== null && isLinked(creds)) throw new WaygateError("conflict", "This session is linked already.");
    // A code lives as long as the QRs of its connection; and a name of one's own is refused for codes.
    plainName = true;
    await redial();
    await untilOffered({ changes, isOffered: () => qr !== null, isOver: () => run.signal.aborted });
    if (connection === null) throw notOffered();
    code = await askForCode(connection, phone, clock);
    story.tell();
    return code;
  }

  return {
    get spec() {
      return spec;
    },
    changes,
    view: () => ({
      ...story.life(),
      qr,
      pairingCode: code,
      retryAt,
      lastHeardAt: connection?.lastHeardAt() ?? null,
    }),
    begin,
    async apply(next) {
      const before = spec;
      spec = next;
      if (before.settings.markOnline !== next.settings.markOnline) conduct((open) => showPresence(open, next.settings));
      const isUnderWay = connection !== null || retryAt !== null;
      if (isUnderWay && needsAnother(before, next)) await redial();
    },
    async stop() {
      run.abort();
      await inOrder(async () => {
        await letGo();
        go({ type: "stop" });
      });
      await story.told();
    },
    async shutDown() {
      run.abort();
      await inOrder(letGo);
      await story.told();
    },
    async logOut() {
      const open = connection;
      if (open?.isOpen()) await open.socket.logout().catch(() => {});
      run.abort();
      await inOrder(async () => {
        await letGo();
        memory ??= await needs.openMemory(spec.id);
        await memory.forget();
        [creds, known] = [null, null];
        go({ type: "log_out" }, { identity: null });
      });
      await story.told();
    },
    pairingCode,
    connection() {
      if (connection?.isOpen() === true) return connection;
      throw new WaygateError("unavailable", `The session ${spec.name} is not connected to WhatsApp just now.`);
    },
    tick() {
      connection?.check();
    },
  };
}

// App state for the first time. Baileys asks for it along with the history, which it never sees here; so it is asked for
// once the phone has shared the key, and where Baileys counts it is written down that it was.
import { ALL_WA_PATCH_NAMES, type WASocket } from "@whiskeysockets/baileys";
import { type Clock, minute, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Credentials } from "./signal/credentials.ts";

export type FirstSync = {
  /** Whenever something may have changed: it begins if it is due, and again some time after it failed. */
  heed(): void;
};

export type FirstSyncNeeds = {
  socket: WASocket;
  creds: Credentials;
  isOpen(): boolean;
  clock: Clock;
  log: Log;
};

const shortestPauseMs = 5 * second;
const longestPauseMs = 10 * minute;

export function createFirstSync({ socket, creds, isOpen, clock, log }: FirstSyncNeeds): FirstSync {
  let isUnderWay = false;
  let pauseMs = shortestPauseMs;
  let notBefore = Number.NEGATIVE_INFINITY;

  async function sync(): Promise<void> {
    try {
      await socket.resyncAppState(ALL_WA_PATCH_NAMES, true);
      socket.ev.emit("creds.update", { accountSyncCounter: creds.accountSyncCounter + 1 });
    } catch (error) {
      if (!isOpen()) return;
      log.warn({ error: messageOf(error) }, "the app state could not be fetched; it is tried again");
      notBefore = clock.now() + pauseMs;
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    } finally {
      isUnderWay = false;
    }
  }

  return {
    heed() {
      const isDue = isOpen() && creds.myAppStateKeyId !== undefined && creds.accountSyncCounter === 0;
      if (!isDue || isUnderWay || clock.now() < notBefore) return;
      isUnderWay = true;
      void sync();
    },
  };
}

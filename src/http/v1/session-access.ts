// Which sessions a caller sees: its account's, and with a key that is bound to some of them, those alone.
import type { Session } from "../../core/session.ts";
import type { Services } from "../../services/services.ts";
import type { SessionReach } from "../../services/sessions.ts";
import { type Call, principalOf } from "../call.ts";

export function createSessionAccess({ sessions }: Services) {
  function reachOf(call: Call): SessionReach {
    const { account, sessions: names } = principalOf(call);
    return { accountId: account.id, sessions: names };
  }
  return {
    reachOf,
    /** By id or name; somebody else's is not found. */
    own: (call: Call, shown: string): Promise<Session> => sessions.get(reachOf(call), shown),
  };
}

// An API key renewed by whoever holds it, with nothing else to show than it and the name of its account.
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { actorOf, anonymous } from "../core/principal.ts";
import type { Store } from "../store/store.ts";
import type { Credentials } from "./credentials.ts";
import type { Keys } from "./keys.ts";

type Needs = { store: Store; clock: Clock; credentials: Credentials; keys: Keys };
type Presented = { username: string; secret: string };

export function createKeyReset({ store, clock, credentials, keys }: Needs) {
  async function refuse(address: string): Promise<never> {
    const facts = { actor: anonymous(address), accountId: null, target: null, detail: {}, at: clock.now() };
    await store.write("audit.append", { action: "key_reset.failed", ...facts });
    throw new WaygateError("unauthenticated", "Invalid username or API key.");
  }

  return {
    /** The old key dies at once. A client key is its session's, and is not renewed by whoever it was sent to. */
    async reset({ username, secret }: Presented, from: { readonly address: string }): Promise<string> {
      const principal = await credentials.byKey(secret, from).catch(nullIfUnknown);
      if (principal === null || principal.credential.kind !== "key") return refuse(from.address);
      const { account, credential } = principal;
      const { key } = credential;
      const isNamed = account.username.toLowerCase() === username.trim().toLowerCase();
      if (!isNamed || key.sessionId !== null) return refuse(from.address);
      const grant = { accountId: account.id, scopes: key.scopes, sessions: key.sessions };
      return (await keys.rotate(key, 0, grant, actorOf(principal, from.address))).secret;
    },
  };
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof WaygateError && error.code === "unauthenticated") return null;
  throw error;
}

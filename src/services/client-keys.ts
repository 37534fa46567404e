// Client keys: one for each session, good for it alone and gone with it. They can be shown again, to whoever may do as much.
import type { Actor } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { type ApiKey, clientScopes, hashKey, makeKey, type Scope, shownPrefix } from "../core/key.ts";
import type { Principal } from "../core/principal.ts";
import type { Session } from "../core/session.ts";
import { sealedKeyCell } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { keyEvent } from "./key-event.ts";

export type ShownKey = { key: ApiKey; secret: string };
export type ClientKeys = ReturnType<typeof createClientKeys>;

type Owned = { accountId: number; name: string };

export function createClientKeys({ store, clock }: { store: Store; clock: Clock }) {
  /** For a session that is, or is just being made. */
  function make({ accountId, name }: Owned, actor: Actor) {
    const secret = makeKey();
    const hash = hashKey(secret);
    const at = clock.now();
    const key = {
      accountId,
      name: `client ${name}`,
      prefix: shownPrefix(secret),
      hash,
      scopes: [...clientScopes],
      sessions: [name],
      addresses: null,
      createdAt: at,
      expiresAt: null,
    };
    const detail = { name: key.name, scopes: key.scopes, sessions: key.sessions };
    const event = keyEvent("key.created", key, { actor, at, detail });
    return { key, sealed: store.sealer.seal(Buffer.from(secret), sealedKeyCell(hash)), event };
  }

  async function get(session: Session): Promise<ShownKey> {
    const found = await store.keys.clientKeyOf(session.id);
    if (found === null) throw new WaygateError("not_found", "There is no such session.");
    return found;
  }

  return {
    make,
    /** Made for a session that has none: it came from elsewhere, or its key was revoked. */
    async ensure(session: Session, actor: Actor): Promise<ShownKey> {
      const known = await store.keys.clientKeyOf(session.id);
      if (known !== null) return known;
      const { key, sealed, event } = make(session, actor);
      const client = { sessionId: session.id, sealed };
      await store.write("keys.ensure_client", { key: { ...key, client }, event });
      return get(session);
    },
  };
}

/** Else a key with few rights could read one with more. */
export function maySeeClientKeys({ scopes }: { scopes: readonly Scope[] }): boolean {
  return clientScopes.every((scope) => scopes.includes(scope));
}

export function isClientKey({ credential }: Principal): boolean {
  return credential.kind === "key" && credential.key.sessionId !== null;
}

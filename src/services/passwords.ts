// Hashing and checking passwords with argon2id, never more than two at a time: else hashing is the denial of service.
import { invalidField, WaygateError } from "../core/errors.ts";
import { passwordWeakness } from "../core/passwords.ts";

export type Passwords = {
  /** Refuses a weak one with a sentence. */
  hash(password: string, username: string, path?: string): Promise<string>;
  /**
   * Takes as long for an account that has no password, so that time tells nothing. `admit` is asked when its turn has
   * come: of many guesses at once, those behind the first few meet the throttle that these have filled.
   */
  verify(password: string, hash: string | null, admit?: () => void): Promise<boolean>;
};

/** OWASP's first choice for argon2id with little memory: 19 MiB, two passes. */
const argon2id = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;
const maxAtOnce = 2;
const maxWaiting = 100;

export function createPasswords(): Passwords {
  const inTurn = createTurnstile(maxAtOnce);
  const decoy = inTurn(() => Bun.password.hash(crypto.randomUUID(), argon2id));
  return {
    hash(password, username, path = "/password") {
      const weakness = passwordWeakness(password, username);
      if (weakness !== null) throw invalidField(path, weakness);
      return inTurn(() => Bun.password.hash(password, argon2id));
    },
    async verify(password, hash, admit = () => {}) {
      const against = hash ?? (await decoy);
      const fits = await inTurn(async () => {
        admit();
        return Bun.password.verify(password, against);
      });
      return fits && hash !== null;
    },
  };
}

function createTurnstile(maxInside: number) {
  let inside = 0;
  const queue: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (queue.length >= maxWaiting) throw new WaygateError("unavailable", "Too many people are signing in; try again.");
    if (inside >= maxInside) await new Promise<void>((admit) => queue.push(admit));
    else inside += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}

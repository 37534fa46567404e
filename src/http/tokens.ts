// The token of a login: a JWT that names the login's row. It is good only as long as that row is there.
import { jwt } from "@elysiajs/jwt";
import type { Clock } from "../core/clock.ts";

export type Tokens = {
  sign(tokenId: string, expiresAt: number): Promise<string>;
  /** The login's token id, or null for anything we did not sign. */
  read(token: string): Promise<string | null>;
};

export const looksLikeToken = (text: string) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

export function createTokens(secret: Uint8Array, clock: Clock): Tokens {
  const { sign, verify } = jwt({ name: "jwt", secret, alg: "HS256" }).decorator.jwt;
  return {
    sign: (tokenId, expiresAt) => sign({ jti: tokenId, exp: Math.floor(expiresAt / 1_000) }),
    async read(token) {
      const claims = await verify(token, { algorithms: ["HS256"], currentDate: new Date(clock.now()) });
      return claims === false ? null : (claims.jti ?? null);
    },
  };
}

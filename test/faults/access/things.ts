// The things that paths name: made for their owners, and used again where nobody takes them away.
import type { Operation } from "../support/document.ts";
import { bearer } from "../support/rig.ts";
import { collectionOf, fillPath } from "../support/targets.ts";
import type { HeaderMap } from "./credentials.ts";
import type { World } from "./world.ts";

export type Wanted = {
  op: Operation;
  owner: HeaderMap;
  /** What a thing of this owner may do; the usual if it is not said. */
  scopes?: readonly string[];
  /** False where the request may take it away. */
  mayLast: boolean;
};

export type Things = {
  /** The operation's path with such a thing in it. */
  pathTo(wanted: Wanted): Promise<string>;
  /** The id of a thing there is, but in another collection than this operation's. */
  idOfOtherKind(op: Operation): Promise<string>;
};

export function createThings({ origin, database, document, operator }: World): Things {
  const lasting = new Map<string, Promise<string>>();

  function keep(name: string, make: () => Promise<string>): Promise<string> {
    const known = lasting.get(name) ?? make();
    lasting.set(name, known);
    return known;
  }

  return {
    pathTo({ op, owner, scopes, mayLast }) {
      const within = scopes === undefined ? {} : { scopes };
      const make = () => fillPath(op.path, { origin, database, document, headers: owner, within });
      return mayLast ? keep(JSON.stringify([op.path, owner, within]), make) : make();
    },
    async idOfOtherKind(op) {
      const own = collectionOf(op.path);
      const other = document.operations.find(({ path }) => (collectionOf(path) ?? own) !== own);
      if (other === undefined) throw new Error("there is only one kind of thing");
      const headers = bearer(operator.token);
      const path = await keep(`another kind than ${own}`, () =>
        fillPath(other.path, { origin, database, document, headers }),
      );
      return idIn(path, other.path);
    },
  };
}

/** What stands in place of the pattern's last parameter. */
export function idIn(path: string, pattern: string): string {
  const place = pattern.split("/").findLastIndex((part) => part.startsWith("{"));
  return path.split("/")[place] ?? "";
}

// One malformed request: what is odd about it, how it goes out, and what may come back.
import type { Operation } from "../support/document.ts";
import type { Random } from "../support/random.ts";
import type { HeaderLine } from "../support/wire.ts";

export type Probe = {
  /** What is odd about it, for whoever reads of a fault. */
  what: string;
  method?: string;
  target?: string;
  /** In place of the caller's own credential. */
  credential?: readonly HeaderLine[];
  headers?: readonly HeaderLine[];
  contentType?: string | null;
  body?: Uint8Array;
  isChunked?: boolean;
  /** The only statuses that are right; null where it may as well succeed. */
  expect: readonly number[] | null;
  /** True where HTTP itself may refuse it, before Waygate is asked: then the answer has no body. */
  mayBeBare?: boolean;
  /** True where the status need not be one that the document lists for the operation. */
  isElsewhere?: boolean;
};

/** What probes are made from: an operation and a request to it that works. */
export type Sample = {
  op: Operation;
  /** Other operations' methods on the same path. */
  methods: readonly string[];
  /** The path with real ids in it. */
  path: string;
  /** Makes the valid body anew, with names that are free. */
  body: (() => unknown) | null;
  random: Random;
};

export const utf8 = (text: string) => new TextEncoder().encode(text);

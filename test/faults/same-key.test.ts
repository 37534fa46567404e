// The short form of the suite "t18"; the long one is scripts/test faults t18.
import { test } from "bun:test";
import { sameKeySuite } from "./sessions/same-key.ts";
import { shortForm } from "./support/short-form.ts";

test("however many requests use one Idempotency-Key at once, one message comes of it", ...shortForm(sameKeySuite));

// The short form of the suite "t1-bulk"; the long one is scripts/test faults t1-bulk.
import { test } from "bun:test";
import { bulkSuite } from "./sessions/bulk-kills.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL while campaigns run: everybody is written to once", ...shortForm(bulkSuite));

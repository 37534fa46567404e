// The short form of the suite "t14"; the long one is scripts/test faults t14.
import { test } from "bun:test";
import { shortForm } from "./support/short-form.ts";
import { retriesSuite } from "./webhooks/retries.ts";

test("what a receiver did not take is tried again in its time, and not for ever", ...shortForm(retriesSuite));

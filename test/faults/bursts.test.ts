// The short form of the suite "bursts"; the long one is scripts/test faults bursts.
import { test } from "bun:test";
import { burstsSuite } from "./sessions/bursts.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL while messages go both ways loses none, doubles none and uses no key twice", ...shortForm(burstsSuite));

// The short form of the suite "pairing"; the long one is scripts/test faults pairing.
import { test } from "bun:test";
import { pairingSuite } from "./sessions/pairing.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL while a number is being linked leaves what the phone shows as linked linked", ...shortForm(pairingSuite));

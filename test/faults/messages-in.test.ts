// The short form of the suite "t2"; the long one is scripts/test faults t2.
import { test } from "bun:test";
import { inSuite } from "./sessions/messages-in.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL while messages come in: each is kept and told of once, in its chat's order", ...shortForm(inSuite));

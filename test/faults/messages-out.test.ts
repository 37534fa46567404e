// The short form of the suite "t1"; the long one is scripts/test faults t1.
import { test } from "bun:test";
import { outSuite } from "./sessions/messages-out.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL while messages go out: each is at its phone once, in its chat's order", ...shortForm(outSuite));

// The short form of the suite "kill"; the long one is scripts/test faults kill.
import { test } from "bun:test";
import { killSuite } from "./kill/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL during a burst of writes loses nothing that was answered", ...shortForm(killSuite));

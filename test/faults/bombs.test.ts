// The short form of the suite "t20"; the long one is scripts/test faults t20.
import { test } from "bun:test";
import { bombsSuite } from "./bombs/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("what becomes enormous or never ends is answered, and leaves the memory what it was", ...shortForm(bombsSuite));

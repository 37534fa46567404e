// The short form of the suite "t22"; the long one is scripts/test faults t22.
import { test } from "bun:test";
import { leaksSuite } from "./leaks/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("no planted secret is found in anything the gateway writes, says or answers", ...shortForm(leaksSuite));

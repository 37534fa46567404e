// The short form of the suite "t5"; the long one is scripts/test faults t5.
import { test } from "bun:test";
import { isolationSuite } from "./isolation/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("receivers that hang, drip, reset and never end are at nobody's cost", ...shortForm(isolationSuite));

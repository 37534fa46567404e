// The short form of the suite "t9"; the long one is scripts/test faults t9.
import { test } from "bun:test";
import { accessSuite } from "./access/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("every route answers every kind of credential as the status table says", ...shortForm(accessSuite));

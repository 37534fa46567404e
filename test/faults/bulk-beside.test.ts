// The short form of the suite "t25"; the long one is scripts/test faults t25.
import { test } from "bun:test";
import { besideSuite } from "./sessions/bulk-beside.ts";
import { shortForm } from "./support/short-form.ts";

test("single messages beside a bulk go out at once, and all of both arrive", ...shortForm(besideSuite));

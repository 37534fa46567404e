// The short form of the suite "t7"; the long one is scripts/test faults t7.
import { test } from "bun:test";
import { malformedSuite } from "./malformed/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("malformed requests to every route are refused as problems and change nothing", ...shortForm(malformedSuite));

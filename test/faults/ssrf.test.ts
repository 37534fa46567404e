// The short form of the suite "t6"; the long one is scripts/test faults t6.
import { test } from "bun:test";
import { ssrfSuite } from "./ssrf/suite.ts";
import { shortForm } from "./support/short-form.ts";

test(
  "no address that anybody gives leads inside, however it is written or whatever it turns into",
  ...shortForm(ssrfSuite),
);

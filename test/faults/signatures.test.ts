// The short form of the suite "t13"; the long one is scripts/test faults t13.
import { test } from "bun:test";
import { signatureSuite } from "./signatures/suite.ts";
import { shortForm } from "./support/short-form.ts";

test(
  "every event in every format is signed as receivers check it, and nothing changed is",
  ...shortForm(signatureSuite),
);

// The short form of the suite "t21"; the long one is scripts/test faults t21.
import { test } from "bun:test";
import { shortForm } from "./support/short-form.ts";
import { upgradeSuite } from "./upgrade/suite.ts";

test(
  "every released schema is brought up to date whole, however often its start is killed",
  ...shortForm(upgradeSuite),
);

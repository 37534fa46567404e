// The short form of the suite "t4"; the long one is scripts/test faults t4.
import { test } from "bun:test";
import { shortForm } from "./support/short-form.ts";
import { outageSuite } from "./webhooks/outage.ts";

test(
  "a day without receivers and a day without the gateway: each event is taken in the end",
  ...shortForm(outageSuite),
);

// The short form of the suite "schedules"; the long one is scripts/test faults schedules.
import { test } from "bun:test";
import { schedulesSuite } from "./sessions/schedules.ts";
import { shortForm } from "./support/short-form.ts";

test("what is due goes once for each of its times, however often the gateway is killed", ...shortForm(schedulesSuite));

// Every suite of faults, in the order in which they run.
import { accessSuite } from "./access/suite.ts";
import { bombsSuite } from "./bombs/suite.ts";
import { feedsSuite } from "./feeds/suite.ts";
import { isolationSuite } from "./isolation/suite.ts";
import { killSuite } from "./kill/suite.ts";
import { leaksSuite } from "./leaks/suite.ts";
import { malformedSuite } from "./malformed/suite.ts";
import { besideSuite } from "./sessions/bulk-beside.ts";
import { bulkSuite } from "./sessions/bulk-kills.ts";
import { burstsSuite } from "./sessions/bursts.ts";
import { filesSuite } from "./sessions/files.ts";
import { inSuite } from "./sessions/messages-in.ts";
import { outSuite } from "./sessions/messages-out.ts";
import { pairingSuite } from "./sessions/pairing.ts";
import { sameKeySuite } from "./sessions/same-key.ts";
import { schedulesSuite } from "./sessions/schedules.ts";
import { signatureSuite } from "./signatures/suite.ts";
import { ssrfSuite } from "./ssrf/suite.ts";
import type { Suite } from "./support/suite.ts";
import { upgradeSuite } from "./upgrade/suite.ts";
import { outageSuite } from "./webhooks/outage.ts";
import { retriesSuite } from "./webhooks/retries.ts";

export const suites: readonly Suite[] = [
  killSuite,
  burstsSuite,
  outSuite,
  bulkSuite,
  besideSuite,
  inSuite,
  outageSuite,
  retriesSuite,
  sameKeySuite,
  schedulesSuite,
  pairingSuite,
  filesSuite,
  malformedSuite,
  accessSuite,
  ssrfSuite,
  isolationSuite,
  feedsSuite,
  signatureSuite,
  upgradeSuite,
  leaksSuite,
  bombsSuite,
];

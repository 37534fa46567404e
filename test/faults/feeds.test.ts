// The short form of the suite "feeds"; the long one is scripts/test faults feeds.
import { test } from "bun:test";
import { feedsSuite } from "./feeds/suite.ts";
import { shortForm } from "./support/short-form.ts";

test("feeds that are cut at any byte, amid kills, tell each event once and in order", ...shortForm(feedsSuite));

// The short form of the suite "files"; the long one is scripts/test faults files.
import { test } from "bun:test";
import { filesSuite } from "./sessions/files.ts";
import { shortForm } from "./support/short-form.ts";

test("SIGKILL while files are being fetched loses none and leaves none half written", ...shortForm(filesSuite));

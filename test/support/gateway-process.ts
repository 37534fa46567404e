// A gateway in a process of its own that is killed at any moment. Argument: the data directory. It prints where it is.
import { startGateway } from "./gateway.ts";

const [dataDir = ""] = process.argv.slice(2);
const gateway = await startGateway({ dataDir, clock: { now: () => Date.now(), advance: () => {} } });
process.stdout.write(`${gateway.url}\n`);

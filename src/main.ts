import { openStore } from "./store/store.ts";
import { silentLog } from "./core/log.ts";
import { systemClock } from "./core/clock.ts";
await using store = await openStore({ dataDir: process.argv[2] ?? "/tmp/d", masterKeys: [], doing: "test", clock: systemClock, log: silentLog });
console.log(await store.plans.list(), store.sizes(), import.meta.url);
console.log(await store.backup(process.argv[2] + "/x/b.db"));

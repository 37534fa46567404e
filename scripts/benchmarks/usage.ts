// What a process uses, as Linux tells it: memory it holds, processor time it has had.
import { readFileSync } from "node:fs";
import { platform } from "node:os";

export type Memory = { residentBytes: number; ownBytes: number };

/** Fixed on every Linux that Bun runs on. */
const ticksPerSecond = 100;

export function refuseOtherSystems(): void {
  if (platform() !== "linux") throw new Error("This suite reads /proc, which only Linux has.");
}

/** Resident, and how much of that is not just pages of files, the executable's own above all. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1_024;
  return { residentBytes: bytes("VmRSS"), ownBytes: bytes("RssAnon") };
}

export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) / ticksPerSecond;
}

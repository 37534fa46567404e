// What was measured on, in one sentence: figures without their machine say nothing.
import { cpus, loadavg } from "node:os";

export function machineSentence(): string {
  const cores = cpus();
  const day = new Date().toISOString().slice(0, 10);
  const model = cores[0]?.model.trim() ?? "unknown CPU";
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${day}, ${cores.length} cores (${model}), Bun ${Bun.version}, load average before the start ${load}.`;
}

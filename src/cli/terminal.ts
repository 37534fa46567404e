// What the command line is given by the process: where it writes, what it may read, how it learns to stop.
import type { ProcessFacts } from "../services/system.ts";

export type Terminal = {
  out(text: string): void;
  error(text: string): void;
  /** The log's lines. */
  log(line: string): void;
  /** Somebody is there to be asked. */
  isTerminal: boolean;
  logsToTerminal: boolean;
  /** What is put out is seen, and may be drawn over. */
  drawsToTerminal: boolean;
  readLine(prompt: string, isSecret: boolean): Promise<string>;
  readAll(): Promise<string>;
  /** Settles when the process is asked to stop. */
  stopped(): Promise<string>;
  env: Record<string, string | undefined>;
  process: ProcessFacts;
};

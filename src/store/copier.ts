// The copier's thread: a copy of a large database takes seconds, and nobody else should wait for it.
import { parentPort } from "node:worker_threads";
import { messageOf } from "../core/errors.ts";
import { type Copy, copyDatabase } from "./copies.ts";

export type CopierMessage = { source: string; target: string };
export type CopierAnswer = { copy: Copy } | { fault: string };

parentPort?.on("message", ({ source, target }: CopierMessage) => {
  parentPort?.postMessage(attempt(source, target));
});

function attempt(source: string, target: string): CopierAnswer {
  try {
    return { copy: copyDatabase(source, target) };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

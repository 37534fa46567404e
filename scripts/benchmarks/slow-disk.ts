// A disk that syncs slowly: strace holds up every fsync and fdatasync of a process, and touches nothing else.

const attachMs = 500;

/** Null where there is no strace. */
export const tracer = Bun.which("strace");

/** Before a command that shall have such a disk. */
export function slowDisk(ms: number): string[] {
  return tracer === null ? [] : [tracer, "--seccomp-bpf", ...delaying(ms)];
}

/** For as long as it is not disposed of; null where there is no strace. */
export async function slowDown(pid: number, ms: number): Promise<AsyncDisposable | null> {
  if (tracer === null) return null;
  const child = Bun.spawn([tracer, ...delaying(ms), "-p", String(pid)], { stdout: "ignore", stderr: "ignore" });
  // It stops every thread once to attach to it.
  await Bun.sleep(attachMs);
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await child.exited;
    },
  };
}

/** Stops at these two calls alone, so that nothing else is slowed down. */
function delaying(ms: number): string[] {
  const calls = "fsync,fdatasync";
  const inject = `inject=${calls}:delay_exit=${ms * 1_000}`;
  return ["-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", inject];
}

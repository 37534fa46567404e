// A Baileys client in a process of its own, told what to do: for media, whose authority must be in its environment.
import { join } from "node:path";

export type OrderedClient = AsyncDisposable & { tell(order: object): Promise<Record<string, string>> };

/** `caFile` must be there before it starts: that is when the authority is read. */
export function startOrderedClient(caFile: string): OrderedClient {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "ordered-client-process.ts")], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const answers = (async function* lines() {
    let text = "";
    for await (const chunk of child.stdout) {
      text += new TextDecoder().decode(chunk);
      const parts = text.split("\n");
      text = parts.pop() ?? "";
      yield* parts;
    }
  })();
  return {
    async tell(order) {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      child.stdin.flush();
      const { value } = await answers.next();
      const answer = JSON.parse(value ?? "{}");
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

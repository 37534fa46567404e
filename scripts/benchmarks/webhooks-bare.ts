// The yardstick of the webhooks benchmark: a loop that posts the same bytes over `node:http` as fast as it is answered,
// through an agent for each receiver, and neither reads nor keeps anything. Prints how many it posted in a second.
import { Agent, type RequestOptions, request } from "node:http";

export type BareOptions = {
  port: number;
  paths: string[];
  headers: Record<string, string>;
  body: string;
  atOnce: number;
  count: number;
};

if (import.meta.main) {
  const options: BareOptions = JSON.parse(process.argv[2] ?? "{}");
  await postAll({ ...options, count: Math.ceil(options.count / 4) });
  const [began, own] = [performance.now(), process.cpuUsage()];
  await postAll(options);
  const elapsedMs = performance.now() - began;
  const { user, system } = process.cpuUsage(own);
  const { count } = options;
  console.log(JSON.stringify({ perSecond: (count * 1_000) / elapsedMs, cpuMicrosEach: (user + system) / count }));
  process.exit(0);
}

async function postAll({ port, paths, headers, body, atOnce, count }: BareOptions): Promise<void> {
  const agents = paths.map((path) => ({ path, agent: new Agent({ keepAlive: true }) }));
  let begun = 0;
  async function loop(): Promise<void> {
    while (begun < count) {
      const place = agents[begun++ % agents.length];
      if (place === undefined) return;
      await post({ host: "127.0.0.1", port, method: "POST", headers, ...place }, body);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, loop));
  for (const { agent } of agents) agent.destroy();
}

function post(options: RequestOptions, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      response.on("data", () => {});
      response.on("end", resolve);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

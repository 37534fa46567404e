// Readers of events as programs have them: over server-sent events, to be cut at any moment.
import { adminKey } from "./gateway.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
export type Told = { id: string; event: string; sequence: number; data: any } & Record<string, any>;
export type Stream = {
  readonly events: Told[];
  /** The last id that was seen, of an event or by itself. */
  lastId(): string | undefined;
  /** What else was said: names of events that are none of ours, and comments. */
  readonly said: string[];
  readonly response: Response;
  /** Settles when the other side has ended it. */
  readonly ended: Promise<void>;
  cut(): void;
};

export async function openStream(
  url: string,
  {
    query = "",
    lastId,
    headers = { "x-api-key": adminKey },
  }: { query?: string; lastId?: string | undefined; headers?: Record<string, string> } = {},
): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/v1/events/stream${query}`, {
    signal: abort.signal,
    headers: { ...headers, ...(lastId === undefined ? {} : { "last-event-id": lastId }) },
  });
  const events: Told[] = [];
  const said: string[] = [];
  let last = lastId;
  let rest = "";

  function hear(block: string): void {
    const fields = block
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
    const field = (name: string) => fields.find(([one]) => one === name)?.[1];
    const [id, data, event] = [field("id"), field("data"), field("event")];
    if (id !== undefined) last = id;
    if (event !== undefined) said.push(event);
    else if (data !== undefined) events.push(JSON.parse(data));
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      rest += decoder.decode(bytes, { stream: true });
      const blocks = rest.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) hear(block);
    }
  }

  return {
    events,
    said,
    response,
    lastId: () => last,
    ended: read().catch(() => {}),
    cut: () => abort.abort(),
  };
}

// Programs that read events in each of the ways there are, and are cut off again and again. Each keeps what it has wholly
// heard, and comes back to where it was.
import { asAdmin } from "../support/rig.ts";
import { type Asked, type Cut, frameOf, readBytes, readFrames, readResponse } from "./wire.ts";

export type Told = { id: string; event: string; data?: { chat?: { id: string } } };
export type Wanted = { name: string; events?: string; session?: string };
export type Reader = {
  readonly kind: string;
  readonly wanted: Wanted;
  /** The ids of all that it has heard, in its order. */
  readonly heard: string[];
  /** What was said that must not be. */
  readonly wrong: string[];
  /** Comes back once, and reads until it is cut. How many bytes it has heard. */
  read(origin: string, cut: Cut): Promise<number>;
};

const bare = (kind: string, wanted: Wanted) => ({ kind, wanted, heard: [] as string[], wrong: [] as string[] });
const queryOf = ({ events, session }: Wanted) =>
  [events === undefined ? "" : `&events=${events}`, session === undefined ? "" : `&session=${session}`].join("");

/** Server-sent events, with `Last-Event-ID`. */
export function streamReader(wanted: Wanted, start: string): Reader {
  const reader = bare("stream", wanted);
  let last = start;

  function hear(block: string): void {
    const fields = block.split("\n").map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const field = (name: string) => fields.find(([one]) => one === name)?.[1];
    const [id, data, event] = [field("id"), field("data"), field("event")];
    if (event !== undefined) reader.wrong.push(`it was told of ${event}`);
    else if (data !== undefined) {
      const told: Told = JSON.parse(data);
      if (told.id !== id) reader.wrong.push(`the event ${told.id} came as ${id}`);
      reader.heard.push(told.id);
    }
    if (id !== undefined) last = id;
  }

  return {
    ...reader,
    read(origin, cut) {
      const decoder = new TextDecoder();
      let rest = "";
      const response = readResponse((body) => {
        rest += decoder.decode(body, { stream: true });
        const blocks = rest.split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) hear(block);
      });
      const headers = { ...asAdmin, "Last-Event-ID": last };
      const path = `/api/v1/events/stream?after=earliest${queryOf(wanted)}`;
      return readBytes({ origin, path, headers }, cut, response.take);
    },
  };
}

/** A socket that subscribes after the last event it has heard. */
export function socketReader(wanted: Wanted, start: string): Reader {
  const reader = bare("socket", wanted);
  let last = start;

  function hear(text: string): void {
    const frame = JSON.parse(text);
    if (frame.type === "event") {
      reader.heard.push(frame.event.id);
      last = frame.event.id;
    } else if (frame.type === "heartbeat") last = frame.after ?? last;
    else if (frame.type !== "hello" && frame.type !== "ok") reader.wrong.push(`it was told ${text}`);
  }

  return {
    ...reader,
    read(origin, cut) {
      const frames = readFrames(hear);
      const key = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
      const upgrade = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
      const headers = { ...asAdmin, ...upgrade, "Sec-WebSocket-Key": key };
      let head: Buffer | null = Buffer.alloc(0);
      const { events, session } = wanted;
      const subscribe = {
        ...{ type: "subscribe", after: last },
        ...(events === undefined ? {} : { events: events.split(",") }),
        ...(session === undefined ? {} : { sessions: [session] }),
      };
      return readBytes({ origin, path: "/api/v1/ws", headers }, cut, (bytes, say) => {
        if (head === null) return frames(bytes);
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        const rest = head.subarray(end + 4);
        head = null;
        say(frameOf(JSON.stringify(subscribe)));
        frames(rest);
      });
    },
  };
}

type Whole<T> = { status: number; json: T };

/** The whole of an answer, or nothing of it. */
async function answerTo<T>(asked: Asked, cut: Cut): Promise<{ whole: Whole<T> | null; bytes: number }> {
  const pieces: Buffer[] = [];
  const response = readResponse((body) => pieces.push(Buffer.from(body)));
  const headers = { ...asked.headers, ...asAdmin, Connection: "close" };
  const bytes = await readBytes({ ...asked, headers }, cut, response.take);
  if (!response.isWhole()) return { whole: null, bytes };
  const text = Buffer.concat(pieces).toString();
  return { whole: { status: response.status, json: JSON.parse(text) as T }, bytes };
}

type Page = { data: Told[]; next_cursor: string; missed: boolean };

/** Long polls: a page counts when all of it is there. */
export function pollReader(wanted: Wanted, start: string, limit: number): Reader {
  const reader = bare("poll", wanted);
  let cursor = start;
  return {
    ...reader,
    async read(origin, cut) {
      const path = `/api/v1/events?wait=2&limit=${limit}&cursor=${cursor}${queryOf(wanted)}`;
      const { whole, bytes } = await answerTo<Page>({ origin, path }, cut);
      const page = pageIn(whole, reader.wrong);
      if (page === null) return bytes;
      reader.heard.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
      return bytes;
    },
  };
}

/** Null where there is none: it was cut, or the gateway was about to end. */
function pageIn(whole: Whole<Page> | null, wrong: string[]): Page | null {
  if (whole === null || whole.status >= 500) return null;
  const isRight = whole.status === 200 && !whole.json.missed;
  if (!isRight) wrong.push(`it was told ${JSON.stringify(whole)}`);
  return isRight ? whole.json : null;
}

/** A consumer with a name: what it has acknowledged never comes again, and what it has not comes again from the first on. */
export function consumerReader(wanted: Wanted, limit: number): Reader {
  const reader = bare("consumer", wanted);
  const { heard, wrong } = reader;
  /** Of what was heard, so much is acknowledged for sure, and so much perhaps. */
  let sure = 0;
  let perhaps = 0;
  const path = `/api/v1/events/consumers/${wanted.name}`;

  /** What comes is what follows the one place or the other. */
  function take(ids: string[]): void {
    const from = sure < heard.length && ids[0] === heard[sure] ? sure : perhaps;
    if (!ids.every((id, n) => (heard[from + n] ?? id) === id))
      return void wrong.push(`after ${sure} or ${perhaps} it was told ${ids.join()}`);
    heard.push(...ids.slice(heard.length - from));
    sure = from;
    perhaps = from + ids.length;
  }

  return {
    ...reader,
    async read(origin, cut) {
      const asked = { origin, path: `${path}/events?wait=2&limit=${limit}` };
      const { whole, bytes } = await answerTo<Page>(asked, cut);
      const page = pageIn(whole, wrong);
      if (page === null || page.data.length === 0) return bytes;
      take(page.data.map(({ id }) => id));
      const body = JSON.stringify({ up_to: page.next_cursor });
      const headers = { "Content-Type": "application/json" };
      const acked = await answerTo({ origin, path: `${path}/ack`, method: "POST", headers, body }, cut);
      if (acked.whole?.status === 200) sure = perhaps;
      return bytes;
    },
  };
}

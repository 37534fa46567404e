// Somebody else's web server, of the worst sort: what it answers does not end, does not come, or is not what it says.
import type { ServerResponse } from "node:http";
import { type HttpHost, startHttpHost } from "../../support/http-host.ts";
import { type Bomb, fileNamed, zippedZeros } from "./pictures.ts";

export type Page = {
  name: string;
  path: string;
  answer(response: ServerResponse): unknown;
  /** As a message's file; as the page of a link it only goes without a preview. */
  statuses: readonly number[];
  /** It takes its time until nobody waits for it any more. */
  isSlow?: boolean;
};

const refused = [413, 422];
const piece = Buffer.alloc(64 * 1024, "x");
const dripMs = 500;
const pauseMs = 2;

export function pages(): Page[] {
  const zeros = zippedZeros();
  const gzip = { "content-type": "text/html", "content-encoding": "gzip" };
  const html = { "content-type": "text/html" };
  const said = (headers: Record<string, string>, body: Uint8Array) => (response: ServerResponse) =>
    response.writeHead(200, headers).end(body);
  return [
    { name: "200 MB in gzip", path: "/gzip", answer: said(gzip, zeros), statuses: refused },
    {
      name: "the same in brotli, as it says",
      path: "/br",
      answer: said({ ...gzip, "content-encoding": "br" }, zeros),
      statuses: refused,
    },
    { name: "what never ends", path: "/endless", answer: (one) => pour(one.writeHead(200, html)), statuses: refused },
    {
      name: "a title that never ends",
      path: "/title",
      answer: (one) => pour(one.writeHead(200, html), Buffer.from("<html><head><title>")),
      statuses: refused,
      isSlow: true,
    },
    {
      name: "less than was announced",
      path: "/short",
      answer: (one) => one.writeHead(200, { ...html, "content-length": "1000" }).write("x", () => one.destroy()),
      statuses: refused,
    },
    {
      name: "a terabyte, as it says",
      path: "/announced",
      answer: (one) => one.writeHead(200, { ...html, "content-length": "1099511627776" }).write(piece),
      statuses: refused,
      isSlow: true,
    },
    { name: "headers that never end", path: "/headers", answer: headersForEver, statuses: refused },
    {
      name: "a body in drops",
      path: "/drip",
      answer: (one) => drip(one.writeHead(200, html)),
      statuses: refused,
      isSlow: true,
    },
    {
      name: "nothing after the headers",
      path: "/silent",
      answer: (one) => one.writeHead(200, html).flushHeaders(),
      statuses: refused,
      isSlow: true,
    },
    { name: "nothing at all", path: "/never", answer: () => {}, statuses: refused, isSlow: true },
  ];
}

export type BadHost = AsyncDisposable & { at(path: string): string };

/** Bombs lie at `/bomb/N`, and a page that shows it as its picture at `/shows/N`. */
export async function startBadHost(told: readonly Page[], bombs: readonly Bomb[]): Promise<BadHost> {
  const host: HttpHost = await startHttpHost((response, { path }) => {
    const [, place, number] = path.split("/");
    const bomb = bombs[Number(number)];
    if (place === "bomb" && bomb !== undefined) return response.writeHead(200).end(bomb.bytes);
    if (place === "good") return response.writeHead(200, { "content-type": "image/jpeg" }).end(fileNamed("photo.jpg"));
    if (place === "shows") {
      const html = `<html><head><title>A page</title><meta property="og:image" content="/bomb/${number}"></head></html>`;
      return response.writeHead(200, { "content-type": "text/html" }).end(html);
    }
    const page = told.find((one) => one.path === path.split("?", 1)[0]);
    return page === undefined ? response.writeHead(404).end() : page.answer(response);
  });
  return {
    at: (path) => `http://127.0.0.1:${host.port}${path}`,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** A terabyte would be as good as no end: nobody who takes this much would ever stop. */
const enough = 400 * 1024 * 1024;

function pour(response: ServerResponse, first: Uint8Array = piece): void {
  response.write(first);
  void goOn(response, () => response.write(piece));
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write("x"), dripMs);
  response.once("close", () => clearInterval(timer));
}

function headersForEver(response: ServerResponse): void {
  const { socket } = response;
  const line = `X-More: ${"y".repeat(60_000)}\r\n`;
  socket?.write("HTTP/1.1 200 OK\r\n");
  void goOn(response, () => socket?.write(line) === true);
}

/** As fast as it is taken, for as long as somebody is there. */
async function goOn(response: ServerResponse, write: () => boolean): Promise<void> {
  let isOver = false;
  response.once("close", () => {
    isOver = true;
  });
  for (let bytes = 0; bytes < enough && !isOver && !response.destroyed; bytes += piece.length) {
    if (write()) await new Promise((resolve) => setImmediate(resolve));
    else await Bun.sleep(pauseMs);
  }
}

// Receivers of every sort that a webhook may meet, byte by byte, each with what the log is to say of it.
import { gzipSync } from "node:zlib";
import type { RawAnswer } from "./raw-host.ts";

export type BadReceiver = {
  name: string;
  answer: RawAnswer;
  /** It answers in the middle of the request. */
  early?: true;
  /** What it counts as having answered; null where that is nothing. */
  code: number | null;
  /** Behind its name; null where it has taken what it was told. */
  error: string | null;
  /** Kept of its answer. */
  body?: string | { bytes: number };
  headers?: Record<string, string>;
  /** It has all of its time. */
  isSlow?: true;
  /** It is told the same again when that is due, or has asked for more time, or has had enough. */
  afterwards?: "rests" | "is disabled";
};

/** Time each of them has. */
export const timeoutSeconds = 1;
const late = `it was not done within ${timeoutSeconds} s`;
const noHttp = "its answer is no HTTP";
const closed = "it closed the connection without an answer";
const broke = "it broke off in the middle of its answer";
const tooLong = "its answer's headers are too long";

const bytes = (text: string | Buffer): RawAnswer => {
  return (socket) => socket.end(text);
};
const answered = (head: string, body = "", more = "") =>
  bytes(`HTTP/1.1 ${head}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`);
const failed = (code: number, body = "") => ({ code, error: `It answered ${code}.`, body });
const nothing = (error: string) => ({ code: null, error });
const pieceBytes = 64 * 1_024;
/** As much as would never be waited for, as fast as it is taken. */
const mostBytes = 1024 ** 3;

/** Begins so, and goes on like that until nobody is there any more. */
function forEver(head: string, piece: string | Buffer, everyMs = 0): RawAnswer {
  return async (socket) => {
    socket.write(head);
    for (let sent = 0; sent < mostBytes && !socket.destroyed; sent += piece.length) {
      const isTaken = socket.write(piece);
      if (everyMs > 0 || !isTaken) await Bun.sleep(Math.max(everyMs, 1));
      else await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

const x = (count: number) => "x".repeat(count);
const lines = (line: string) => `${line}\r\n`.repeat(Math.ceil(pieceBytes / line.length));
const zipped = gzipSync(Buffer.alloc(100 * 1024 ** 2));
const bomb = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`;

/** `elsewhere` is where redirects lead, and nobody may ever come. */
export function badReceivers(elsewhere: string): BadReceiver[] {
  const led = (code: number) => ({
    name: `${code}, to a place inside`,
    answer: answered(`${code} Elsewhere`, "", `Location: ${elsewhere}\r\n`),
    ...{ code, error: `It answered ${code}, and redirects are not followed.`, headers: { location: elsewhere } },
  });
  return [
    { name: "200", answer: answered("200 OK", "thanks"), code: 200, error: null, body: "thanks" },
    { name: "204", answer: bytes("HTTP/1.1 204 No Content\r\n\r\n"), code: 204, error: null },
    { name: "500", answer: answered("500 No", "broken"), ...failed(500, "broken") },
    { name: "404", answer: answered("404 Not Found"), ...failed(404) },
    { name: "a status that nobody knows", answer: answered("799 What"), ...failed(799) },
    { name: "429", answer: answered("429 Wait", "", "Retry-After: 600\r\n"), ...failed(429), afterwards: "rests" },
    { name: "503 until a date long past", answer: answered("503 No", "", `Retry-After: ${past}\r\n`), ...failed(503) },
    { name: "429 with a time that is none", answer: answered("429 No", "", "Retry-After: soon\r\n"), ...failed(429) },
    { name: "410", answer: answered("410 Gone"), ...failed(410), afterwards: "is disabled" },
    ...[301, 302, 303, 307, 308].map(led),
    { name: "no word", answer: () => {}, ...nothing(late), isSlow: true },
    { name: "no word, and goodbye", answer: bytes(""), ...nothing(closed) },
    { name: "a reset", answer: (socket) => socket.resetAndDestroy(), ...nothing("it reset the connection") },
    { name: "goodbye in the middle of the request", answer: bytes(""), early: true, ...nothing(closed) },
    {
      name: "a reset in the middle of the request",
      answer: (socket) => socket.resetAndDestroy(),
      ...{ early: true, ...nothing("it reset the connection") },
    },
    { name: "413 in the middle of the request", answer: answered("413 Too Much"), early: true, ...failed(413) },
    { name: "words", answer: bytes("this is no HTTP\r\n\r\n"), ...nothing(noHttp) },
    { name: "bytes", answer: bytes(Buffer.from([0, 1, 2, 255, 254, 13, 10, 13, 10])), ...nothing(noHttp) },
    { name: "another protocol", answer: bytes("SSH-2.0-OpenSSH_9.0\r\n"), ...nothing(noHttp) },
    { name: "TLS where there is none", answer: bytes(Buffer.from("15030100020246", "hex")), ...nothing(noHttp) },
    { name: "a status out of range", answer: answered("99999 OK"), ...nothing(noHttp) },
    { name: "half a head", answer: bytes("HTTP/1.1 200 OK\r\nContent-Le"), ...nothing(closed) },
    {
      name: "half a head, and silence",
      answer: (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Le"),
      ...{ ...nothing(late), isSlow: true },
    },
    { name: "half a body", answer: bytes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"), ...nothing(broke) },
    { name: "half a piece", answer: bytes(`${chunked}5\r\nhal`), ...nothing(broke) },
    { name: "a piece of no length", answer: bytes(`${chunked}zz\r\nhal`), ...nothing(noHttp) },
    { name: "two lengths", answer: answered("200 OK", "ok", "Content-Length: 3\r\n"), ...nothing(noHttp) },
    { name: "a length and pieces", answer: bytes(`${both}0\r\n\r\n`), ...nothing(noHttp) },
    {
      name: "a length below nothing",
      answer: bytes("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
      ...nothing(noHttp),
    },
    {
      name: "a terabyte, as it says",
      answer: (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\nx"),
      ...{ ...nothing(late), isSlow: true },
    },
    {
      name: "headers without end",
      answer: forEver("HTTP/1.1 200 OK\r\n", lines(`X-A: ${x(999)}`)),
      ...nothing(tooLong),
    },
    { name: "a header without end", answer: forEver("HTTP/1.1 200 OK\r\nX-A: ", x(pieceBytes)), ...nothing(tooLong) },
    {
      name: "headers one by one",
      answer: forEver("HTTP/1.1 200 OK\r\n", "X-A: y\r\n", 50),
      ...{ ...nothing(late), isSlow: true },
    },
    { name: "a status line without end", answer: forEver("HTTP/1.1 200 ", x(pieceBytes)), ...nothing(tooLong) },
    { name: "a body drop by drop", answer: forEver(drops, "x", 50), ...nothing(late), isSlow: true },
    {
      name: "a body without end",
      answer: forEver("HTTP/1.1 200 OK\r\n\r\n", Buffer.alloc(pieceBytes, "x")),
      ...{ code: 200, error: null, body: { bytes: 16 * 1_024 } },
    },
    {
      name: "a body without end, and 500",
      answer: forEver(`HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n`, `1000\r\n${x(0x1000)}\r\n`),
      ...{ ...failed(500), body: { bytes: 16 * 1_024 } },
    },
    {
      name: "100 MB in gzip",
      answer: (socket) => socket.write(Buffer.concat([Buffer.from(bomb), zipped])),
      ...{ code: 200, error: null, headers: { "content-encoding": "gzip" } },
    },
    {
      name: "one interim response",
      answer: bytes("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      ...{ code: 200, error: null, body: "ok" },
    },
    {
      name: "interim responses without end",
      answer: forEver("", lines("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n")),
      ...nothing("it answers with nothing but interim responses"),
    },
    {
      name: "another protocol from here on",
      answer: (socket) =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
      ...nothing("it wants to speak another protocol"),
    },
    {
      name: "HTTP/1.0 until it closes",
      answer: bytes("HTTP/1.0 200 OK\r\n\r\nold"),
      code: 200,
      error: null,
      body: "old",
    },
  ];
}

const past = "Wed, 21 Oct 2015 07:28:00 GMT";
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const both = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n";
const drops = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

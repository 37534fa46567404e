// Forms with a file in them, in whatever pieces they come.
import { expect, test } from "bun:test";
import { boundaryOf, fileIn } from "../../src/core/multipart.ts";

async function* inPieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
async function read(text: string, length = 1_000, boundary = "xYz"): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of fileIn(inPieces(text, length), boundary)) parts.push(Buffer.from(piece));
  return Buffer.concat(parts).toString();
}
const form = (parts: string[]) => `${parts.map((part) => `--xYz\r\n${part}\r\n`).join("")}--xYz--\r\n`;
const field = 'Content-Disposition: form-data; name="note"\r\n\r\nnot this one';
const file =
  'Content-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\nphone\r\n--xY\r\n1';

test("the file is found behind other fields, whole, however it is cut", async () => {
  for (const length of [1, 2, 3, 5, 7, 16, 1_000])
    expect(await read(form([field, file]), length)).toBe("phone\r\n--xY\r\n1");
  expect(await read(form([file, field]), 4)).toBe("phone\r\n--xY\r\n1");
  const real = new Response(
    (() => {
      const data = new FormData();
      data.set("note", "x");
      data.set("file", new File(["phone\n1"], "a.csv"));
      return data;
    })(),
  );
  const boundary = boundaryOf(real.headers.get("content-type") ?? "") ?? "";
  expect(await read(await real.text(), 9, boundary)).toBe("phone\n1");
});

test("without a file, or cut off, it is refused", async () => {
  const sentence = (text: string) => read(text, 3).catch((error: Error) => error.message);
  expect(await sentence(form([field]))).toBe("There is no file in the form.");
  expect(await sentence("nothing of the kind")).toContain("boundary");
  expect(await sentence(form([file]).slice(0, -9))).toBe("The body ended before it was whole.");
  expect(await sentence(`--xYz\r\n${"a".repeat(20_000)}`)).toContain("too long");
  expect([boundaryOf("text/csv"), boundaryOf('multipart/form-data; boundary="a b"')]).toEqual([null, "a b"]);
});

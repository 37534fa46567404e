// `waygate sandbox`, the built executable, used by a Baileys client in a process of its own through its one line of JSON.
import { expect, test } from "bun:test";
import { binaryPath } from "../support/binary.ts";
import { createFolder } from "../support/folder.ts";
import { startOrderedClient } from "../support/ordered-client.ts";
import { until } from "../support/until.ts";

test("it prints where it is, and a program of its own pairs, writes and sends media with that alone", async () => {
  using folder = createFolder();
  const child = Bun.spawn([binaryPath, "sandbox"], {
    cwd: folder.path,
    env: { PATH: "/usr/bin:/bin" },
    stdout: "pipe",
    stderr: "inherit",
  });
  try {
    const { value } = await child.stdout.getReader().read();
    const line = JSON.parse(new TextDecoder().decode(value));
    expect(Object.keys(line)).toEqual(["ws", "control", "rootKey", "ca", "media"]);
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
    const ask = async (method: string, path: string, body?: object): Promise<any> => {
      const response = await fetch(line.control + path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return response.json();
    };
    await using client = startOrderedClient(line.ca);
    const { qr } = await client.tell({ do: "connect", ws: line.ws, rootKey: line.rootKey });
    expect(await ask("POST", "/phones/15550001111/scan", { qr })).toMatchObject({ device: 1 });
    await client.tell({ do: "opened" });
    const bytes = Buffer.from("the bytes of a document").toString("base64");
    const sent = await client.tell({
      do: "send",
      to: "15551000003@s.whatsapp.net",
      kind: "document",
      mimetype: "text/plain",
      bytes,
    });
    const item = await until("the document", async () => (await ask("GET", "/phones/15551000003/inbox")).data[0]);
    expect(item).toMatchObject({ id: sent.id, kind: "documentMessage", media: { bytes: 23, mimetype: "text/plain" } });
    const media = await fetch(`${line.control}/media/${item.media.path}`);
    expect(await media.text()).toBe("the bytes of a document");
    expect((await ask("GET", "/stats")).violations).toEqual([]);
  } finally {
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  }
});

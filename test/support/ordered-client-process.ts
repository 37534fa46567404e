// A Baileys client of its own process, for media: the CA must be in its environment when it starts.
// It is told what to do line by line, and answers each with one line of JSON.
import { createInterface } from "node:readline";
import { downloadMediaMessage } from "@whiskeysockets/baileys";
import { type Client, connectBaileys } from "./baileys.ts";

type Order =
  | { do: "connect"; ws: string; rootKey: string }
  | { do: "opened" }
  | { do: "send"; to: string; kind: string; bytes: string; mimetype: string }
  | { do: "download"; id: string }
  /** As an application does that found a file gone: the phone is asked to put it back. */
  | { do: "download again"; id: string };

let client: Client;

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "connect":
      client = connectBaileys(order);
      return { qr: await client.qr() };
    case "opened":
      await client.opened();
      return {};
    case "send": {
      const bytes = Buffer.from(order.bytes, "base64");
      const extra =
        order.kind === "document"
          ? { fileName: "a file.bin" }
          : order.kind === "audio"
            ? { ptt: true, seconds: 1 }
            : {};
      const content = { [order.kind]: bytes, mimetype: order.mimetype, jpegThumbnail: "", ...extra };
      const sent = await client.socket().sendMessage(order.to, content as never);
      return { id: sent?.key.id };
    }
    case "download again": {
      const message = await client.received((one) => one.key.id === order.id);
      await client.socket().refreshMediaConn();
      const renewed = await client.socket().updateMediaMessage(message);
      return { bytes: (await downloadMediaMessage(renewed, "buffer", {})).toString("base64") };
    }
    case "download": {
      const message = await client.received((one) => one.key.id === order.id);
      return { bytes: (await downloadMediaMessage(message, "buffer", {})).toString("base64") };
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line)).catch((error: Error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);

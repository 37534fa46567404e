// WhatsApp's word for a message finds whoever sent it, and whoever waits in vain is told so.
import { expect, test } from "bun:test";
import { createAcks } from "../../src/engine/acks.ts";

const ack = (attrs: Record<string, string>) => ({ tag: "ack", attrs });

test("an ack finds its message; others' acks and those of other things do not", async () => {
  const acks = createAcks();
  const one = acks.of("A", 1_000);
  const other = acks.of("B", 1_000);
  acks.see(ack({ class: "receipt", id: "A" }));
  acks.see(ack({ class: "message", id: "C" }));
  acks.see(ack({ class: "message", id: "B", error: "479" }));
  acks.see(ack({ class: "message", id: "A", t: "5" }));
  expect((await one).attrs).toEqual({ class: "message", id: "A", t: "5" });
  expect((await other).attrs.error).toBe("479");
});

test("nothing comes in time", async () => {
  await expect(createAcks().of("A", 5)).rejects.toThrow("did not acknowledge");
});

test("the connection breaks off, and is gone for those who come after", async () => {
  const acks = createAcks();
  const one = acks.of("A", 1_000);
  acks.close();
  await expect(one).rejects.toThrow("broke off");
  await expect(acks.of("B", 1_000)).rejects.toThrow("broke off");
});

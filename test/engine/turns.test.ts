// One at a time by name: the order, taking a turn within a turn, doing without, and what a failure leaves behind.
import { expect, test } from "bun:test";
import { createTurns } from "../../src/engine/signal/turns.ts";

/** Works that begin when their turn comes and end when they are told. */
function works() {
  const said: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  return {
    said,
    named: (name: string) => async () => {
      said.push(`${name} begins`);
      const end = Promise.withResolvers<void>();
      ends.set(name, end);
      await end.promise;
      said.push(`${name} ends`);
      return name;
    },
    end: async (name: string) => {
      ends.get(name)?.resolve();
      await settled();
    },
    fail: async (name: string) => {
      ends.get(name)?.reject(new Error(`${name} failed`));
      await settled();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what bears the same name is done one after the other, in the order it was asked for", async () => {
  const turns = createTurns();
  const { said, named, end } = works();
  const done = Promise.all(["one", "two", "three"].map((name) => turns.take("chat", named(name))));
  await settled();
  expect(said).toEqual(["one begins"]);
  for (const name of ["one", "two", "three"]) await end(name);
  expect(await done).toEqual(["one", "two", "three"]);
  expect(said).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
});

test("what bears another name waits for nobody", async () => {
  const turns = createTurns();
  const { said, named } = works();
  void turns.take("one chat", named("one"));
  void turns.take("another chat", named("two"));
  await settled();
  expect(said).toEqual(["one begins", "two begins"]);
});

test("whoever has a turn may take it again, and another one with it", async () => {
  const turns = createTurns();
  const result = await turns.take("me", () =>
    turns.take("you", () => turns.take("me", async () => (turns.holds() ? "all the way in" : "lost"))),
  );
  expect(result).toBe("all the way in");
});

test("a turn within a turn is waited for by those outside, for both names", async () => {
  const turns = createTurns();
  const { said, named, end } = works();
  void turns.take("me", () => turns.take("you", named("both")));
  await settled();
  void turns.take("you", named("you alone"));
  void turns.take("me", named("me alone"));
  await settled();
  expect(said).toEqual(["both begins"]);
  await end("both");
  expect(said.slice(2).toSorted()).toEqual(["me alone begins", "you alone begins"]);
});

test("without turns nobody is waited for, nor kept waiting", async () => {
  const turns = createTurns();
  const { said, named, end } = works();
  void turns.take("chat", named("in turn"));
  await settled();
  const free = turns.without(() => turns.take("chat", async () => turns.holds()));
  expect(await free).toBe(true);
  expect(said).toEqual(["in turn begins"]);
  void turns.without(() => turns.take("chat", named("free")));
  void turns.take("chat", named("next"));
  await settled();
  await end("in turn");
  expect(said).toEqual(["in turn begins", "free begins", "in turn ends", "next begins"]);
});

test("a failure is told to whoever asked, and frees the turn", async () => {
  const turns = createTurns();
  const { said, named, fail, end } = works();
  const failing = turns.take("chat", named("one"));
  failing.catch(() => {});
  const next = turns.take("chat", named("two"));
  await settled();
  await fail("one");
  expect(failing).rejects.toThrow("one failed");
  await settled();
  expect(said).toEqual(["one begins", "two begins"]);
  await end("two");
  expect(await next).toBe("two");
});

test("a failure within a turn that is held frees nothing before its time", async () => {
  const turns = createTurns();
  const { said, named, end } = works();
  const held = turns.take("chat", async () => {
    await turns.take("chat", () => Promise.reject(new Error("inside"))).catch(() => {});
    return named("the rest")();
  });
  await settled();
  void turns.take("chat", named("next"));
  await settled();
  expect(said).toEqual(["the rest begins"]);
  await end("the rest");
  await held;
  await settled();
  expect(said.at(-1)).toBe("next begins");
});

test("only within a turn one is held", async () => {
  const turns = createTurns();
  expect(turns.holds()).toBe(false);
  expect(await turns.take("chat", async () => turns.holds())).toBe(true);
  expect(turns.holds()).toBe(false);
});

test("a thousand turns in any nesting are each had by one at a time", async () => {
  const turns = createTurns();
  const names = ["a", "b", "c"];
  const inside = new Map<string, number>();
  let most = 0;
  const busy = async (name: string) => {
    inside.set(name, (inside.get(name) ?? 0) + 1);
    most = Math.max(most, inside.get(name) ?? 0);
    await settled();
    inside.set(name, (inside.get(name) ?? 0) - 1);
  };
  await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => {
      const name = names[n % 3] ?? "a";
      return turns.take(name, () => (n % 2 === 0 ? turns.take(name, () => busy(name)) : busy(name)));
    }),
  );
  expect(most).toBe(1);
});

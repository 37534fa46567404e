// Live things in front of the disk: which are kept, which go, and what of them anybody sees meanwhile.
import { expect, test } from "bun:test";
import { resumeWriting, startWriting, type WritingChain } from "../../src/engine/signal/chain.ts";
import { createShelf } from "../../src/engine/signal/shelf.ts";
import { createRandom, freshSeed } from "../faults/support/random.ts";

type Thing = { word: string; chain: WritingChain };

const most = 3;
const key = Buffer.alloc(32);

function openShelf(disk = new Map<string, Uint8Array>()) {
  const seen = { loads: [] as string[], touches: 0 };
  const shelf = createShelf<Thing>({
    load(name) {
      seen.loads.push(name);
      return disk.get(name) ?? null;
    },
    decode(bytes) {
      const { word, next, reserved } = JSON.parse(Buffer.from(bytes).toString());
      return { word, chain: resumeWriting(key, next, reserved) };
    },
    encode({ word, chain }, reservation) {
      chain.reserved = chain.next + (reservation === "ahead" ? 64 : 0);
      return Buffer.from(JSON.stringify({ word, next: chain.next, reserved: chain.reserved }));
    },
    writingOf: ({ chain }) => chain,
    most,
    touched: () => {
      seen.touches += 1;
    },
  });
  return {
    seen,
    shelf,
    disk,
    /** What a commit takes along; it arrives when the second half is called. */
    leave(reservation: "ahead" | "exact" = "ahead") {
      const changes = shelf.take(reservation);
      return {
        names: changes.map(([name]) => name),
        arrive() {
          for (const [name, bytes] of changes) {
            if (bytes === null) disk.delete(name);
            else disk.set(name, bytes);
          }
          shelf.arrived();
        },
      };
    },
    words: () => [...shelf.names()].map((name) => `${name}: ${shelf.get(name)?.word}`),
  };
}

const thing = (word: string): Thing => ({ word, chain: startWriting(key) });
const stored = (word: string) => Buffer.from(JSON.stringify({ word, next: 0, reserved: 0 }));
const onDisk = (...words: string[]) => new Map(words.map((word) => [word, stored(word)]));

test("a thing is loaded once, and the very same one is given to whoever asks", () => {
  const { shelf, seen } = openShelf(onDisk("a"));
  const first = shelf.get("a");
  expect(shelf.get("a")).toBe(first);
  expect(seen).toEqual({ loads: ["a"], touches: 0 });
  expect(shelf.get("b")).toBeNull();
});

test("the one that was not used for longest goes first", () => {
  const { shelf } = openShelf(onDisk("a", "b", "c", "d"));
  for (const name of ["a", "b", "c", "a", "d"]) shelf.get(name);
  expect([...shelf.names()]).toEqual(["c", "a", "d"]);
});

test("what is not on disk yet is never put away, however many there are", () => {
  const { shelf, leave } = openShelf(onDisk("a", "b", "c", "d", "e"));
  for (const name of ["a", "b", "c", "d", "e"]) {
    shelf.get(name)!.word = `${name} changed`;
    shelf.changed(name);
  }
  expect([...shelf.names()]).toEqual(["a", "b", "c", "d", "e"]);
  const underWay = leave();
  expect(underWay.names).toEqual(["a", "b", "c", "d", "e"]);
  underWay.arrive();
  expect([...shelf.names()]).toEqual(["c", "d", "e"]);
  expect(shelf.get("a")?.word).toBe("a changed");
});

test("what changes while it is on its way to the disk goes again, and is not put away in between", () => {
  const { shelf, leave } = openShelf(onDisk("b", "c", "d"));
  shelf.put("a", thing("first"));
  const first = leave();
  shelf.get("a")!.word = "second";
  shelf.changed("a");
  for (const name of ["b", "c", "d"]) shelf.get(name);
  first.arrive();
  expect(shelf.get("a")?.word).toBe("second");
  const second = leave();
  expect(second.names).toEqual(["a"]);
  second.arrive();
  expect(leave().names).toEqual([]);
});

test("what is put away with numbers to give back is seen as it was, and gives them back on disk", () => {
  const { shelf, leave, disk, seen } = openShelf(onDisk("b", "c", "d"));
  shelf.put("a", thing("kept"));
  leave().arrive();
  const { chain } = shelf.get("a")!;
  expect([chain.reserved, chain.granted]).toEqual([64, 64]);
  chain.next = 5;
  for (const name of ["b", "c", "d"]) shelf.get(name);
  expect([...shelf.names()]).toEqual(["b", "c", "d"]);
  // On disk it still has all that it had reserved; whoever asks gets what is right.
  expect(JSON.parse(String(disk.get("a")))).toMatchObject({ next: 0, reserved: 64 });
  expect(shelf.get("a")!.chain.next).toBe(5);
  expect(seen.touches).toBeGreaterThan(1);
  leave().arrive();
  expect(JSON.parse(String(disk.get("a")))).toMatchObject({ next: 5, reserved: 5 });
});

test("numbers count as granted only when the disk has agreed to them", () => {
  const { shelf, leave } = openShelf();
  const one = thing("one");
  shelf.put("a", one);
  const underWay = leave();
  expect([one.chain.reserved, one.chain.granted]).toEqual([64, 0]);
  underWay.arrive();
  expect(one.chain.granted).toBe(64);
});

test("what is dropped is nobody's at once, and comes back only when somebody puts it there", () => {
  const { shelf, leave, disk } = openShelf(onDisk("a"));
  shelf.get("a");
  shelf.drop("a");
  expect(shelf.get("a")).toBeNull();
  const underWay = leave();
  expect(shelf.get("a")).toBeNull();
  underWay.arrive();
  expect([shelf.get("a"), disk.size]).toEqual([null, 0]);
  shelf.drop("a");
  shelf.put("a", thing("again"));
  expect(shelf.get("a")?.word).toBe("again");
  leave().arrive();
  expect(JSON.parse(String(disk.get("a"))).word).toBe("again");
});

test("before everything is put away, only what has numbers to give back is written", () => {
  const { shelf, leave } = openShelf();
  shelf.put("used", thing("used"));
  leave().arrive();
  const exact = thing("exact");
  shelf.put("exact", exact);
  leave("exact").arrive();
  shelf.retire();
  expect(leave("exact").names).toEqual(["used"]);
});

test("whatever is done in whatever order, the shelf shows what a plain map would", () => {
  const seed = freshSeed();
  const random = createRandom(seed);
  const { shelf, leave, disk } = openShelf();
  const model = new Map<string, string>();
  const names = ["a", "b", "c", "d", "e", "f"];
  let underWay: ReturnType<typeof leave> | null = null;
  for (let step = 0; step < 5_000; step++) {
    const name = random.pick(names);
    const known = shelf.get(name);
    if ((known?.word ?? null) !== (model.get(name) ?? null)) throw new Error(`seed ${seed}, step ${step}: ${name}`);
    const act = random.below(5);
    if (act === 0) {
      shelf.put(name, thing(`${step}`));
      model.set(name, `${step}`);
    } else if (act === 1 && known !== null) {
      known.word = `${step}`;
      known.chain.next = Math.min(known.chain.next + 1, known.chain.granted);
      shelf.changed(name);
      model.set(name, `${step}`);
    } else if (act === 2 && known !== null) {
      shelf.drop(name);
      model.delete(name);
    } else if (act === 3) {
      underWay ??= leave();
    } else if (act === 4) {
      underWay?.arrive();
      underWay = null;
    }
  }
  underWay?.arrive();
  leave().arrive();
  const written = [...disk].map(([name, bytes]) => [name, JSON.parse(String(bytes)).word] as const);
  expect(new Map(written)).toEqual(model);
});

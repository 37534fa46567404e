// App state: the collections of changes that an account's devices share. The network keeps the patches and hands them on.
import type { World } from "../network/world.ts";
import type { Address, Collection } from "../people/person.ts";
import { bytesOf, child, childrenNamed, type Node, node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { getsFiles, snapshotOf, withMutationsInFile } from "./app-state-files.ts";
import type { Answer } from "./iq.ts";
import type { Link } from "./links.ts";

export function handleAppState(world: World, link: Link, request: Node): Answer {
  const collections = childrenNamed(child(request, "sync"), "collection").map((asked) => sync(world, link, asked));
  return [node("sync", {}, collections)];
}

function sync(world: World, link: Link, asked: Node): Node {
  const name = asked.attrs.name ?? "";
  const { appState } = link.person;
  const collection = appState.get(name) ?? { version: 0, patches: [] };
  appState.set(name, collection);
  const from = Number(asked.attrs.version ?? 0);
  const patch = bytesOf(child(asked, "patch"));
  if (patch === null) {
    if (!getsFiles(link.person)) return collectionNode(name, collection, from);
    if (asked.attrs.return_snapshot !== "true" || collection.version === 0) {
      const patches = collection.patches.map((one, at) => (at < from ? one : withMutationsInFile(world, one)));
      return collectionNode(name, { ...collection, patches }, from);
    }
    return node("collection", { name, version: String(collection.version) }, [snapshotOf(world, collection)]);
  }
  if (from !== collection.version) {
    const error = node("error", { code: "409", text: "conflict" });
    return node("collection", { name, type: "error", version: String(collection.version) }, [error]);
  }
  appendPatch(world, { person: link.person, device: link.companion.number }, name, patch);
  return node("collection", { name, version: String(collection.version) });
}

/** From a linked device or the phone itself, for all others. */
export function appendPatch(world: World, from: Address, name: string, bytes: Buffer): void {
  const { appState } = from.person;
  const collection = appState.get(name) ?? { version: 0, patches: [] };
  appState.set(name, collection);
  collection.version += 1;
  const patch = proto.SyncdPatch.decode(bytes);
  patch.version = proto.SyncdVersion.create({ version: collection.version });
  collection.patches.push(Buffer.from(proto.SyncdPatch.encode(patch).finish()));
  world.changed(from.person);
  tellOthers(world, from, name, collection);
}

function collectionNode(name: string, { version, patches }: Collection, from: number): Node {
  const missing = patches.slice(from);
  const attrs = { name, version: String(version) };
  if (missing.length === 0) return node("collection", attrs);
  return node("collection", attrs, [
    node(
      "patches",
      {},
      missing.map((patch) => node("patch", {}, patch)),
    ),
  ]);
}

function tellOthers(world: World, { person, device }: Address, name: string, { version }: Collection): void {
  for (const companion of person.companions.values()) {
    if (companion.number === device) continue;
    const attrs = { from: "@s.whatsapp.net", type: "server_sync", id: world.makeId(), t: world.nowSeconds() };
    const told = node("notification", attrs, [node("collection", { name, version: String(version) })]);
    world.links.deliver({ person, device: companion.number }, told);
  }
}

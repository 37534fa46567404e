// Where the store's threads begin. Each is an entry point of its own in scripts/build; inside the binary everything is
// bundled at one root, with the threads at their place below it, and one that was forgotten there fails at start.
const isBinary = /\$bunfs|~BUN/.test(import.meta.url);

export type Thread = "writer" | "copier";

export function threadUrl(thread: Thread): URL {
  return new URL(isBinary ? `./store/${thread}.js` : `./${thread}.ts`, import.meta.url);
}

// The media host: HTTPS with a certificate of the network's own authority. Files come in and go out as streams.
import type { Certified } from "../crypto/x509.ts";
import type { World } from "../network/world.ts";

const maxBytes = 2 * 1024 * 1024 * 1024;

export function startMediaHost(
  world: () => World,
  hostname: string,
  port: number,
  { certificate, privateKey }: Certified,
) {
  const server = Bun.serve({
    hostname,
    port,
    development: false,
    maxRequestBodySize: maxBytes,
    idleTimeout: 120,
    tls: { cert: certificate, key: privateKey },
    fetch: (request) => answer(world(), request),
  });
  return server;
}

async function answer(world: World, request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (request.method === "POST") return upload(world, request, url);
  if (request.method !== "GET" && request.method !== "HEAD") return new Response("method not allowed", { status: 405 });
  if (url.pathname.startsWith("/pictures/")) return picture(world, url.pathname);
  const fault = world.faults.strike("media-expired", null);
  if (fault !== null) {
    world.media.expire(url.pathname);
    return new Response("gone", { status: fault.code ?? 410 });
  }
  const file = world.media.fileFor(url.pathname);
  if (file === null) return new Response("gone", { status: 410 });
  const headers = { "content-type": "application/octet-stream" };
  if (world.faults.strike("media-corrupt", null) !== null)
    return new Response(changed(await file.bytes()), { headers });
  if (world.faults.strike("media-silence", null) !== null) return new Response(halfOf(await file.bytes()), { headers });
  return new Response(file, { headers });
}

function changed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const place = bytes.length >> 1;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  return bytes;
}

function halfOf(bytes: Uint8Array): ReadableStream {
  return new ReadableStream({ start: (sink) => sink.enqueue(bytes.subarray(0, bytes.length >> 1)) });
}

/** What is uploaded must be what its name says: the hash of the encrypted file. */
async function upload(world: World, request: Request, url: URL): Promise<Response> {
  if (url.searchParams.get("auth") !== "sandbox") {
    world.observer.violation("media host", "upload", "the auth of media_conn is missing");
    return new Response("unauthorized", { status: 401 });
  }
  const { path, sha256 } = await world.media.take(request.body);
  const named = decodeURIComponent(url.pathname.split("/").at(-1) ?? "").replace(/=+$/, "");
  if (named !== sha256)
    world.observer.violation("media host", "upload", "the file's hash is not the one in its address");
  return Response.json({ url: `https://${world.mediaHost()}${path}`, direct_path: path });
}

function picture(world: World, path: string): Response {
  const id = path.replace("/pictures/", "").replace(/\.jpg$/, "");
  const owners = [...world.registry.all(), ...world.groups.all()];
  const found = owners.find((owner) => owner.picture?.id === id)?.picture;
  return found == null
    ? new Response("gone", { status: 404 })
    : new Response(Buffer.from(found.bytes), { headers: { "content-type": "image/jpeg" } });
}

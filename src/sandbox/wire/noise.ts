// The server's side of Noise_XX_25519_AESGCM_SHA256, and the encrypted frames that follow it.
import { gcmOpen, gcmSeal, hkdf, sha256 } from "../crypto/derive.ts";
import { agree, type KeyPair, makeKeyPair } from "../crypto/keys.ts";
import { intro } from "./frames.ts";
import { proto } from "./proto.ts";

export type Transport = { seal(plain: Buffer): Buffer; open(sealed: Buffer): Buffer | null };
export type Greeting = { hello: Buffer; finish(clientFinish: Buffer): Finished };
export type Finished = { clientKey: Buffer; payload: Buffer; transport: Transport };

/** What does not follow the handshake; the sentence says how. */
export class HandshakeError extends Error {}

const protocolName = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
const nothing = Buffer.alloc(0);

/** From the client's hello to the server's, and on to its finish. */
export function greet(clientHello: Buffer, own: KeyPair, certificate: Buffer): Greeting {
  const theirs = proto.HandshakeMessage.decode(clientHello).clientHello?.ephemeral;
  if (theirs == null || theirs.length !== 32) throw new HandshakeError("the client's hello has no ephemeral key");
  const state = createState();
  const ephemeral = makeKeyPair();
  state.mixHash(intro);
  state.mixHash(theirs);
  state.mixHash(ephemeral.pub);
  state.mixKey(agreeOrFail(ephemeral, theirs));
  const staticKey = state.seal(own.pub);
  state.mixKey(agreeOrFail(own, theirs));
  const payload = state.seal(certificate);
  const serverHello = { ephemeral: ephemeral.pub, static: staticKey, payload };
  const hello = Buffer.from(proto.HandshakeMessage.encode({ serverHello }).finish());
  return { hello, finish: (clientFinish) => finish(clientFinish, ephemeral, state) };
}

function finish(clientFinish: Buffer, ephemeral: KeyPair, state: State): Finished {
  const message = proto.HandshakeMessage.decode(clientFinish).clientFinish;
  const clientKey = state.open(Buffer.from(message?.static ?? []));
  if (clientKey === null) throw new HandshakeError("the client's static key does not decrypt");
  state.mixKey(agreeOrFail(ephemeral, clientKey));
  const payload = state.open(Buffer.from(message?.payload ?? []));
  if (payload === null) throw new HandshakeError("the client's payload does not decrypt");
  return { clientKey, payload, transport: state.split() };
}

function agreeOrFail(own: KeyPair, theirs: Uint8Array): Buffer {
  const shared = agree(own, theirs);
  if (shared === null) throw new HandshakeError("the client's key is no point of the curve that agrees");
  return shared;
}

type State = ReturnType<typeof createState>;

function createState() {
  let hash: Buffer = protocolName;
  let salt: Buffer = protocolName;
  let key: Buffer = protocolName;
  let counter = 0;

  function mixHash(data: Uint8Array): void {
    hash = sha256(hash, data);
  }

  return {
    mixHash,
    mixKey(secret: Buffer) {
      const mixed = hkdf(secret, salt, "", 64);
      [salt, key, counter] = [mixed.subarray(0, 32), mixed.subarray(32), 0];
    },
    seal(plain: Buffer): Buffer {
      const sealed = gcmSeal(key, counterIv(counter++), plain, hash);
      mixHash(sealed);
      return sealed;
    },
    open(sealed: Buffer): Buffer | null {
      const plain = gcmOpen(key, counterIv(counter++), sealed, hash);
      mixHash(sealed);
      return plain;
    },
    /** Client to server with the first half, server to client with the second. */
    split(): Transport {
      const keys = hkdf(nothing, salt, "", 64);
      const [reading, writing] = [keys.subarray(0, 32), keys.subarray(32)];
      let [read, written] = [0, 0];
      return {
        seal: (plain) => gcmSeal(writing, counterIv(written++), plain, nothing),
        open: (sealed) => gcmOpen(reading, counterIv(read++), sealed, nothing),
      };
    },
  };
}

function counterIv(counter: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
}

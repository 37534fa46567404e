// Text that is made while it is read: as fast as the reader takes it, and no further once nobody does.
import { WaygateError } from "../core/errors.ts";

export function lineStream(text: AsyncGenerator<string>, over: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(sink) {
      try {
        const { done, value } = over.aborted ? { done: true, value: undefined } : await text.next();
        if (over.aborted) throw new WaygateError("unavailable", "It broke off: nobody reads, or the gateway stops.");
        if (done === true) sink.close();
        else sink.enqueue(encoder.encode(value));
      } catch (error) {
        // A file that is cut off must not look like one that is whole: the connection breaks.
        await text.return(undefined);
        sink.error(error);
      }
    },
    async cancel() {
      await text.return(undefined);
    },
  });
}

// Bun.Image at work: one picture at a time, as each may take a good part of the memory there is, and none that is larger
// than is allowed.
import { createLanes } from "../../../core/lanes.ts";
import { maxPixels } from "./limits.ts";
import type { Picture } from "./picture.ts";
import { refused, tooLarge } from "./refusal.ts";

const inTurn = createLanes<"drawing">();
const damaged = "This picture cannot be read; it is damaged.";

/** Upright, whatever its EXIF says. */
export function draw<T>(path: string, work: (image: Bun.Image) => Promise<T>): Promise<T> {
  return inTurn("drawing", async () => {
    try {
      return await work(new Bun.Image(path, { maxPixels, autoOrient: true }));
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code !== "string" || !code.startsWith("ERR_IMAGE_")) throw error;
      throw code === "ERR_IMAGE_TOO_MANY_PIXELS" ? tooManyPixels() : refused(damaged);
    }
  });
}

/** Before anything is decoded. */
export function checkPixels(picture: Picture | null): Picture {
  if (picture === null) throw refused(damaged);
  if (picture.width * picture.height > maxPixels) throw tooManyPixels();
  return picture;
}

function tooManyPixels() {
  return tooLarge(`A picture may have at most ${maxPixels / 1_000_000} megapixels. As a document it may have more.`);
}

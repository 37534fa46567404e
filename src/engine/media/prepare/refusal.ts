// Files that WhatsApp would not take, or not show: told in sentences that say what can be done instead.
import { WaygateError } from "../../../core/errors.ts";

export function refused(sentence: string): WaygateError {
  return new WaygateError("invalid", sentence);
}

export function tooLarge(sentence: string): WaygateError {
  return new WaygateError("too_large", sentence);
}

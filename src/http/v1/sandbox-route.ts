// What the sandbox's routes share: how they are declared, and what the network refuses in our own words for it.
import { type ErrorCode, WaygateError } from "../../core/errors.ts";
import type { ControlError } from "../../sandbox/control/input.ts";

const codes: Record<ControlError["code"], ErrorCode> = {
  invalid: "invalid",
  not_found: "not_found",
  conflict: "conflict",
  timeout: "unavailable",
};

export function told<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw translated(error);
  }
}

export async function toldLater<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw translated(error);
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "ControlError" || !("code" in error)) return error;
  return new WaygateError(codes[error.code as ControlError["code"]], error.message, {}, error);
}

export const reading = (id: string, summary: string, description: string) =>
  ({ id, summary, description, access: "read" }) as const;
export const changing = (id: string, summary: string, description: string) =>
  ({ id, summary, description, access: "manage" }) as const;
export const notFound = { faults: ["not_found" as const] };
export const mayClash = { faults: ["not_found" as const, "conflict" as const] };

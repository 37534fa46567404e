// Reading what somebody asks of the network: plain JSON, field by field, refused with a sentence.

export type ControlErrorCode = "invalid" | "not_found" | "conflict" | "timeout";

export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly code: ControlErrorCode;
  constructor(code: ControlErrorCode, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

export type Input = Record<string, unknown>;

export function textIn(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== "string" || value === "") throw new ControlError("invalid", `${name}: a text is needed.`);
  return value;
}

export function optionalText(input: Input, name: string): string | undefined {
  return input[name] == null ? undefined : textIn(input, name);
}

export function numberIn(input: Input, name: string, usual?: number): number {
  const value = input[name] ?? usual;
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new ControlError("invalid", `${name}: a number is needed.`);
  return value;
}

export function flagIn(input: Input, name: string, usual: boolean): boolean {
  const value = input[name] ?? usual;
  if (typeof value !== "boolean") throw new ControlError("invalid", `${name}: true or false is needed.`);
  return value;
}

export function textsIn(input: Input, name: string): string[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) {
    throw new ControlError("invalid", `${name}: a list of texts is needed.`);
  }
  return value;
}

export function objectIn(input: Input, name: string): Input | undefined {
  const value = input[name];
  if (value == null) return undefined;
  if (typeof value !== "object" || Array.isArray(value))
    throw new ControlError("invalid", `${name}: an object is needed.`);
  return value as Input;
}

export function oneOfIn<const T extends string>(input: Input, name: string, allowed: readonly T[], usual?: T): T {
  const value = input[name] ?? usual;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new ControlError("invalid", `${name}: one of ${allowed.join(", ")} is needed.`);
  return found;
}

export function phoneIn(input: Input, name: string): string {
  const digits = textIn(input, name).replace(/\D/g, "");
  if (!/^\d{5,15}$/.test(digits))
    throw new ControlError("invalid", `${name}: a phone number of 5 to 15 digits is needed.`);
  return digits;
}

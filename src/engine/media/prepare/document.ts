// Documents: any file as it is. What it is called and said to be is all that can be wrong with it.
import { type Made, type Material, noFacts } from "./material.ts";
import { extensionOf, type FileType, isVague, mimeTypeOf } from "./types.ts";

const maxNameCharacters = 200;
const usualName = "file";
const mimeForm = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(\s*;\s*[\w-]+=[\w."+-]+)*$/;

export async function prepareDocument({ source, type, order }: Material): Promise<Made> {
  const mimeType = mimeTypeFor(type, order.mimeType);
  return { path: source.path, media: { ...noFacts, mimeType, fileName: nameFor(type, order.fileName) } };
}

/** What is in it decides, unless that says little. */
function mimeTypeFor(type: FileType, told: string | null): string {
  return told !== null && isVague(type) && mimeForm.test(told.trim()) ? told.trim() : mimeTypeOf(type);
}

/** Phones open a document by the ending of its name. */
function nameFor(type: FileType, told: string | null): string {
  const name = cleaned(told ?? "") || usualName;
  const ending = isVague(type) ? null : extensionOf(type);
  return ending === null || /\.\w{1,10}$/.test(name) ? name : `${name}.${ending}`;
}

/** A name and no path, without what cannot be seen or turns the writing round. */
function cleaned(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const plain = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();
  if (plain.length <= maxNameCharacters) return plain;
  const [ending = ""] = /\.\w{1,10}$/.exec(plain) ?? [];
  return plain.slice(0, maxNameCharacters - ending.length) + ending;
}

// Texts with places that are filled in for each recipient: `{{name}}`, and `{{name|there}}` for those who have none.

const place = /\{\{\s*([^{}|]{1,100}?)\s*(?:\|([^{}]{0,500}))?\}\}/g;

/** By the names of their columns, in small letters. */
export type Values = ReadonlyMap<string, string>;

/** What is known of nobody is left empty. */
export function fillIn(text: string, values: Values): string {
  return text.replace(place, (_whole, name: string, fallback: string | undefined) => {
    const value = values.get(columnKey(name)) ?? "";
    return value === "" ? (fallback ?? "").trim() : value;
  });
}

/** As names of columns are compared. */
export function columnKey(name: string): string {
  return name.trim().toLowerCase();
}

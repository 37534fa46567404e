// What is too old, looked for in pieces: rows are in the order in which they were made, so that nothing old comes after a
// whole piece of what is not. Looked for by its time alone, all that is kept would be read to its end.

export type OldRows = { before: number; after: number; most: number };

/** Beyond which row to go on; null at the end, and where the young begin. */
export function goOnAfter(
  rows: readonly { id: number; at: number }[],
  { before, most }: Pick<OldRows, "before" | "most">,
): number | null {
  const isOver = rows.length < most || rows.every(({ at }) => at >= before);
  return isOver ? null : (rows.at(-1)?.id ?? null);
}

// Lists in pages: newest first, a cursor that means "older than this row", and one row more than asked for to know
// whether there is another page.

export const defaultPageSize = 50;
export const maxPageSize = 200;

export type PageRequest = { before: number | null; limit: number };
/** Where one stands in a list that is ordered by when something happened. */
export type Place = { at: number; id: number };
export type Page<T> = { rows: T[]; next: number | null };

export async function pageOf<T extends { id: number }>(
  { before, limit }: PageRequest,
  read: (oneMore: PageRequest) => Promise<T[]>,
): Promise<Page<T>> {
  const found = await read({ before, limit: limit + 1 });
  const rows = found.slice(0, limit);
  return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

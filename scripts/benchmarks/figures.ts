// Figures from repeated rounds: their median and spread, and the tables that show them, in Markdown.

export type Spread = { median: number; least: number; most: number };
export type Table = { columns: string[]; rows: string[][] };
export type Report = { title: string; sentences: string[]; tables: Table[] };

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("nothing was measured");
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), least: sorted.at(0) ?? 0, most: sorted.at(-1) ?? 0 };
}

/** Of values in ascending order; between two of them where it falls between. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

/** Round by round, so that what slowed both down in one round is in neither's favour. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
}

export function spreadText({ median, least, most }: Spread, digits = 0): string {
  const [middle, low, high] = [median, least, most].map((value) => numberText(value, digits));
  return `${middle} (${low}–${high})`;
}

export function numberText(value: number, digits = 0): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function reportText({ title, sentences, tables }: Report): string {
  return [`## ${title}`, ...tables.map(tableText), ...sentences].join("\n\n");
}

function tableText({ columns, rows }: Table): string {
  const widths = columns.map((column, place) => Math.max(column.length, ...rows.map((row) => row[place]?.length ?? 0)));
  const cell = (text: string, place: number) =>
    place === 0 ? text.padEnd(widths[place] ?? 0) : text.padStart(widths[place] ?? 0);
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  const rule = widths.map((width, place) => (place === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(columns), line(rule), ...rows.map(line)].join("\n");
}

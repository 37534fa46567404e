// Tables in text, as spreadsheets write them: read as they come, a record at a time, and a line that cannot be read costs
// itself alone. Quotes, line breaks within them, CRLF, and whichever of comma, semicolon and tab the first line is cut by.

export type CsvRecord = { line: number; cells: string[] } | { line: number; fault: string };
export type CsvReader = {
  push(text: string): CsvRecord[];
  /** What was left of the last line. */
  end(): CsvRecord[];
};

const delimiters = [",", ";", "\t"] as const;
const longestCell = 2_000;
/** A quote that is never closed must not swallow the rest of the file. */
const longestRecord = 64 * 1024;
const tooLong = `A cell has more than ${longestCell} characters, or a quote is not closed.`;
const unclosed = "A quote is not closed.";
const afterQuote = "There is text after a closing quote; a quote within quotes is written twice.";

type Read = { cells: string[]; next: number } | { fault: string } | "more";

export function createCsvReader(): CsvReader {
  let rest = "";
  let line = 1;
  let delimiter: string | null = null;
  /** Until the end of a line that was given up. */
  let isSkipping = false;

  function take(isLast: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < rest.length) {
      if (isSkipping || delimiter === null) {
        const end = endOfLine(rest, at, isLast);
        if (end === null) break;
        if (isSkipping) {
          [isSkipping, at] = [false, end];
          line += 1;
          continue;
        }
        const first = rest.slice(at, end).replace(/[\r\n]+$/, "");
        const said = /^sep=(.)$/i.exec(first)?.[1];
        delimiter = said ?? delimiterOf(first);
        if (said !== undefined) {
          at = end;
          line += 1;
          continue;
        }
      }
      const read = readRecord(rest, at, { delimiter, isLast });
      if (read === "more" && rest.length - at <= longestRecord) break;
      if (read !== "more" && "cells" in read) {
        if (read.cells.length > 1 || read.cells[0] !== "") records.push({ line, cells: read.cells });
        line += linesIn(rest, at, read.next);
        at = read.next;
        continue;
      }
      records.push({ line, fault: read === "more" ? tooLong : read.fault });
      // On with the next line: the fault may well be this one's alone.
      const end = endOfLine(rest, at, isLast);
      isSkipping = end === null;
      at = end ?? rest.length;
      if (end !== null) line += 1;
    }
    rest = rest.slice(at);
    return records;
  }

  return {
    push(text) {
      rest += text;
      return take(false);
    },
    end: () => take(true),
  };
}

function readRecord(text: string, from: number, { delimiter, isLast }: { delimiter: string; isLast: boolean }): Read {
  const cells: string[] = [];
  for (let at = from; ; ) {
    const cell = text[at] === '"' ? readQuoted(text, at, isLast) : readPlain(text, at, delimiter);
    if (cell === "more" || "fault" in cell) return cell;
    if (cell.value.length > longestCell) return { fault: tooLong };
    cells.push(cell.value);
    at = cell.next;
    const sign = text[at];
    if (sign === delimiter) {
      at += 1;
      continue;
    }
    if (sign === undefined) return isLast ? { cells, next: at } : "more";
    const end = endOfLine(text, at, isLast);
    if (end === null) return "more";
    return sign === "\n" || sign === "\r" ? { cells, next: end } : { fault: afterQuote };
  }
}

type Cell = { value: string; next: number } | { fault: string } | "more";

function readQuoted(text: string, at: number, isLast: boolean): Cell {
  let value = "";
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return isLast ? { fault: unclosed } : "more";
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      const isCertain = isLast || quote + 1 < text.length;
      return isCertain ? { value, next: quote + 1 } : "more";
    }
    value += '"';
    from = quote + 2;
  }
}

/** A quote in its midst is a quote. */
function readPlain(text: string, from: number, delimiter: string): { value: string; next: number } {
  let at = from;
  for (; at < text.length; at++) {
    const sign = text[at];
    if (sign === delimiter || sign === "\n" || sign === "\r") break;
  }
  return { value: text.slice(from, at).trim(), next: at };
}

/** Where the next line begins; null while it is not certain. */
function endOfLine(text: string, from: number, isLast: boolean): number | null {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\n") return at + 1;
    if (text[at] !== "\r") continue;
    if (at + 1 < text.length) return text[at + 1] === "\n" ? at + 2 : at + 1;
    return isLast ? at + 1 : null;
  }
  return isLast ? text.length : null;
}

function linesIn(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at++) {
    const isEnd = text[at] === "\n" || (text[at] === "\r" && text[at + 1] !== "\n");
    if (isEnd) lines += 1;
  }
  return lines;
}

/** What stands oftenest in it, outside of quotes. */
function delimiterOf(line: string): string {
  const bare = line.replace(/"[^"]*"/g, "");
  const found = delimiters.map((sign) => ({ sign, times: bare.split(sign).length - 1 }));
  return found.toSorted((one, other) => other.times - one.times)[0]?.sign ?? ",";
}

/** As it is written to a file; what a spreadsheet would take for a formula becomes text. */
export function csvCell(value: string | null): string {
  if (value === null) return "";
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(safe) || safe !== value ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvLine(values: readonly (string | null)[]): string {
  return `${values.map(csvCell).join(",")}\r\n`;
}

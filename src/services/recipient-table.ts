// The lines of a table of recipients, as its first line calls their cells.
import { campaignLimits } from "../core/campaign.ts";
import { WaygateError } from "../core/errors.ts";
import { columnKey } from "../core/template.ts";
import type { NewRecipient } from "../store/campaign-recipients.ts";
import { readTarget } from "./campaign-recipients.ts";

/** As columns of numbers are called. */
const phoneNames = ["phone", "number", "phone_number", "phone number"];

export type RecipientTable = {
  /** Those that are new to the campaign. */
  columns: string[];
  read(cells: readonly string[]): NewRecipient | { message: string };
};

/** `known` are the columns that the campaign has already. */
export function createRecipientTable(names: readonly string[], known: readonly string[]): RecipientTable {
  const phoneAt = phoneColumn(names);
  const columns = newColumns(
    known,
    names.filter((_name, place) => place !== phoneAt),
  );
  const all = [...known, ...columns].map(columnKey);
  const places = names.map((name, place) => (place === phoneAt ? -1 : all.indexOf(columnKey(name))));

  function cellsOf(cells: readonly string[]): (string | null)[] | null {
    const kept: (string | null)[] = [];
    for (const [place, cell] of cells.entries()) {
      const at = places[place] ?? -1;
      if (at < 0 || cell === "") continue;
      while (kept.length < at) kept.push(null);
      kept[at] = cell;
    }
    return kept.length === 0 ? null : kept;
  }

  return {
    columns,
    read(cells) {
      if (cells.slice(names.length).some((cell) => cell !== "")) {
        return { message: `This line has ${cells.length} cells, and the first line names ${names.length}.` };
      }
      const phone = cells[phoneAt] ?? "";
      if (phone === "") return { message: "There is no phone number in this line." };
      const read = readTarget(phone);
      return "fault" in read ? { message: read.fault } : { target: read.target, cells: cellsOf(cells) };
    },
  };
}

function phoneColumn(names: readonly string[]): number {
  const keys = names.map(columnKey);
  const at = keys.findIndex((key) => phoneNames.includes(key));
  if (at < 0) {
    throw new WaygateError(
      "invalid",
      "The first line names the columns, and one of them must be called phone or number.",
    );
  }
  const twice = keys.find((key, place) => key !== "" && keys.indexOf(key) !== place);
  if (twice !== undefined) throw new WaygateError("invalid", `Two columns are called ${twice}.`);
  if (names.length <= campaignLimits.columns) return at;
  throw new WaygateError("invalid", `A table has at most ${campaignLimits.columns} columns.`);
}

/** Columns without a name are left out. */
function newColumns(known: readonly string[], names: readonly string[]): string[] {
  const keys = new Set(known.map(columnKey));
  return names.filter((name) => columnKey(name) !== "" && !keys.has(columnKey(name)));
}

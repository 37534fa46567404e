// Recipients brought as a table in text: read as it comes, kept in pieces, and every line that cannot be read is told. An
// upload that breaks off leaves a draft that says so; the next one takes away what it had brought.
import type { Campaign } from "../core/campaign.ts";
import type { Clock } from "../core/clock.ts";
import { type CsvRecord, createCsvReader } from "../core/csv.ts";
import { WaygateError } from "../core/errors.ts";
import { boundaryOf, fileIn } from "../core/multipart.ts";
import type { NewRecipient } from "../store/campaign-recipients.ts";
import type { Store } from "../store/store.ts";
import { type Body, piecesOf } from "./body-pieces.ts";
import { createRecipientTable, type RecipientTable } from "./recipient-table.ts";

export type LineFault = { line: number; message: string };
export type UploadedRecipients = {
  added: number;
  duplicates: number;
  invalid: number;
  /** The first of them. */
  faults: LineFault[];
};
export type CampaignUploads = ReturnType<typeof createCampaignUploads>;

type Needs = { store: Store; clock: Clock };
type Under = { upload: number; table: RecipientTable };

const perCommit = 1_000;
const faultsTold = 1_000;
/** Then it is another file than was meant. */
const mostInvalid = 200_000;
const pieceBytes = 64 * 1024;

export function createCampaignUploads({ store, clock }: Needs) {
  /** Campaigns that are being given recipients just now. */
  const underWay = new Set<number>();

  return {
    isUnderWay: ({ id }: Campaign): boolean => underWay.has(id),
    /** `contentType` says whether it is the table itself, or a form with it. */
    async take(campaign: Campaign, body: Body | null, contentType: string): Promise<UploadedRecipients> {
      if (underWay.has(campaign.id)) {
        throw new WaygateError("conflict", "Recipients are being uploaded to this campaign just now.");
      }
      underWay.add(campaign.id);
      try {
        const boundary = boundaryOf(contentType);
        const pieces = piecesOf(body ?? new Blob([]).stream());
        return await keepAll(campaign, boundary === null ? pieces : fileIn(pieces, boundary), { store, clock });
      } finally {
        underWay.delete(campaign.id);
      }
    },
  };
}

async function keepAll(campaign: Campaign, pieces: AsyncIterable<Uint8Array>, needs: Needs) {
  const keeper = createKeeper(campaign, needs);
  const reader = createCsvReader();
  for await (const text of textOf(pieces)) await keeper.take(reader.push(text));
  await keeper.take(reader.end());
  return keeper.end();
}

/** From records to recipients on disk. */
function createKeeper(campaign: Campaign, { store, clock }: Needs) {
  const { id } = campaign;
  const done: UploadedRecipients = { added: 0, duplicates: 0, invalid: 0, faults: [] };
  let under: Under | null = null;
  let waiting: NewRecipient[] = [];

  /** What an upload before it has left behind goes, once this one is known to be a table. */
  async function begin(head: CsvRecord): Promise<Under> {
    const table = createRecipientTable("cells" in head ? head.cells : [], campaign.columns);
    const { columns } = table;
    const upload = await store.write("campaigns.begin_upload", { id, columns, at: clock.now() });
    if (campaign.isUploading) while (await store.write("campaigns.drop_upload", { id, upload, most: perCommit }));
    return { upload, table };
  }

  async function flush({ upload }: Under): Promise<void> {
    const recipients = waiting;
    if (recipients.length === 0) return;
    waiting = [];
    const { added } = await store.write("campaigns.add_recipients", { id, upload, recipients, at: clock.now() });
    done.added += added;
    done.duplicates += recipients.length - added;
  }

  function note(line: number, message: string): void {
    done.invalid += 1;
    if (done.faults.length < faultsTold) done.faults.push({ line, message });
    if (done.invalid < mostInvalid) return;
    throw new WaygateError("invalid", "Too many of its lines cannot be read: is this the right file?");
  }

  return {
    async take(records: readonly CsvRecord[]): Promise<void> {
      for (const record of records) {
        if (under === null) {
          under = await begin(record);
          continue;
        }
        const read = "fault" in record ? { message: record.fault } : under.table.read(record.cells);
        if ("message" in read) note(record.line, read.message);
        else waiting.push(read);
        if (waiting.length >= perCommit) await flush(under);
      }
    },
    async end(): Promise<UploadedRecipients> {
      if (under === null) throw new WaygateError("malformed", "There is no table: the body is empty.");
      await flush(under);
      const { upload } = under;
      await store.write("campaigns.end_upload", { id, upload, duplicates: done.duplicates, at: clock.now() });
      return done;
    },
  };
}

async function* textOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const piece of pieces) {
    // However large a piece is, what is read of it at once is not.
    for (let from = 0; from < piece.length; from += pieceBytes) {
      yield decoded(() => decoder.decode(piece.subarray(from, from + pieceBytes), { stream: true }));
    }
  }
  yield decoded(() => decoder.decode());
}

function decoded(decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    const sentence = "The file is not UTF-8 text: save it as “CSV UTF-8”, then bring it once more.";
    throw new WaygateError("invalid", sentence, {}, cause);
  }
}

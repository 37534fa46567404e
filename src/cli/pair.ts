// `waygate pair NAME`: links a WhatsApp number from a terminal, for those who have nothing but SSH.
import { WaygateError } from "../core/errors.ts";
import { encodeQr } from "../core/qr/encode.ts";
import { textOf } from "../core/qr/render.ts";
import { type SessionStatus, statusWords } from "../core/session.ts";
import type { OperatorResult } from "../services/operator.ts";
import type { Arguments } from "./arguments.ts";
import type { Operate } from "./operator.ts";
import { namedBy } from "./sessions.ts";
import type { Terminal } from "./terminal.ts";

type State = OperatorResult<"session.pair">;

/** In these it has come to an end, and not to a good one. */
const endings: readonly SessionStatus[] = ["passkey_required", "logged_out", "failed", "stopped"];

export async function pair(args: Arguments, operate: Operate, terminal: Terminal): Promise<void> {
  const phone = args.options.code;
  const picture = createPicture(terminal);
  let state = await operate("session.pair", namedBy(args));
  if (state.network !== "whatsapp") terminal.out("This is not WhatsApp: only phones of that network can link it.\n");
  while (state.status !== "connected") {
    if (endings.includes(state.status)) throw ended(state);
    if (phone !== undefined && lacksCode(state)) state = await askForCode(state, phone, operate);
    picture.show(wordsFor(state, phone !== undefined));
    state = await operate("session.watch", { id: state.id, mark: state.mark });
  }
  terminal.out(`${state.name} is connected${state.phone === null ? "" : ` as ${state.phone}`}.\n`);
}

const lacksCode = ({ status, code }: State) => code === null && (status === "starting" || status === "pairing");

async function askForCode(state: State, phone: string, operate: Operate): Promise<State> {
  try {
    return await operate("session.code", { id: state.id, phone });
  } catch (error) {
    // It may have been linked, or have failed, in this very moment: the next look says so.
    if (error instanceof WaygateError && error.code === "conflict") return state;
    throw error;
  }
}

function wordsFor({ name, status, reason, phone, qr, code }: State, isByCode: boolean): Words {
  if (phone !== null)
    return {
      lines: [`${name} is linked to ${phone}, and ${statusWords(status)}.`, ...(reason === null ? [] : [reason])],
    };
  if (isByCode && code !== null) {
    return {
      lines: [
        "On the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead.",
        "",
        `    ${code}`,
        "",
      ],
    };
  }
  if (!isByCode && qr !== null) {
    return { qr, lines: ["Scan this on the phone: WhatsApp, Linked devices, Link a device."] };
  }
  return { lines: [`${name} is ${statusWords(status)} …`, ...(reason === null ? [] : [reason])] };
}

type Words = { qr?: string; lines: string[] };

/** Drawn over what was shown before, where that is possible; said once where it did not change. */
function createPicture({ out, drawsToTerminal }: Terminal) {
  let shown = "";
  return {
    show({ qr, lines }: Words): void {
      const drawn = qr === undefined ? [] : textOf(encodeQr(qr, "L")).trimEnd().split("\n");
      const text = [...(drawsToTerminal ? drawn.map(whiteOnBlack) : drawn), ...lines, ""].join("\n");
      if (text === shown) return;
      out(drawsToTerminal ? overwrite(shown) + text : text);
      shown = text;
    },
  };
}

/** Whatever the terminal's own colours are: a QR in reverse is one that many phones do not read. */
const whiteOnBlack = (line: string) => `\x1b[97;40m${line}\x1b[0m`;

function overwrite(shown: string): string {
  const lines = shown.split("\n").length - 1;
  return lines === 0 ? "" : `\x1b[${lines}A\x1b[J`;
}

function ended({ name, status, reason }: State): WaygateError {
  return new WaygateError(
    "conflict",
    `${name} is ${statusWords(status)}. ${reason ?? "Start again to try once more."}`,
  );
}

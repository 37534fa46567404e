// Every state a session can be in against everything that can happen to it, written out.
import { expect, test } from "bun:test";
import { type SessionReason, type SessionStatus, sessionStatuses } from "../../src/core/session.ts";
import { type Life, type LifeEvent, step } from "../../src/engine/life.ts";

/** A column each; the reasons are any, to be found again in the outcome. */
const happenings: Record<string, LifeEvent> = {
  start: { type: "start" },
  "dial linked": { type: "dial", isLinked: true },
  "dial unlinked": { type: "dial", isLinked: false },
  offer: { type: "offer" },
  passkey: { type: "passkey" },
  linked: { type: "linked" },
  opened: { type: "opened" },
  "lost linked": { type: "lost", isLinked: true, reason: "unreachable" },
  "lost linked, nothing wrong": { type: "lost", isLinked: true, reason: null },
  "lost unlinked": { type: "lost", isLinked: false, reason: "unreachable" },
  "lost unlinked, nothing wrong": { type: "lost", isLinked: false, reason: null },
  "rest failed": { type: "rest", status: "failed", reason: "replaced" },
  "rest logged out": { type: "rest", status: "logged_out", reason: "logged_out" },
  stop: { type: "stop" },
  "log out": { type: "log_out" },
};

/** What becomes of each state, one line per happening; a dot leaves it exactly as it is, reason and all. */
const table = `
                              starting          pairing           passkey_required connecting       connected        disconnected     logged_out       failed           stopped
  start                       .                 .                 starting         .                .                .                starting         starting         starting
  dial linked                 connecting        connecting        .                connecting       .                .                .                .                .
  dial unlinked               starting          starting          .                starting         .                .                .                .                .
  offer                       pairing           pairing           .                .                .                .                .                .                .
  passkey                     passkey_required* passkey_required* .                .                .                .                .                .                .
  linked                      connecting        connecting        .                .                .                .                .                .                .
  opened                      connected         .                 .                connected        .                connected        .                .                .
  lost linked                 disconnected!     disconnected!     .                disconnected!    disconnected!    disconnected!    .                .                .
  lost linked, nothing wrong  connecting        connecting        .                connecting       connecting       connecting       .                .                .
  lost unlinked               starting!         starting!         .                starting!        starting!        starting!        .                .                .
  lost unlinked, nothing wrong starting         starting          .                starting         starting         starting         .                .                .
  rest failed                 failed!           failed!           .                failed!          failed!          failed!          .                .                .
  rest logged out             logged_out!       logged_out!       .                logged_out!      logged_out!      logged_out!      .                .                .
  stop                        stopped*          stopped*          stopped*         stopped*         stopped*         stopped*         .                .                .
  log out                     logged_out*       logged_out*       logged_out*      logged_out*      logged_out*      logged_out*      logged_out*      logged_out*      logged_out*
`;

/** After a status: `!` is the reason the happening came with, `*` the one that goes without saying, nothing is none. */
const ownReasons: Partial<Record<SessionStatus, SessionReason>> = {
  passkey_required: "passkey_required",
  stopped: "stopped",
  logged_out: "logged_out_here",
};

const [head = "", ...lines] = table.trim().split("\n");
const columns = head.trim().split(/\s+/) as SessionStatus[];

function outcomeOf(cell: string, before: Life, event: LifeEvent): Life {
  if (cell === ".") return before;
  const status = cell.replace(/[!*]$/, "") as SessionStatus;
  const given = "reason" in event ? event.reason : null;
  return { status, reason: cell.endsWith("!") ? given : cell.endsWith("*") ? (ownReasons[status] ?? null) : null };
}

for (const line of lines) {
  const name = Object.keys(happenings)
    .filter((one) => line.trim().startsWith(`${one} `))
    .toSorted((one, other) => other.length - one.length)[0]!;
  const cells = line.trim().slice(name.length).trim().split(/\s+/);

  test(`what "${name}" does to each state`, () => {
    expect(cells).toHaveLength(columns.length);
    for (const [place, status] of columns.entries()) {
      const before: Life = { status, reason: "storage" };
      const event = happenings[name]!;
      expect([status, step(before, event)]).toEqual([status, outcomeOf(cells[place]!, before, event)]);
    }
  });
}

test("the table has every state and everything that can happen", () => {
  expect(columns.toSorted()).toEqual([...sessionStatuses].toSorted());
  expect(lines).toHaveLength(Object.keys(happenings).length);
});

test("what changes nothing is told by its very object, so that nobody writes it down again", () => {
  const before: Life = { status: "stopped", reason: "stopped" };
  expect(step(before, { type: "opened" })).toBe(before);
});

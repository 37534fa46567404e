// Operator actions from the command line: through the control socket of the gateway that runs, else on the data itself.
import { existsSync } from "node:fs";
import { systemClock } from "../core/clock.ts";
import { type ErrorCode, messageOf, WaygateError } from "../core/errors.ts";
import { silentLog } from "../core/log.ts";
import { openCore } from "../gateway.ts";
import { controlSocketOf, dataDirOf } from "../gateway-places.ts";
import type { ControlAnswer } from "../http/control.ts";
import { type OperatorActionName, type OperatorInput, type OperatorResult, operate } from "../services/operator.ts";
import type { Config } from "../settings.ts";
import { findHolder } from "../store/data-directory.ts";
import type { Terminal } from "./terminal.ts";

export type Operate = <N extends OperatorActionName>(name: N, input: OperatorInput<N>) => Promise<OperatorResult<N>>;

export function createOperate(config: Config, terminal: Terminal): Operate {
  return async <N extends OperatorActionName>(name: N, input: OperatorInput<N>) => {
    const holder = existsSync(dataDirOf(config)) ? findHolder(dataDirOf(config)) : null;
    const result =
      holder?.doing === "serve" ? await ask(config, name, input) : await actAlone(config, terminal, name, input);
    return result as OperatorResult<N>;
  };
}

async function ask(config: Config, name: string, input: unknown): Promise<unknown> {
  const socket = controlSocketOf(dataDirOf(config));
  const answer = await reach(socket, name, input);
  if ("fault" in answer) throw new WaygateError(answer.fault.code as ErrorCode, answer.fault.sentence);
  return answer.result;
}

async function reach(socket: string, name: string, input: unknown): Promise<ControlAnswer> {
  try {
    const response = await fetch(`http://localhost/${name}`, {
      unix: socket,
      method: "POST",
      body: JSON.stringify(input),
    });
    return (await response.json()) as ControlAnswer;
  } catch (cause) {
    const sentence = `A gateway runs on this data, but ${socket} does not answer (${messageOf(cause)}). Use the account that the gateway runs as.`;
    throw new WaygateError("unavailable", sentence, {}, cause);
  }
}

async function actAlone(
  config: Config,
  terminal: Terminal,
  name: OperatorActionName,
  input: unknown,
): Promise<unknown> {
  const logTail = { read: () => [] };
  const surroundings = { clock: systemClock, log: silentLog, logTail, process: terminal.process };
  await using core = await openCore(config, surroundings, name);
  return await operate(core.services, name, input);
}

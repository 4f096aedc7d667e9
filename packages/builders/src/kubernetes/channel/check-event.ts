import { stripVTControlCharacters } from "node:util";
import { errorStatus } from "@berth/core";
import type { BuildFailure } from "@berth/core";
import type { BuildEvent, BuildOutcome, EventBatch } from "./protocol.ts";

/** A little more than what Berth's own part tells at once, and at all: what exceeds it is of something else. */
const mostCharacters = 2_100;
const mostLines = 400;
// oxlint-disable-next-line no-control-regex -- control characters are what is removed
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a pod has sent as a batch of events, made of nothing but what such events have: it is stored and shown to people, and a pod runs code of
 * an app. Throws a TypeError for what is none.
 */
export function checkBatch(value: unknown): EventBatch {
  const { from, events } = fieldsOf(value);
  if (!Number.isSafeInteger(from) || Number(from) < 1 || !Array.isArray(events)) throw new TypeError("no batch");
  return { from: Number(from), events: events.map(checkEvent) };
}

function checkEvent(value: unknown): BuildEvent {
  const event = fieldsOf(value);
  const { kind } = event;
  if (kind === "start") return { kind, step: textOf(event["step"]), text: textOf(event["text"]) };
  if (kind === "line") return { kind, text: textOf(event["text"]) };
  if (kind === "end") return { kind, step: textOf(event["step"]), durationMs: numberOf(event["durationMs"]) };
  if (kind === "packing") return { kind };
  if (kind === "outcome") return { kind, outcome: checkOutcome(event["outcome"]) };
  throw new TypeError("no event");
}

/** Of layers only that there are such: they are held against what was brought. */
function checkOutcome(value: unknown): BuildOutcome {
  const outcome = fieldsOf(value);
  const { kind } = outcome;
  if (kind === "failed") return { kind, failure: checkFailure(fieldsOf(outcome["failure"])) };
  if (kind === "error") {
    const { code, message, hint } = outcome;
    const known = Object.hasOwn(errorStatus, String(code)) ? (code as keyof typeof errorStatus) : "internal";
    return { kind, code: known, message: textOf(message), ...(hint !== undefined && { hint: textOf(hint) }) };
  }
  if (kind !== "built") throw new TypeError("no outcome");
  const layers = fieldsOf(outcome["layers"]);
  fieldsOf(layers["platform"]);
  checkTexts(layers["tools"]);
  for (const part of ["dependencies", "app"]) {
    if (layers[part] === null) continue;
    const { layer, abi } = fieldsOf(layers[part]);
    textOf(fieldsOf(layer)["digest"]);
    checkTexts(abi);
  }
  return value as BuildOutcome;
}

function checkFailure({ step, message, hint, exitCode, lines }: Fields): BuildFailure {
  if (!Array.isArray(lines)) throw new TypeError("no lines");
  return {
    step: textOf(step),
    message: textOf(message),
    hint: hint === null ? null : textOf(hint),
    exitCode: exitCode === null ? null : numberOf(exitCode),
    lines: lines.slice(-mostLines).map(textOf),
  };
}

function checkTexts(value: unknown): void {
  for (const text of Object.values(fieldsOf(value))) textOf(text);
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null) throw new TypeError("no object");
  return value as Fields;
}

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("no number");
  return value;
}

/** As it may be shown. */
function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("no text");
  return stripVTControlCharacters(value.slice(0, mostCharacters)).replace(control, "");
}

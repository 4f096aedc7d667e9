import type { Operation, OperationEvent, Phase, Scope } from "@berth/core";
import { durationText } from "./duration.ts";
import { plainLine, terminalLine } from "./plain-text.ts";

const labelWidth = 7;
const outputMark = `${" ".repeat(labelWidth)} | `;

/** Phases whose start or lines have said what there is to say: their end is told only where it took its time. */
const isSaidAlready: ReadonlySet<Phase> = new Set(["detect", "build"]);
const worthTellingMs = 100;

/** Turns the timeline of an operation into lines for who pushed. Keeps only what it has shown, so as not to show it twice. */
export interface Progress {
  /** The first line: what goes where. */
  opening(text: string): string[];
  event(event: OperationEvent): string[];
  /** The last lines: where it is served, or why it is not. */
  end(operation: Operation, standing: Standing): string[];
}

/** What the environment serves once the operation has ended. */
export interface Standing {
  live: number | null;
  url: string;
}

export function makeProgress(scope: Scope): Progress {
  const shown: string[] = [];
  let isAfterBlank = true;

  /** A line that a step printed. One empty line parts as well as many, and none is needed where a step begins. */
  function output(text: string): string[] {
    const line = terminalLine(text);
    const isBlank = line.trim() === "";
    if (isBlank && isAfterBlank) return [];
    isAfterBlank = isBlank;
    if (!isBlank) shown.push(line);
    return [outputMark + line];
  }

  return {
    opening: (text) => [labelled("berth", `${scope.app} ${scope.environment}: ${plainLine(text)}`)],

    event({ phase, service, kind, text, durationMs }) {
      if ((phase === "build" || phase === "run") && kind === "line") return output(text);
      isAfterBlank = true;
      if (kind === "end" && isSaidAlready.has(phase) && (durationMs ?? 0) < worthTellingMs) return [];
      const took = durationMs === null ? "" : durationText(durationMs);
      const told = [service ?? "", kind === "end" && phase === "build" ? `${text} done` : text]
        .map(terminalLine)
        .filter((part) => part !== "")
        .join("  ");
      // A phase that opens without a word says it when it ends.
      if (told === "" || (kind === "start" && text === "")) return [];
      return [labelled(phase, took === "" ? told : `${told}  ${took}`)];
    },

    end(operation, standing) {
      return operation.state === "succeeded" ? success(operation) : failure(operation, standing);
    },
  };

  function success({ kind, version, url, startedAt, finishedAt }: Operation): string[] {
    const took = finishedAt === null ? "" : ` in ${durationText(finishedAt - startedAt)}`;
    if (kind === "remove") return [labelled("removed", `${scope.environment}${took}`)];
    const what = version === null ? "unchanged" : `v${version}`;
    return [labelled("live", `${what}${took}${url === null ? "" : `  ${url}`}`)];
  }

  function failure({ error }: Operation, { live, url }: Standing): string[] {
    const lines = (error?.lines ?? []).map(terminalLine).filter((line) => line.trim() !== "");
    const untold = endsWith(shown, lines) ? [] : lines.map((line) => outputMark + line);
    const hint = error?.hint ?? null;
    return [
      ...untold,
      labelled("failed", plainLine(error?.message ?? "It did not succeed.")),
      ...(hint === null ? [] : [labelled("hint", plainLine(hint))]),
      labelled("still", live === null ? `nothing is live in ${scope.environment} yet` : `v${live} is live  ${url}`),
    ];
  }
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(labelWidth)} ${text}`;
}

function endsWith(shown: readonly string[], lines: readonly string[]): boolean {
  const tail = shown.slice(-lines.length);
  return lines.length <= shown.length && lines.every((line, index) => line === tail[index]);
}

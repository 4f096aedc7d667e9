import { type Answer, badGateway, noAnswerInTime } from "./pages/answer.ts";
import type { FaultKind } from "./upstream/fault.ts";
import type { Workload } from "./workload.ts";

const details: Record<Exclude<FaultKind, "not-passed-on" | "late">, string> = {
  unreached: "It accepts no connections.",
  closed: "It closed the connection without an answer.",
  "too-large": "The headers of its answer are larger than 64 KiB.",
  "not-http": "What it answered is not valid HTTP.",
  ambiguous: "Where its answer ends cannot be told for sure.",
};

/** What a client is told where its instance has not answered as it should. */
export function answerTo(kind: Exclude<FaultKind, "not-passed-on">, workload: Workload): Answer {
  return kind === "late" ? noAnswerInTime(workload) : badGateway(workload, details[kind]);
}

import { hasCode } from "@berth/core";
import { type Answer, badGateway, noAnswerInTime } from "./pages/answer.ts";
import type { Workload } from "./workload.ts";

/** Where the answer of an instance ends cannot be told for sure. */
export class AmbiguousAnswer extends Error {
  override readonly name = "AmbiguousAnswer";
}

/** Whether undici does not pass a request on as it is. */
export function isInvalid(error: Error): boolean {
  return hasCode(error, "UND_ERR_INVALID_ARG") || hasCode(error, "UND_ERR_NOT_SUPPORTED");
}

/** What a client is told where its instance has not answered as it should; `wasSent`: the instance has got the request. */
export function answerTo(error: Error, workload: Workload, wasSent: boolean): Answer {
  if (hasCode(error, "UND_ERR_HEADERS_TIMEOUT")) return noAnswerInTime(workload);
  if (hasCode(error, "UND_ERR_HEADERS_OVERFLOW"))
    return badGateway(workload, "The headers of its answer are larger than 64 KiB.");
  if (error instanceof AmbiguousAnswer) return badGateway(workload, "Where its answer ends cannot be told for sure.");
  if (error.name === "HTTPParserError") return badGateway(workload, "What it answered is not valid HTTP.");
  return badGateway(workload, wasSent ? "It closed the connection without an answer." : "It accepts no connections.");
}

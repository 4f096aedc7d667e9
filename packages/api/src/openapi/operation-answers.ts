import type { OperationKind } from "@berth/core";
import { exampleOperation, operationSchema } from "../schemas/operation.ts";
import { jsonAnswer } from "./endpoint.ts";
import type { Answer } from "./marks.ts";

/** The answer of what starts an operation, which goes on. */
export function startedAnswer(kind: OperationKind): Answer {
  return jsonAnswer("The operation has been started", operationSchema, {
    ...exampleOperation,
    kind,
    state: "running",
    finishedAt: null,
    version: null,
    url: null,
  });
}

/** Both answers of what starts an operation and may wait for its end, as `answerOperation` gives them. */
export function operationAnswers(
  kind: OperationKind,
  ended: Partial<typeof exampleOperation> = {},
): { 200: Answer; 202: Answer } {
  const example = { ...exampleOperation, kind, ...ended };
  return {
    200: jsonAnswer("The operation has ended (with `wait`)", operationSchema, example),
    202: startedAnswer(kind),
  };
}

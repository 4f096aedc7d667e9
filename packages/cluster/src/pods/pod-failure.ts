/** Why a whole pod has failed, as what follows "it ". */
export function podFailure(reason: string, message: string): string {
  const told = message.replace(/[.\s]+$/, "");
  if (reason === "Evicted") return `was evicted from its node: ${told.replace(/^The node was /, "the node was ")}`;
  if (reason === "NodeLost" || reason === "NodeAffinity" || reason === "Terminated") return "was lost with its node";
  return `has failed (${reason})${told === "" ? "" : `: ${told}`}`;
}

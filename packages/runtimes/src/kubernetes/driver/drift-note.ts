import type { DriftField } from "@berth/core";

const shownAtMost = 5;

/** What was changed by hand and put back, for people: `spec.replicas by kubectl-edit; …`. Values are left out: an event is read by more people than its object. */
export function driftNote(fields: readonly DriftField[]): string {
  const shown = fields.slice(0, shownAtMost).map(({ path, manager }) => {
    const what = path === "" ? "it was removed" : path;
    return manager === null ? what : `${what} by ${manager}`;
  });
  const more = fields.length > shownAtMost ? `; and ${fields.length - shownAtMost} more` : "";
  return `Changed by hand, and put back: ${shown.join("; ")}${more}`;
}

import type { Reference } from "./fetch/reference.ts";
import { stalledProblem } from "./http/answer.ts";
import { withDeadline } from "./http/deadline.ts";
import { isRecord } from "./http/refusal.ts";
import { pull } from "./http/session.ts";
import type { Place } from "./places/place.ts";
import type { Reach } from "./reach.ts";

const mostTags = 1000;
/** They only help a message, which should not wait for them, in ms. */
const patienceMs = 5000;
const largestListBytes = 512 * 1024;

/** The tags of a repository, for a message that helps; none where they are not to be had at once. */
export async function listTags(
  reach: Reach,
  { repository }: Reference,
  place: Place,
  signal: AbortSignal,
): Promise<string[]> {
  const target = `tags/list?n=${mostTags}`;
  const late = () => stalledProblem(new URL(place.origin), patienceMs);
  try {
    const { bytes } = await withDeadline(reach.clock, patienceMs, signal, late, (deadline) =>
      reach.session.document(
        place,
        repository,
        { method: "GET", target, scopes: [pull(place, repository)], expect: [200], signal: deadline },
        largestListBytes,
      ),
    );
    const parsed: unknown = JSON.parse(bytes.toString());
    const tags: unknown = isRecord(parsed) ? parsed["tags"] : null;
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
  } catch (error) {
    signal.throwIfAborted();
    reach.log.debug({ repository, error }, "The tags of a repository could not be listed");
    return [];
  }
}

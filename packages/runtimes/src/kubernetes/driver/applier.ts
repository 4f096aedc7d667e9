import type { Cluster, KubeObject } from "@berth/cluster";
import { refOf, refText } from "@berth/cluster";
import { isDeepStrictEqual } from "node:util";
import { BerthError } from "@berth/core";
import type { Clock, Drift, Log, Scope } from "@berth/core";
import { needsReplacement } from "../drift/correction.ts";
import { describeDrift } from "../drift/describe-drift.ts";
import { findDrift, isAddition } from "../drift/find-drift.ts";
import type { LiveDrift } from "../drift/find-drift.ts";
import { label } from "../labels.ts";
import type { Copies } from "./copies.ts";
import { Corrections } from "./corrections.ts";
import { manager, ourManagers } from "./deps.ts";
import { DriftLog } from "./drift-log.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { driftNote } from "./drift-note.ts";
import { isLeaving } from "./leaving.ts";
import { removeAdditions } from "./remove-additions.ts";

export interface ApplierDeps {
  cluster: Cluster;
  copies: Copies;
  installation: string;
  clock: Clock;
  log: Log;
  events: Pick<EventRecorder, "tell">;
  /** Something that was left as it is for a while may be put back again. */
  onRelease(scope: Scope): void;
}

/** Makes objects what they should be, and remembers what others had made of them. */
export class Applier {
  readonly #deps: ApplierDeps;
  readonly #driftLog: DriftLog;
  readonly #corrections: Corrections;
  readonly #closing = new AbortController();
  /** As they should be, and were seen to be: what is not so any more was changed by somebody, and not by another version of Berth, or because it should be something else now. */
  readonly #seen = new Map<string, KubeObject>();
  readonly #found = new WeakMap<KubeObject, { desired: KubeObject; drift: readonly LiveDrift[] }>();

  constructor(deps: ApplierDeps) {
    this.#deps = deps;
    this.#driftLog = new DriftLog(deps);
    this.#corrections = new Corrections(deps.clock);
  }

  /** Whether an object is there, and nothing else than what it was made. What somebody insists on counts as such for a while. */
  isApplied(object: KubeObject): boolean {
    const live = this.#deps.copies.get(object);
    if (live === undefined || isEnding(live)) return false;
    if (this.#driftOf(object, live).length > 0) return this.#wasSeen(object) && this.#corrections.isHeld(keyOf(object));
    this.#seen.set(keyOf(object), object);
    return true;
  }

  /**
   * Applies in order what is not there or not as it should be. What is costs no call. Throws `cluster.conflict` for an object of that name that Berth
   * did not make, and `cluster.terminating` for a Deployment that somebody holds on its way out.
   */
  async apply(scope: Scope, objects: readonly KubeObject[]): Promise<void> {
    await this.#refuseStrangers(objects);
    for (const object of objects) if (!this.isApplied(object)) await this.#put(scope, object);
  }

  /** These are about to be removed: that they are gone is nobody's doing. */
  forget(objects: readonly KubeObject[]): void {
    for (const object of objects) this.#seen.delete(keyOf(object));
  }

  /** Tells of drift that was put back, where there is any. */
  report(scope: Scope, object: KubeObject, drift: readonly LiveDrift[]): void {
    if (drift.length === 0) return;
    const { copies, events } = this.#deps;
    const fields = describeDrift(object, drift);
    this.#driftLog.add(scope, object, fields);
    const told = { reason: "DriftCorrected", action: "Correct", isWarning: true, note: driftNote(fields) };
    events.tell(copies.get(object) ?? object, told);
  }

  drift(scope: Scope): Drift[] {
    return this.#driftLog.of(scope);
  }

  close(): void {
    this.#closing.abort();
  }

  async #put(scope: Scope, object: KubeObject): Promise<void> {
    const { cluster, copies } = this.#deps;
    const key = keyOf(object);
    const live = copies.get(object);
    if (live !== undefined && isEnding(live)) throw endingError(live);
    const drift = live === undefined ? [] : this.#driftOf(object, live);
    // Before anything is written: what follows the copies looks at it meanwhile.
    const wasSeen = this.#wasSeen(object);
    if (live !== undefined && needsReplacement(live, drift)) {
      await cluster.remove(refOf(live), { uid: live.metadata.uid ?? "" });
      await copies.until(object, (copy) => copy?.metadata.uid !== live.metadata.uid);
    }
    const whole = { path: [], desired: "there", found: undefined, owner: null };
    const told = (live === undefined ? [whole] : drift).filter(({ owner }) => wasSeen || owner !== null);
    const applied = await cluster.apply(object, { manager: manager.deployer, force: true });
    const put = await removeAdditions(cluster, object, applied).catch((error: unknown) => {
      // What was applied is put back, and the next look does not find it: what was added is told when it is gone.
      this.report(
        scope,
        object,
        told.filter((each) => !isAddition(each)),
      );
      throw error;
    });
    if (put !== null) await copies.until(object, (copy) => isAtLeast(copy, put));
    this.report(scope, object, told);
    this.#seen.set(key, object);
    // What was ours to change is nobody's insistence.
    if (live === undefined || told.length === 0) return;
    const heldUntil = this.#corrections.note(key);
    if (heldUntil !== null) void this.#releaseAt(heldUntil, scope, object);
  }

  /** Whether it was seen as this very thing. */
  #wasSeen(object: KubeObject): boolean {
    const seen = this.#seen.get(keyOf(object));
    return seen === object || isDeepStrictEqual(seen, object);
  }

  async #releaseAt(at: number, scope: Scope, object: KubeObject): Promise<void> {
    const { clock, log, onRelease } = this.#deps;
    log.warn(
      { object: refText(refOf(object)), until: new Date(at).toISOString() },
      "Changed again and again: it is left as it is for a while",
    );
    await clock.sleep(at - clock.now(), this.#closing.signal);
    if (!this.#closing.signal.aborted) onRelease(scope);
  }

  #driftOf(object: KubeObject, live: KubeObject): readonly LiveDrift[] {
    const known = this.#found.get(live);
    if (known?.desired === object) return known.drift;
    const drift = findDrift(object, live, ourManagers);
    this.#found.set(live, { desired: object, drift });
    return drift;
  }

  /** What is there and not among the copies has not this installation's label. */
  async #refuseStrangers(objects: readonly KubeObject[]): Promise<void> {
    const { cluster, copies } = this.#deps;
    const isNamespaced = ({ metadata }: KubeObject) => metadata.namespace !== undefined;
    const missing = objects.filter((object) => copies.get(object) === undefined);
    // In a namespace that is not there is nothing.
    const namespaces = copies.of({ kind: "Namespace" });
    const [local, global] = [missing.filter(isNamespaced), missing.filter((object) => !isNamespaced(object))];
    const looked = local.filter(({ metadata }) => namespaces.get(null, metadata.namespace!) !== undefined);
    await Promise.all(
      [...global, ...looked].map(async (object) => {
        const there = await cluster.get(refOf(object));
        if (there !== null && !this.#isOwn(there)) throw strangerError(there);
      }),
    );
  }

  /** Somebody may have taken the label away: then it is known by who has set its fields. */
  #isOwn({ metadata }: KubeObject): boolean {
    const installation = metadata.labels?.[label.installation];
    if (installation !== undefined) return installation === this.#deps.installation;
    return metadata.managedFields?.some((entry) => entry.manager === manager.deployer) ?? false;
  }
}

/** A Deployment that is to go makes no pods any more, as long as somebody holds it; other objects do what they do until they are gone. */
function isEnding(live: KubeObject): boolean {
  return live.kind === "Deployment" && isLeaving(live);
}

function endingError(live: KubeObject): BerthError {
  const text = refText(refOf(live));
  const holds = (live.metadata.finalizers ?? []).map((finalizer) => `its finalizer ${finalizer}`).join("; ");
  return new BerthError(
    "cluster.terminating",
    `${text} is being removed and is not gone yet${holds === "" ? "" : `: ${holds}`}.`,
    { path: text, hint: "It is made again by itself once that is gone." },
  );
}

function keyOf(object: KubeObject): string {
  return refText(refOf(object));
}

/** Whether a copy shows what was written, or what came after it. */
function isAtLeast(copy: KubeObject | undefined, written: KubeObject): boolean {
  if (copy?.metadata.uid !== written.metadata.uid) return copy !== undefined;
  return Number(copy?.metadata.resourceVersion) >= Number(written.metadata.resourceVersion);
}

function strangerError(object: KubeObject): BerthError {
  const text = refText(refOf(object));
  return new BerthError(
    "cluster.conflict",
    `${text} is there already, and this installation of Berth did not make it.`,
    {
      path: text,
      hint: "Remove it or give it another name; Berth leaves alone what it did not make.",
    },
  );
}

import { type KubeObject, microTime, type ObjectRef } from "@berth/cluster";

/** Who decides, as events and `kubectl describe` name it. */
export const reportingController = "berth.dev/deployer";

/** What the cluster keeps of a text. */
const noteCharacters = 1_024;

/** Something that Berth has decided, about an object on the cluster. */
export interface BerthEvent {
  /** One word in CamelCase. */
  reason: string;
  /** What was done, in one word. */
  action: string;
  isWarning: boolean;
  note: string;
}

export interface EventPlace {
  /** Of the object it is told on. */
  regarding: ObjectRef & { uid: string };
  namespace: string;
  name: string;
  /** The installation. */
  instance: string;
  /** ms since the epoch. */
  at: number;
}

/** An event as the cluster keeps it, for an hour by default. */
export function makeEvent({ reason, action, isWarning, note }: BerthEvent, place: EventPlace): KubeObject {
  const { regarding, namespace, name, instance, at } = place;
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name, namespace },
    eventTime: microTime(at),
    reportingController,
    reportingInstance: instance,
    action,
    reason,
    type: isWarning ? "Warning" : "Normal",
    note: note.length <= noteCharacters ? note : `${note.slice(0, noteCharacters - 1)}…`,
    regarding: { ...regarding, namespace },
  };
  return event;
}

/** What a repeated event says of its repetitions. */
export function makeSeries(count: number, at: number): object {
  return { series: { count, lastObservedTime: microTime(at) } };
}

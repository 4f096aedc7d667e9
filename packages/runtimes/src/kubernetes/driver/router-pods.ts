import type { Cluster, Pod } from "@berth/cluster";
import type { Clock, Log } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { findRouterAddresses } from "../pods/router-addresses.ts";
import { withoutManagers } from "./kept.ts";

export interface RouterPodsDeps {
  cluster: Pick<Cluster, "inform">;
  place: ClusterPlace;
  clock: Clock;
  log: Log;
  /** The routers have other addresses than before. */
  onChange(): void;
}

/** Where routers are, as pods of them come and go. */
export interface RouterPods {
  /** The place with the routers of now. */
  place(): ClusterPlace;
  ready(): Promise<void>;
  close(): void;
}

/** One that is added can wait for this: where pods are replaced one that goes follows it, and both are one write. */
const addAfterMs = 500;

/** Follows the pods that are routers; where routers are none, their place is as it was given. */
export function openRouterPods({ cluster, place, clock, log, onChange }: RouterPodsDeps): RouterPods {
  const { routers } = place;
  if (routers.kind === "outside") return { place: () => place, ready: async () => undefined, close: () => undefined };

  const { namespace, labels } = routers;
  const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const options = { namespace, labels: selector.join(), keep: withoutManagers };
  const pods = cluster.inform<Pod>({ apiVersion: "v1", kind: "Pod" }, options);
  const closing = new AbortController();
  let named = place;
  let isReady = false;
  let isWaiting = false;

  function take(): void {
    const addresses = findRouterAddresses(pods.list());
    if (addresses.join() === named.routers.addresses.join()) return;
    named = { ...place, routers: { ...routers, addresses } };
    tell();
    onChange();
  }

  function tell(): void {
    const { addresses } = named.routers;
    if (addresses.length > 0) log.info({ namespace, labels, addresses }, "Routers are at these addresses");
    else log.warn({ namespace, labels }, "No pod of BERTH_ROUTER_PODS runs: services do not reach their neighbours");
  }

  function look(): void {
    if (!isReady || closing.signal.aborted) return;
    const next = new Set(findRouterAddresses(pods.list()));
    const isOneGone = named.routers.addresses.some((address) => !next.has(address));
    if (isOneGone || named.routers.addresses.length === 0) return take();
    if (!isWaiting) void takeLater();
  }

  async function takeLater(): Promise<void> {
    isWaiting = true;
    await clock.sleep(addAfterMs, closing.signal);
    isWaiting = false;
    if (!closing.signal.aborted) take();
  }

  pods.follow(look);
  return {
    place: () => named,
    async ready() {
      await pods.ready();
      isReady = true;
      take();
      if (named.routers.addresses.length === 0) tell();
    },
    close() {
      closing.abort();
      pods.close();
    },
  };
}

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock, Log, NeighbourGateway, Scope } from "@berth/core";
import { refusalOf } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { label, networkName } from "./names.ts";
import { makeNetworkOptions } from "./network-options.ts";
import { isOverlap } from "./start-error.ts";
import { allocateSubnet, gatewayOf, parseRoutes, parseSubnet, subnetText } from "./subnets.ts";
import type { Subnet } from "./subnets.ts";

export interface NetworksDeps {
  engine: Engine;
  installation: string;
  ranges: readonly Subnet[];
  clock: Clock;
  log: Log;
  /** How long the network of an environment stays after its last instance. */
  lingerMs: number;
  /** Whether instances of an environment are there or wanted. */
  isUsed(scope: Scope): boolean;
}

/** The network of an environment, which may still be being made. */
export interface EnvironmentNetwork {
  scope: Scope;
  name: string;
  subnet: Subnet;
  gateway: string;
  /** Resolves when containers can join it, and its gateway listens. */
  ready: Promise<void>;
}

type FollowGateways = (gateways: readonly NeighbourGateway[]) => Promise<void>;

/** A network for each environment that has instances: made with the first, removed some time after the last. */
export class Networks {
  readonly #deps: NetworksDeps;
  readonly #known = new Map<string, EnvironmentNetwork>();
  readonly #removals = new Map<string, Promise<void>>();
  readonly #followers = new Set<FollowGateways>();
  readonly #stopped = new AbortController();
  /** Subnets that the engine did not take, though nothing says who has them. */
  readonly #refused: Subnet[] = [];
  #picking: Promise<unknown> = Promise.resolve();

  constructor(deps: NetworksDeps) {
    this.#deps = deps;
  }

  /** The environment's network, made where it is not there. Its address is known before it is ready. */
  async prepare(scope: Scope): Promise<EnvironmentNetwork> {
    const key = keyOf(scope);
    await this.#removals.get(key);
    const picked = this.#picking.then(() => this.#known.get(key) ?? this.#begin(scope));
    this.#picking = picked.catch(() => {});
    return picked;
  }

  /** Takes the networks that are on the engine as those there are. */
  async resync(): Promise<void> {
    const networks = await this.#list();
    this.#known.clear();
    for (const network of networks) {
      const known = this.#readOwn(network);
      if (known !== null) this.#known.set(keyOf(known.scope), known);
    }
    await this.#announce();
    for (const { scope } of this.#known.values()) this.release(scope);
  }

  /** A network that was found not to be as it should is looked for anew. */
  forget(scope: Scope): void {
    this.#known.delete(keyOf(scope));
  }

  /** Removes the network of an environment after a while, unless it is used again by then. */
  release(scope: Scope): void {
    if (!this.#known.has(keyOf(scope)) || this.#deps.isUsed(scope)) return;
    void this.#deps.clock.sleep(this.#deps.lingerMs, this.#stopped.signal).then(() => this.#removeUnused(scope));
  }

  /** Removes all networks of this installation that no container is in. */
  async removeAll(): Promise<void> {
    const networks = (await this.#list()).filter((network) => this.#isOurs(network));
    await Promise.all(networks.map(({ Id }) => this.#remove(Id)));
    this.#known.clear();
    await this.#announce();
  }

  /** Tells of the gateways of now and whenever they change. Instances start when the follower is done with the change. */
  async follow(follower: FollowGateways): Promise<() => void> {
    this.#followers.add(follower);
    await follower(this.#gateways());
    return () => void this.#followers.delete(follower);
  }

  close(): void {
    this.#stopped.abort();
  }

  async #begin(scope: Scope): Promise<EnvironmentNetwork> {
    const { installation, ranges } = this.#deps;
    const [networks, routes] = await Promise.all([this.#list(), readRoutes()]);
    const name = networkName(installation, scope);
    const present = networks.find((network) => network.Name === name && this.#isOurs(network));
    const found = present ? this.#readOwn(present) : null;
    const known =
      found ??
      this.#make(
        scope,
        allocateSubnet(ranges, [...takenBy(networks), ...this.#ownSubnets(), ...routes], startOf(name)),
      );
    this.#known.set(keyOf(scope), known);
    return known;
  }

  #make(scope: Scope, subnet: Subnet): EnvironmentNetwork {
    const { engine, installation } = this.#deps;
    const create = async () => {
      try {
        await engine.ask((docker) => docker.createNetwork(makeNetworkOptions(installation, scope, subnet)));
      } catch (error) {
        if (isOverlap(error)) this.#refused.push(subnet);
        this.forget(scope);
        throw error;
      }
      await this.#announce();
    };
    const ready = create();
    // Whoever prepared it waits for it; nobody else minds.
    ready.catch(() => {});
    return { scope, name: networkName(installation, scope), subnet, gateway: gatewayOf(subnet), ready };
  }

  #ownSubnets(): Subnet[] {
    return [...[...this.#known.values()].map(({ subnet }) => subnet), ...this.#refused];
  }

  async #removeUnused(scope: Scope): Promise<void> {
    const key = keyOf(scope);
    if (this.#stopped.signal.aborted || this.#deps.isUsed(scope) || this.#removals.has(key)) return;
    const network = this.#known.get(key);
    if (!network) return;
    this.#known.delete(key);
    const removal = this.#remove(network.name)
      .then(() => this.#announce())
      .catch((error: unknown) => {
        this.#deps.log.warn(
          { err: error, network: network.name },
          "The network of an environment could not be removed",
        );
      });
    this.#removals.set(key, removal);
    await removal;
    this.#removals.delete(key);
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#deps.engine.ask((docker) => docker.getNetwork(name).remove());
    } catch (error) {
      // It is gone, or somebody else's container is in it: the next server tries again.
      if (refusalOf(error) === null) throw error;
    }
  }

  async #announce(): Promise<void> {
    const gateways = this.#gateways();
    await Promise.all([...this.#followers].map((follower) => follower(gateways)));
  }

  #gateways(): NeighbourGateway[] {
    return [...this.#known.values()].map(({ scope, gateway, subnet }) => ({
      app: scope.app,
      environment: scope.environment,
      address: gateway,
      subnet: subnetText(subnet),
    }));
  }

  #list(): Promise<ListedNetwork[]> {
    return this.#deps.engine.ask(async (docker) => docker.listNetworks());
  }

  #isOurs({ Labels }: ListedNetwork): boolean {
    return Labels?.[label.installation] === this.#deps.installation;
  }

  #readOwn(network: ListedNetwork): EnvironmentNetwork | null {
    const { Labels, Name: name } = network;
    const [app, environment] = [Labels?.[label.app], Labels?.[label.environment]];
    const [subnet] = takenBy([network]);
    if (!this.#isOurs(network) || app === undefined || environment === undefined || subnet === undefined) return null;
    return { scope: { app, environment }, name, subnet, gateway: gatewayOf(subnet), ready: Promise.resolve() };
  }
}

/** What an engine lists of a network. */
interface ListedNetwork {
  Id: string;
  Name: string;
  Labels?: Record<string, string>;
  IPAM?: { Config?: { Subnet?: string }[] | null };
}

function takenBy(networks: readonly ListedNetwork[]): Subnet[] {
  return networks.flatMap(({ IPAM }) =>
    (IPAM?.Config ?? []).flatMap(({ Subnet: text }) => parseSubnet(text ?? "") ?? []),
  );
}

async function readRoutes(): Promise<Subnet[]> {
  return parseRoutes(await readFile("/proc/net/route", "utf8").catch(() => ""));
}

/** An environment finds the same subnet again where nobody has taken it, so what somebody has written down of it stays true. */
function startOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE();
}

function keyOf({ app, environment }: Scope): string {
  return `${app}/${environment}`;
}

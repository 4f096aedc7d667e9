import type { IdentifiedWorkload } from "@berth/core";
import { join } from "node:path";
import type { InstanceHost } from "../instances/supervisor.ts";
import { logFolder } from "../logs/log-folder.ts";
import { makeInstanceSpec } from "./instance-spec.ts";
import type { UnpackedImage } from "./instance-spec.ts";
import type { KeeperCommand, KeptInstance } from "./keeper/protocol.ts";
import { listeningOf } from "./listening.ts";

export interface ProcessHostDeps {
  home: string;
  instancesFolder: string;
  node: string;
  unpack(image: IdentifiedWorkload["image"]): Promise<UnpackedImage>;
  allocatePort(): Promise<number>;
  isPortFree(port: number): Promise<boolean>;
  /** The keeper, whichever it is at the moment. */
  request(request: KeeperCommand): Promise<void>;
}

const loopback = ["127.0.0.1", "::1"] as const;

/** What the keeper does for supervisors. */
export function makeProcessHost(deps: ProcessHostDeps): InstanceHost<KeptInstance> {
  return {
    async start(workload, { id, previous, restarts, failures }) {
      const image = await deps.unpack(workload.image);
      const keepsPort = previous !== null && (await deps.isPortFree(previous.port));
      const place = {
        id,
        port: keepsPort ? previous.port : await deps.allocatePort(),
        folder: join(deps.instancesFolder, id),
        logFile: join(logFolder(deps.home, workload), `${id}.log`),
        restarts,
        failures,
      };
      // Its event comes before the answer, so the next pass knows of it.
      await deps.request({ type: "start", spec: makeInstanceSpec(workload, image, place, deps.node) });
    },
    stop: ({ id }) => deps.request({ type: "stop", instance: id }),
    note: ({ id }, text) => deps.request({ type: "note", instance: id, text }),
    markReady: ({ id }, at, host) => deps.request({ type: "ready", instance: id, at, host }),
    targetOf({ pid, port, startedAt }) {
      if (pid === null) return null;
      return { hosts: loopback, port, ownPort: port, startedAt, isOnLoopback: true, listening: () => listeningOf(pid) };
    },
  };
}

import { HttpServer, makeEdge } from "@berth/router";
import { closeServer } from "../http/close-server.ts";
import type { Closers } from "../closers.ts";
import { makeGate, type Receiver } from "../http/gate.ts";
import { listen } from "../http/listen.ts";
import type { Settings } from "../settings/settings.ts";
import { openSharedPort } from "../workers/shared-port.ts";
import { openWorkerDoor } from "../workers/worker-door.ts";
import type { Common } from "./common.ts";

export interface PortDeps {
  settings: Settings;
  common: Common;
  closers: Closers;
}

export type Port = Awaited<ReturnType<typeof openPort>>;

/** Listens where all requests come to, and has them wait until there is somebody to `open` it to. */
export async function openPort({ settings, common, closers }: PortDeps) {
  const { clock, log } = common("workers");
  const shared = openSharedPort({ settings, worker: null, clock, log });
  const edge = makeEdge(clock, settings.edge, shared.limits);
  const http = new HttpServer(edge);
  const gate = makeGate(http);
  const port = await listen(http, settings, shared.sharing);
  closers.add(() => closeServer(http));
  closers.add(() => shared.close());
  const door = settings.workers > 1 ? await openWorkerDoor(settings.home, edge) : null;
  closers.add(() => door?.close());
  return {
    port,
    http,
    edge,
    shared,
    /** Where workers find this server; null where there are none. */
    doorUrl: door?.url ?? null,
    open(receiver: Receiver) {
      gate.open(receiver);
      door?.open(receiver);
    },
  };
}

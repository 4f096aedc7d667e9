import type { RuntimeDescriptor } from "@berth/core";
import type { Engine } from "@berth/docker";
import type { Reach } from "./reach.ts";

/** What this runtime can do, on this engine. */
export function makeDescriptor({ info }: Engine, reach: Reach): RuntimeDescriptor {
  return {
    name: "docker",
    sharesNetwork: false,
    // Images bring their own C library.
    platform: { os: info.os, architecture: info.architecture, libc: null },
    needsBase: true,
    neighbours: reach === "address" ? "service-name" : "none",
    separatesStreams: true,
    scalesByLoad: false,
    exec: { lacksTerminal: null, endsWithServer: false },
    endsWithServer: true,
  };
}

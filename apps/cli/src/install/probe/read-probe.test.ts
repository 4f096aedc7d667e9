import { expect, it } from "vitest";
import { readProbe } from "./read-probe.ts";

const pod = (state?: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "probe" },
  ...(state !== undefined && { status: { containerStatuses: [{ ready: false, restartCount: 0, state }] } }),
});
const waiting = (reason: string, message?: string) => pod({ waiting: { reason, message } });

it("knows an image that was fetched by what comes after that", () => {
  expect(readProbe(pod({ terminated: { exitCode: 128, reason: "StartError" } }))).toEqual({ kind: "pulled" });
  expect(readProbe(waiting("RunContainerError", "no such file"))).toEqual({ kind: "pulled" });
});

it("waits for a node that has said nothing yet", () => {
  expect(readProbe(pod())).toEqual({ kind: "waiting" });
  expect(readProbe(waiting("ContainerCreating"))).toEqual({ kind: "waiting" });
});

it.each([
  [
    'failed to pull and unpack image "localhost:31/x@sha256:0": failed to resolve reference "localhost:31/x@sha256:0": failed to do request: Head "http://localhost:31/v2/x/manifests/sha256:0": dial tcp 127.0.0.1:31: connect: connection refused',
    "dial tcp 127.0.0.1:31: connect: connection refused",
  ],
  [
    'rpc error: code = Unknown desc = failed to do request: Head "https://198.18.0.1:5056/v2/": http: server gave HTTP response to HTTPS client',
    "http: server gave HTTP response to HTTPS client",
  ],
  [
    "failed to resolve reference: unexpected status from HEAD request to https://r/v2/: 401 Unauthorized",
    "unexpected status from HEAD request to https://r/v2/: 401 Unauthorized",
  ],
  ["something: else: entirely", "else: entirely"],
])("says of %j why", (message, why) => {
  expect(readProbe(waiting("ErrImagePull", message))).toEqual({ kind: "failed", why });
});

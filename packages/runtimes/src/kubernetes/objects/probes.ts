import type { V1Container, V1Probe } from "@kubernetes/client-node";
import type { HealthCheck } from "@berth/core";
import { portName } from "../names.ts";

const periodSeconds = 1;
const timeoutSeconds = 2;
const readyFailures = 3;

/**
 * Asked each second: first until it has started, for as long as it may take, then whether it is ready. What is not ready
 * gets no requests; it is not restarted for that, which would make of a slow database an outage.
 */
export function makeProbes({ path, timeoutMs }: HealthCheck): Pick<V1Container, "startupProbe" | "readinessProbe"> {
  const check = { ...makeCheck(path), periodSeconds, timeoutSeconds, successThreshold: 1 };
  return {
    startupProbe: { ...check, failureThreshold: Math.max(1, Math.ceil(timeoutMs / 1_000 / periodSeconds)) },
    readinessProbe: { ...check, failureThreshold: readyFailures },
  };
}

/**
 * To Berth an answer below 500 is healthy, to a kubelet one below 400. At `/`, which nobody has had to say, an app may well
 * answer 404 or ask for a login: there it is enough that it listens, and Berth's own probe says the rest.
 */
function makeCheck(path: string): Pick<V1Probe, "httpGet" | "tcpSocket"> {
  return path === "/" ? { tcpSocket: { port: portName } } : { httpGet: { path, port: portName, scheme: "HTTP" } };
}

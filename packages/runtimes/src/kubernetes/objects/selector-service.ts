import type { Made } from "@berth/cluster";
import type { V1Service } from "@kubernetes/client-node";
import { workloadSelector } from "../labels.ts";
import type { ClusterPlace, WorkloadModel } from "../model.ts";
import { neighbourName, portName, servicePort } from "../names.ts";
import { serviceMetadata } from "./metadata.ts";

/** A service by the name its neighbours know, straight to the instances of one workload: applying the next release moves it as a whole. */
export function makeSelectorService({ workload }: WorkloadModel, place: ClusterPlace): Made<V1Service> {
  const { service } = workload;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: serviceMetadata(neighbourName(service), workload, service, place),
    spec: {
      type: "ClusterIP",
      ipFamilyPolicy: "PreferDualStack",
      selector: workloadSelector(workload),
      ports: [{ name: portName, port: servicePort, targetPort: portName, protocol: "TCP", appProtocol: "http" }],
    },
  };
}

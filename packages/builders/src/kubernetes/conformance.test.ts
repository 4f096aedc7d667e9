import { describeBuilder } from "../conformance/describe-builder.ts";
import { describeWithCluster, kubernetesUnderTest } from "../testing/kubernetes.ts";

await describeWithCluster("a cluster", () => describeBuilder("kubernetes", kubernetesUnderTest));

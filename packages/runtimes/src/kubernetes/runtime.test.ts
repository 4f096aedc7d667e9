import { describeRuntime } from "../conformance/describe-runtime.ts";
import { describeWithCluster } from "./testing/kubectl.ts";
import { openKubernetesRuntime } from "./testing/open-for-test.ts";

describeWithCluster(() => {
  describeRuntime("kubernetes", () => openKubernetesRuntime());
});

import { describeRuntime } from "../conformance/describe-runtime.ts";
import { openDockerRuntime } from "./testing/open-for-test.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";

await describeWithDocker("with docker", (engine) => {
  describeRuntime("docker", () => openDockerRuntime(engine));
});

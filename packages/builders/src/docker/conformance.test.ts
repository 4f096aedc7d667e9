import { describeBuilder } from "../conformance/describe-builder.ts";
import { describeWithDocker, dockerUnderTest } from "../testing/docker.ts";

await describeWithDocker("Docker", () => describeBuilder("docker", dockerUnderTest));

import { describeCrons } from "../support/cron-scenarios.ts";
import { describeOnDocker } from "../support/describe-on-docker.ts";

await describeOnDocker((berth) => describeCrons(berth, "crond"));

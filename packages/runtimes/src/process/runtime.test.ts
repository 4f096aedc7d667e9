import { describeRuntime } from "../conformance/describe-runtime.ts";
import { openProcessRuntime } from "./open-for-test.ts";

describeRuntime("process", openProcessRuntime);

import { describeBuilder } from "../conformance/describe-builder.ts";
import { hostUnderTest } from "../testing/host.ts";

describeBuilder("host", hostUnderTest);

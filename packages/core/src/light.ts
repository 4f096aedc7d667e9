/** What a program that has to start fast can load in no time: nothing in here reaches zod or yaml. */
export * from "./config/dotenv.ts";
export * from "./config/entry.ts";
export * from "./did-you-mean.ts";
export * from "./diff/diff-lines.ts";
export { isEmptyDiff } from "./diff/release-diff.ts";
export * from "./errors.ts";
export * from "./names.ts";
export * from "./overrides-text.ts";
export * from "./parse-units.ts";
export * from "./people.ts";
export { drillOutcomeText, probeText, summariseDrill } from "./drill.ts";
export { baseOf } from "./artifact.ts";
export * from "./scale-text.ts";
export * from "./size-text.ts";
export { defaultCluster } from "./cluster.ts";
export { shortImage } from "./image-name.ts";
export * from "./span-bounds.ts";

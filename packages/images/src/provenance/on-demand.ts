import type { attachProvenance as attach } from "./attach.ts";
import type { verifyImage as verify } from "./verify/verify-image.ts";

// What makes and checks provenance is loaded with its first use: it takes longer than all else that a server loads.

/** See `attachProvenance` of attach.ts. */
export const attachProvenance: typeof attach = async (...args) =>
  (await import("./attach.ts")).attachProvenance(...args);

/** See `verifyImage` of verify/verify-image.ts. */
export const verifyImage: typeof verify = async (...args) =>
  (await import("./verify/verify-image.ts")).verifyImage(...args);

import type { startKubernetesRuntime as start } from "./driver/runtime.ts";
import type { readImageFacts as readFacts } from "./image-facts.ts";
import type { renderPortable as render } from "./render-portable.ts";
import type { renderYaml as yaml } from "./yaml.ts";

// What speaks to a cluster is loaded with its first use: an installation without one needs none of it.

/** See `startKubernetesRuntime` of driver/runtime.ts. */
export const startKubernetesRuntime: typeof start = async (...args) =>
  (await import("./driver/runtime.ts")).startKubernetesRuntime(...args);

/** See `readImageFacts` of image-facts.ts. */
export const readImageFacts: typeof readFacts = async (...args) =>
  (await import("./image-facts.ts")).readImageFacts(...args);

/** See `renderPortable` of render-portable.ts. */
export const renderPortable = async (...args: Parameters<typeof render>): Promise<string> =>
  (await import("./render-portable.ts")).renderPortable(...args);

/** See `renderYaml` of yaml.ts. */
export const renderYaml = async (...args: Parameters<typeof yaml>): Promise<string> =>
  (await import("./yaml.ts")).renderYaml(...args);

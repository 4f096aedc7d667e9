import { commandFromText, ownCommand } from "@berth/core";
import { buildTimeoutMs, refuse, type Stack } from "../../stack.ts";

/** Nothing but a command: the source as it is, on a small Debian. Taken only where something says the command. */
export const plain: Stack = {
  name: "plain",
  reads: () => false,
  detect: () => null,
  command: (text) => commandFromText(text),
  plan(_, hints) {
    if (hints.commandFrom === null) {
      return refuse("The stack plain has no command of its own.", "berth.yaml", "Add `command:` to the service.");
    }
    const build = hints.build === null ? [] : [hints.build];
    return {
      ok: true,
      plan: {
        stack: "plain",
        findings: [{ what: ownCommand, from: hints.commandFrom }],
        base: { image: "docker.io/library/debian:bookworm-slim", digest: null },
        buildImage: build.length === 0 ? null : { image: "docker.io/library/debian:bookworm-slim", digest: null },
        dockerfile: null,
        tools: {},
        steps: build.map((text) => ({
          name: "build",
          layer: "app",
          inputs: "all",
          command: commandFromText(text),
          env: {},
          caches: [],
          network: true,
          timeoutMs: buildTimeoutMs,
        })),
        contents: { dependencies: [], app: hints.output === null ? "all" : [hints.output], support: [] },
        command: { argv: [] },
        env: {},
        programs: [],
        writable: [],
      },
    };
  },
};

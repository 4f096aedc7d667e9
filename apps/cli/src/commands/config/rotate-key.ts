import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Seals all values of the server with a new key. It goes on in the background, also after a restart, restarts no app, and the key before goes once nothing needs it. Where BERTH_CONFIG_KEY_COMMAND prints the keys, let it print the new one first. Needs the role owner.",
  arguments: {},
  options: { status: { about: "Only show which keys are in use" } },
  examples: [
    { line: "berth config rotate-key", about: "Such as once a year, or when a backup was lost" },
    { line: "berth config rotate-key --status", about: "Whether it is done" },
  ],
  async run({ options }, context) {
    const client = await context.client();
    const route = client.api["config-keys"];
    const rotation = await (await (options.status ? route.$get() : route.rotate.$post())).json();
    const { keyId, before } = rotation;
    const begun = options.status
      ? `The key ${keyId} seals`
      : `${context.terminal.style.green("✓")} The key ${keyId} seals from now on`;
    const left =
      before.length === 0 ? "all values have it." : `values of ${before.join(", ")} are sealed anew in the background.`;
    return { json: rotation, text: `${begun}; ${left}` };
  },
});

import { confirm } from "../confirm.ts";
import { defineCommand } from "../framework/command.ts";
import { count, table } from "../framework/output.ts";
import { usageError } from "../framework/usage-error.ts";

export const command = defineCommand({
  description:
    "What runs on the cluster as this installation's, and no release of this server has made: after an older backup was restored, or when the server was started with another data folder. Berth leaves it alone. With --unknown it is removed.",
  arguments: {},
  options: {
    unknown: { about: "Remove it, after a question" },
    yes: { about: "Do not ask", short: "y" },
  },
  examples: [
    { line: "berth prune", about: "What there is" },
    { line: "berth prune --unknown", about: "Remove it" },
  ],
  async run({ options }, context) {
    if (options.yes && !options.unknown) throw usageError("--yes goes with --unknown.", "berth prune --unknown --yes");
    const client = await context.client();
    const route = client.api.workloads.unknown;
    const { items } = await (await route.$get()).json();
    if (items.length === 0) return { json: { items }, text: "All that runs was made by a release." };
    const { terminal } = context;
    const rows = items.map(({ app, environment, service, workload, replicas }) => [
      app,
      environment,
      service,
      workload,
      String(replicas),
    ]);
    const shown = table(["APP", "ENVIRONMENT", "SERVICE", "WORKLOAD", "INSTANCES"], rows, terminal.style);
    if (!options.unknown) {
      const next = "No release has made this: berth prune --unknown removes it.";
      return { json: { items }, text: `${shown}\n\n${next}` };
    }
    if (!options.yes) {
      if (!terminal.canAsk)
        throw usageError("Removing what runs needs a yes.", "Add --yes to go on without being asked.");
      terminal.say(shown);
      if (!(await confirm(context, `Remove ${count(items.length, "workload")}, with what runs of them?`)))
        return { json: { items: [] }, text: "Nothing was removed" };
    }
    const json = { workloads: items.map(({ workload }) => workload) };
    const removed = await (await route.remove.$post({ json })).json();
    return { json: removed, text: `${terminal.style.green("✓")} Removed ${count(removed.items.length, "workload")}` };
  },
});

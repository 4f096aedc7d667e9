import { setTimeout as sleep } from "node:timers/promises";
import { confirmByName } from "../confirm.ts";
import { defineCommand } from "../framework/command.ts";
import { clusterOptions } from "../install/cluster-options.ts";

export const command = defineCommand({
  description:
    "Removes what berth install put on a cluster, and nothing else. It asks first. The volume with all state stays, and another berth install takes it up again; --delete-data removes it, too. Apps go on running: they are the cluster's, but without routers nobody reaches them.",
  arguments: {},
  isOfCluster: true,
  options: {
    ...clusterOptions,
    "delete-data": { about: "Remove the volume with all state, too" },
    yes: { about: "Do not ask", short: "y" },
  },
  examples: [
    { line: "berth uninstall", about: "Keeps the state" },
    { line: "berth uninstall --delete-data --yes", about: "For scripts: removes all of it" },
  ],
  async run({ options }, context) {
    const { terminal, settings, signal } = context;
    const [{ openNamedCluster }, { planUninstall, removeObjects }] = await Promise.all([
      import("../install/open-cluster.ts"),
      import("../install/uninstall.ts"),
    ]);
    const namespace = options.namespace ?? "berth-system";
    const deleteData = options["delete-data"];
    const cluster = await openNamedCluster(options.context, settings);
    try {
      const { remove, kept, apps } = await planUninstall(cluster, { namespace, deleteData }, signal);
      const what = `This removes Berth from ${namespace} on ${cluster.name}: ${remove.length} objects${deleteData ? ", with its volume and all state" : ""}.`;
      await confirmByName(context, { what, name: namespace, yes: options.yes });
      await removeObjects(cluster, remove, {
        now: () => context.now(),
        sleep: (ms, until) => sleep(ms, undefined, { signal: until }),
        signal,
      });
      // Without these it would be another installation's.
      const given = (["context", "namespace"] as const)
        .map((name) => (options[name] === undefined ? "" : ` --${name} ${options[name]}`))
        .join("");
      const lines = [
        `✓ Removed Berth from ${namespace}`,
        ...kept.map((line) => `  kept: ${line}`),
        ...(kept.length === 0 || deleteData ? [] : [`  To remove that, too: berth uninstall${given} --delete-data`]),
        ...(apps.length === 0
          ? []
          : [
              `  ${apps.length} ${apps.length === 1 ? "environment goes" : "environments go"} on running, unreached: ${apps.slice(0, 5).join(", ")}${apps.length > 5 ? ", …" : ""}`,
              `  To remove an environment: kubectl delete namespace ${apps[0]}`,
            ]),
      ];
      if (remove.length > 0 && !context.json) terminal.say(`removed  ${remove.length} objects`);
      return { json: { removed: remove.length, kept, apps }, text: lines.join("\n") };
    } finally {
      await cluster.close();
    }
  },
});

import type { Command, Entry } from "./framework/command.ts";
import type { Section } from "./framework/help.ts";

/** Every command. Loading one loads nothing of the others. */
export const entries: readonly Entry[] = [
  entry("deploy", "Deploy the folder as it is, committed or not", () => import("./commands/deploy.ts")),
  entry("plan", "See how the folder would be built and started", () => import("./commands/plan.ts")),
  entry("rollback", "Go back to an earlier release", () => import("./commands/rollback.ts")),
  entry("scale", "Change how many instances run", () => import("./commands/scale.ts")),
  entry("move", "Move an environment to another cluster", () => import("./commands/move.ts")),
  entry("releases", "List releases", () => import("./commands/releases/list.ts"), "releases list"),
  entry(
    "releases show",
    "See what a release consists of and how it was made",
    () => import("./commands/releases/show.ts"),
  ),
  entry("verify", "Check that a release is what its provenance says", () => import("./commands/verify.ts")),
  entry("status", "See what is live and what runs", () => import("./commands/status.ts")),
  entry("logs", "Read what the services print", () => import("./commands/logs.ts")),
  entry("drift", "See what was changed by hand and put back", () => import("./commands/drift.ts")),
  entry("manifests", "Print what is live as Kubernetes objects", () => import("./commands/manifests.ts")),
  entry("open", "Open the app in a browser", () => import("./commands/open.ts")),
  entry("link", "Connect this repository with an app", () => import("./commands/link.ts")),
  entry("apps list", "List apps", () => import("./commands/apps/list.ts")),
  entry("apps create", "Create an app", () => import("./commands/apps/create.ts")),
  entry("apps delete", "Delete an app and all it runs", () => import("./commands/apps/delete.ts")),
  entry("destroy", "Delete the app of this folder", () => import("./commands/destroy.ts")),
  entry("environments list", "List an app's environments", () => import("./commands/environments/list.ts"), "env list"),
  entry(
    "environments delete",
    "Delete an environment and all it runs",
    () => import("./commands/environments/delete.ts"),
    "env delete",
  ),
  entry("clusters list", "List clusters", () => import("./commands/clusters/list.ts"), "clusters"),
  entry("clusters add", "Register a cluster", () => import("./commands/clusters/add.ts")),
  entry("clusters delete", "Forget a cluster", () => import("./commands/clusters/delete.ts")),
  entry(
    "images list",
    "List images and what they take on the disk",
    () => import("./commands/images/list.ts"),
    "images",
  ),
  entry("images prune", "Remove images that nothing needs", () => import("./commands/images/prune.ts")),
  entry("bases list", "List the images that apps are built on", () => import("./commands/bases/list.ts"), "bases"),
  entry("bases update", "Move apps to newer base images", () => import("./commands/bases/update.ts")),
  entry("rebuild", "Build what is live again", () => import("./commands/rebuild.ts")),
  entry("operations list", "List deploys, rollbacks and removals", () => import("./commands/operations/list.ts")),
  entry("operations show", "See an operation's timeline", () => import("./commands/operations/show.ts")),
  entry("audit", "See who changed what", () => import("./commands/audit.ts")),
  entry("login", "Log in to a server with a token", () => import("./commands/login.ts")),
  entry("logout", "Forget the token for a server", () => import("./commands/logout.ts")),
  entry("whoami", "See who you are at the server", () => import("./commands/whoami.ts")),
  entry("tokens list", "List tokens", () => import("./commands/tokens/list.ts")),
  entry("tokens create", "Create a token for a person or a machine", () => import("./commands/tokens/create.ts")),
  entry("tokens delete", "Delete a token", () => import("./commands/tokens/delete.ts")),
  entry("completion", "Print a script that completes commands in your shell", () => import("./commands/completion.ts")),
  entry("version", "Print the version", () => import("./commands/version.ts")),
];

/** How the overview groups them, by first word. */
export const sections: readonly Section[] = [
  {
    title: "Ship",
    names: [
      "deploy",
      "plan",
      "rollback",
      "scale",
      "move",
      "releases",
      "verify",
      "status",
      "logs",
      "drift",
      "manifests",
      "open",
    ],
  },
  { title: "Apps", names: ["link", "apps", "destroy", "environments"] },
  { title: "Clusters", names: ["clusters"] },
  { title: "Images", names: ["images", "bases", "rebuild"] },
  { title: "History", names: ["operations", "audit"] },
  { title: "Access", names: ["login", "logout", "whoami", "tokens"] },
  { title: "Else", names: ["completion", "version"] },
];

function entry(name: string, summary: string, load: () => Promise<{ command: Command }>, ...aliases: string[]): Entry {
  return { name, aliases, summary, load: async () => (await load()).command };
}

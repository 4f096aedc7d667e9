import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { neededRights } from "../../packages/runtimes/src/index.ts";
import { startBerth } from "../support/berth.ts";
import { makeAccount } from "../support/cluster-account.ts";
import { hasCluster, openTestCluster } from "../support/cluster.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasCluster();

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-start-"));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** What a server says that does not start. */
async function refusal(env: Record<string, string>): Promise<string> {
  const started = startBerth({ BERTH_RUNTIME: "kubernetes", BERTH_HOME: makeFolder(), ...env });
  return started.then(
    async (berth) => {
      await berth.stop();
      return "it has started";
    },
    (error: unknown) => String(error),
  );
}

describeWith("a cluster", isThere, reason, () => {
  it("a server says that its cluster does not answer", async () => {
    const kubeconfig = join(makeFolder(), "kubeconfig");
    const text = readFileSync(process.env["KUBECONFIG"] ?? "", "utf8");
    writeFileSync(kubeconfig, text.replace(/server: [^,}\n]+/, "server: https://127.0.0.1:9"));
    const said = await refusal({ KUBECONFIG: kubeconfig });
    expect(said).toContain("error: The cluster at 127.0.0.1:9 does not answer: nothing listens there.");
    expect(said).toContain("hint:  See that it runs");
  });

  it("a server says that nothing tells it which cluster is meant, and which context there is none of", async () => {
    const said = await refusal({ KUBECONFIG: "", HOME: makeFolder() });
    expect(said).toContain("Apps are to run on a cluster, and nothing says on which.");
    expect(await refusal({ BERTH_CONTEXT: "elsewhere" })).toContain("The kubeconfig has no context elsewhere");
  });

  it("a server names the rights that its account lacks", async () => {
    const cluster = await openTestCluster();
    const some = neededRights.filter(({ verb, resource }) => resource !== "deployments" || verb === "get");
    const account = await makeAccount(cluster, `berth-test-${process.pid}`, some);
    onTestFinished(async () => {
      await account.remove();
      await cluster.close();
    });
    const said = await refusal({ KUBECONFIG: account.kubeconfig });
    expect(said).toContain("lacks rights");
    expect(said).toContain("deployments.apps: list, watch, create, patch, delete");
    expect(said).not.toContain("services:");
  });
});

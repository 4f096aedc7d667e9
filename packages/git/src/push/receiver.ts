import { type Actor, BerthError, checkEnvironmentName, type Log, toBerthError } from "@berth/core";
import type { CommandResult, Tell } from "../hook/channel.ts";
import { plainLine } from "../progress/plain-text.ts";
import { deployBranch, type PushDeps } from "./branch.ts";
import { type Command, targetOf } from "./commands.ts";
import { isRefName } from "./ref-name.ts";
import { removeBranch } from "./remove-branch.ts";
import { deployWorkingTree } from "./working-tree.ts";

const maxReasonLength = 200;

/** What one push asks for one ref, and whom to tell. */
export interface Push {
  app: string;
  actor: Actor;
  command: Command;
  tell: Tell;
}

export interface ReceiveDeps extends PushDeps {
  log: Log;
}

/** Carries out the commands of one push, one after the other, each with a result of its own. Never rejects. */
export type Receive = (
  app: string,
  actor: Actor,
  commands: readonly Command[],
  tell: Tell,
) => Promise<readonly CommandResult[]>;

export function makeReceive(deps: ReceiveDeps): Receive {
  return async (app, actor, commands, tell) => {
    const results: CommandResult[] = [];
    for (const command of commands) {
      const reason = await carryOut(deps, { app, actor, command, tell }).catch((error: unknown) => {
        const told = toBerthError(error);
        if (told.status >= 500) deps.log.error({ err: error, app, ref: command.ref }, "a push failed unexpectedly");
        tell(plainLine(`error: ${told.message}`));
        for (const line of told.details) tell(plainLine(`       ${line}`));
        if (told.hint !== undefined) tell(plainLine(`hint: ${told.hint}`));
        return told.message;
      });
      results.push({ ref: command.ref, reason: reason === null ? null : plainLine(reason).slice(0, maxReasonLength) });
    }
    return results;
  };
}

/** Null when it was done, or why not. */
async function carryOut(deps: PushDeps, push: Push): Promise<string | null> {
  const { ref, newOid } = push.command;
  // Git's own words: it leaves it to the hook to look at names.
  if (!isRefName(ref)) return "funny refname";
  const target = targetOf(ref);
  if (target.kind === "branch") {
    return newOid === null ? removeBranch(deps, push, target.branch) : deployBranch(deps, push, target.branch, newOid);
  }
  if (target.kind === "working-tree" && newOid !== null) {
    return deployWorkingTree(deps, push, target.environment, newOid);
  }
  if (target.kind === "source" && newOid !== null) {
    checkEnvironmentName(push.app, target.environment);
    await deps.refs.keep(push.app, ref, newOid);
    return null;
  }
  throw new BerthError("input.invalid", `Berth does not take ${ref}.`, {
    path: ref,
    hint: "Push branches to deploy them; tags are kept as they are.",
  });
}

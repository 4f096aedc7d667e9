import { setTimeout as sleep } from "node:timers/promises";
import { type BerthError, toBerthError } from "@berth/core/errors";
import type { Context } from "../context.ts";
import { errorText } from "../edge/report-error.ts";
import { makeChanges } from "./changes.ts";
import { liveText, notLiveText, watchingText } from "./deploy-view.ts";
import { followLogs, type LogFollower } from "./follow-logs.ts";
import type { Sender, Sent } from "./sender.ts";
import { showDeploy } from "./show-deploy.ts";
import { watchFolder } from "./watch-folder.ts";

/** What does not answer is asked again after this time. */
const retryMs = 2_000;
/** A file that goes while it is read may be read anew so often before that is told. */
const quietRetries = 3;

/** What is the same at the next save. */
const isFinal = ({ code }: BerthError) => /^(auth|app)\.|^input\.invalid$/.test(code);

interface State {
  /** How many times the folder was sent. */
  newest: number;
  environment: string | null;
  live: number | null;
  logs: LogFollower | null;
  /** How often nothing could be sent since it last could. */
  failures: number;
}

/** Deploys a folder now and whenever it changes, with the services' logs, until Ctrl-C. Resolves with the environment; null: none was made. */
export async function runSession(
  context: Context,
  sender: Sender,
  options: { isRemoved: boolean },
): Promise<string | null> {
  const { terminal, json } = context;
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const following = { terminal, json, signal };
  const say = (text: string) => (json ? undefined : terminal.say(text));
  const changes = makeChanges({
    now: context.now,
    sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
  });
  const showing = new Set<Promise<void>>();
  const state: State = { newest: 0, environment: null, live: null, logs: null, failures: 0 };

  const watched = await watchFolder({
    folder: sender.folder,
    leftOut: () => sender.leftOut(),
    onChange: (path) => changes.add(path),
    onTooMany: () => say(tooMany),
  });

  async function show({ operation: begun, files }: Sent, since: number): Promise<void> {
    const mine = state.newest;
    const isFirst = state.live === null;
    const isSuperseded = () => state.newest !== mine;
    const shown = await showDeploy(following, sender.client, begun, { isTold: isFirst, isSuperseded });
    if (shown === null) return;
    const { operation, events } = shown;
    if (json) terminal.print(JSON.stringify({ operation }));
    if (operation.state === "succeeded") {
      const tookMs = context.now() - since;
      say(liveText(operation, { files: await files(), events, tookMs }, terminal.style));
      if (isFirst) say(`  ${operation.url}`);
      state.live = operation.version;
      state.logs ??= followLogs(following, sender.client, operation, () => (state.logs = null));
      return;
    }
    say(notLiveText(operation, state.live, terminal.style));
  }

  async function look(): Promise<Sent | null> {
    await sender.check();
    // Before git looks, so that what comes after that is told.
    await watched.follow();
    return await sender.send();
  }

  /** Tells why nothing was sent, and tries again where that helps. Throws what is the same at the next save. */
  function failed(thrown: unknown): void {
    if (signal.aborted) return;
    const error = toBerthError(thrown);
    if (isFinal(error)) throw error;
    state.failures += 1;
    const isAway = error.code === "server.unreachable";
    const isTold = isAway ? state.failures === 1 : state.failures > quietRetries || error.code !== "git.failed";
    if (isTold) tell(error);
    if (!isAway && error.code !== "git.failed") return;
    setTimeout(() => changes.add(sender.folder), isAway || isTold ? retryMs : 0).unref();
  }

  function tell(error: unknown): void {
    if (!signal.aborted) say(errorText(toBerthError(error), terminal.style.isOn));
  }

  try {
    say(watchingText(sender.folder, watched.count(), options));
    changes.add(sender.folder);
    for (;;) {
      const settled = await changes.next(signal);
      if (settled === null) return state.environment;
      const sent = await look().catch(failed);
      if (sent === undefined) continue;
      state.failures = 0;
      if (sent === null) {
        watched.outdate();
        continue;
      }
      state.newest += 1;
      state.environment = sent.operation.environment;
      const shown: Promise<void> = show(sent, settled.since)
        .catch(tell)
        .finally(() => showing.delete(shown));
      showing.add(shown);
    }
  } finally {
    watched.close();
    over.abort();
    await Promise.allSettled(showing);
    await state.logs?.ended;
    await sender.close();
  }
}

const tooMany = `There are more folders than this machine watches (fs.inotify.max_user_watches): it is looked every ${retryMs / 1000} s instead.`;

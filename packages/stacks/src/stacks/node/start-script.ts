import type { Framework, Outcome } from "./framework.ts";
import type { Manifest } from "./manifest.ts";
import { scriptText } from "./scripts.ts";

export interface StartScript {
  text: string;
  /** The script's place, for findings. */
  from: string;
  /** Whether it serves for development only, so that the framework's outcome is what to run. */
  onlyDevelops: boolean;
}

/** The start script, or the one for production beside one that only develops; null where there is none. */
export function findStartScript(
  manifest: Manifest,
  framework: Framework | null,
  outcome: Outcome | null,
): StartScript | null {
  const scripts = ["start", "start:prod", "start:production", "serve:prod"].flatMap((name): StartScript[] => {
    const text = scriptText(manifest, name);
    if (text === undefined) return [];
    return [{ text, from: `package.json scripts.${name}`, onlyDevelops: onlyDevelops(text, framework, outcome) }];
  });
  const script = scripts.find((each) => !each.onlyDevelops) ?? scripts[0] ?? null;
  // Without another way to start, a watcher that starts the program is better than nothing.
  return script !== null && framework === null ? { ...script, onlyDevelops: false } : script;
}

function onlyDevelops(text: string, framework: Framework | null, outcome: Outcome | null): boolean {
  const last = text.split(/&&|;/).at(-1) ?? text;
  const program = last.trim().replace(/^(?:npx |cross-env |[A-Za-z_]\w*=\S* )+/, "");
  if (/^(nest start|nodemon|ts-node-dev|tsx watch|node --watch)\b/.test(program)) return true;
  if (framework === null) return false;
  // A server for what the build rendered has nothing to serve where the build leaves files only.
  const servesNothing = outcome?.kind === "site" && /^(next start|react-router-serve|remix-serve)\b/.test(program);
  return servesNothing || framework.lies.test(program);
}

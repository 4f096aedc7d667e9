import { ownCommand, type Command, type Finding, type TreeView } from "@berth/core";
import { refuse, type Hints } from "../../stack.ts";
import type { PlanProblem } from "@berth/core";
import type { Gems } from "./gems.ts";
import { isRails } from "./rails.ts";

export interface RubyStart {
  command: Command;
  findings: Finding[];
}

export type RubyStartResult = { ok: true; start: RubyStart } | { ok: false; problem: PlanProblem };

const host = "0.0.0.0";

/** Servers of Rack applications, those first that are taken where several are among the gems. Each takes config.ru by itself. */
const servers: readonly { gem: string; argv: readonly string[] }[] = [
  { gem: "puma", argv: ["puma", "-b", `tcp://${host}:$PORT`] },
  { gem: "falcon", argv: ["falcon", "serve", "--bind", `http://${host}:$PORT`] },
  { gem: "unicorn", argv: ["unicorn", "-l", `${host}:$PORT`] },
  { gem: "passenger", argv: ["passenger", "start", "-a", host, "-p", "$PORT"] },
  { gem: "iodine", argv: ["iodine", "-b", host, "-p", "$PORT"] },
  { gem: "thin", argv: ["thin", "start", "-a", host, "-p", "$PORT", "-R", "config.ru"] },
];
const rackup = ["rackup", "-o", host, "-p", "$PORT", "-E", "production"];

/** Decides how the project starts, by the first of these: what berth.yaml or a Procfile says, Rails, config.ru, a Sinatra program, a file that is a program. */
export function findStart(tree: TreeView, gems: Gems, hints: Hints): RubyStartResult {
  if (hints.commandFrom !== null) return started([], { what: ownCommand, from: hints.commandFrom });
  const server = servers.find(({ gem }) => gems.versions.has(gem));
  const rails = isRails(tree, gems);
  if (rails || tree.has("config.ru")) {
    const from = rails ? "config/application.rb" : "config.ru";
    const what = rails ? "Rails" : "Rack";
    if (server !== undefined) return started([...server.argv], { what: `${what} served by ${server.gem}`, from });
    if (rails)
      return started(["rails", "server", "-b", host, "-p", "$PORT"], { what: "Rails by its own server", from });
    const brings = gems.versions.has("rackup") || /^[12]\./.test(gems.versions.get("rack") ?? "");
    if (brings || gems.versions.has("webrick"))
      return started(rackup, { what: "Rack served by rackup; puma takes more requests at once", from });
    return refuse(
      "There is config.ru, but no server among the gems.",
      gems.file,
      "Run `bundle add puma`, and push again.",
    );
  }
  return fromFile(tree, gems);
}

function fromFile(tree: TreeView, gems: Gems): RubyStartResult {
  const named = ["app", "main", "server", "web", "bot", "application", "run"].map((name) => `${name}.rb`);
  const rest = tree.paths.filter((path) => /^[\w-]+\.rb$/.test(path) && path !== "gems.rb");
  const files = [...named.filter((path) => tree.has(path)), ...rest];
  const sinatra = files.find((path) => /^\s*require ["']sinatra["']/m.test(tree.read(path) ?? ""));
  if (sinatra !== undefined && gems.versions.has("sinatra")) {
    const argv = ["ruby", sinatra, "-o", host, "-p", "$PORT", "-e", "production"];
    return started(argv, { what: `Sinatra: ${sinatra}`, from: sinatra });
  }
  const file = named.find((path) => tree.has(path));
  if (file !== undefined)
    return started(["ruby", file], { what: `starts ${file}; it has to listen on PORT`, from: file });
  return refuse(
    `${gems.file} says Ruby, but nothing here says how to start: there is no config.ru, no Rails and no app.rb.`,
    gems.file,
    "Add a config.ru, or say it in berth.yaml, such as `command: bundle exec ruby serve.rb`, or in a Procfile.",
  );
}

function started(argv: string[], finding: Finding): RubyStartResult {
  const command = { argv: argv.length === 0 ? [] : ["bundle", "exec", ...argv] };
  return { ok: true, start: { command, findings: [finding] } };
}

import { machineTools } from "../../host/tools/machine-tools.ts";

/** Prints for each tool that is there one line: its name, a tab, the first line of what it says of its version. */
export const probeScript = `
say() { name=$1; shift; command -v "$1" >/dev/null 2>&1 || return 0; printf '%s\\t%s\\n' "$name" "$("$@" 2>&1 | tr '\\n' ' ')"; }
say node node --version
say node-abi node -p process.versions.modules
say npm npm --version
say pnpm pnpm --version
say yarn yarn --version
say bun bun --version
say deno deno --version
say python python3 --version
say uv uv --version
say poetry poetry --version
say pipenv pipenv --version
say go go version
say rust rustc --version
say java javac -version
say maven mvn --version
say gradle gradle --version
say ruby ruby --version
say php php --version
say composer composer --version --no-ansi
say elixir elixir --version
say erlang erl -noshell -eval 'io:format("~s.0~n", [erlang:system_info(otp_release)]), halt().'
say dotnet dotnet --version
`;

/** The versions in what the script has printed, by tool. */
export function readProbe(lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of lines) {
    const [tool = "", text = ""] = line.split("\t", 2);
    const pattern = tool === "python" ? /(\d+(?:\.\d+)+)/ : (machineTools[tool]?.pattern ?? /(\d+(?:\.\d+)*)/);
    const version = pattern.exec(text)?.[1];
    if (version !== undefined) found[tool] = version;
  }
  return found;
}

import type { Fit } from "./version-range.ts";

/** How a tool is found on a machine, and used from there. */
export interface MachineTool {
  /** As a person knows it. */
  name: string;
  /** Programs by which it may be there, the likeliest first; `{version}` stands for the version asked for. */
  programs: readonly string[];
  /** Folders with further versions: `*` stands for any name, `~` for the home folder. */
  folders: readonly string[];
  /** Those come before PATH: what is there by this name chooses a version by itself, in ways that a clean environment lacks. */
  foldersFirst: boolean;
  /** What makes the program print its version, and where in that it is. */
  probe: readonly string[];
  pattern: RegExp;
  fit: Fit;
  /** Commands that lead to the program itself. */
  commands: readonly string[];
  /** Programs that lie beside it and belong to it. */
  beside: readonly string[];
  /** Variables by which others find it: `{home}` stands for the folder above that of the program. */
  env: Readonly<Record<string, string>>;
  /** What of its version its compiled extensions are tied to. */
  abi: ((version: string) => string) | null;
}

const plain = {
  folders: [],
  foldersFirst: false,
  probe: ["--version"],
  pattern: /(\d+(?:\.\d+)+)/,
  beside: [],
  env: {},
  abi: null,
};
const twoParts = (version: string) => version.split(".").slice(0, 2).join(".");

/** The tools that no registry brings to a machine: they are expected there, in a version that fits. */
export const machineTools: Readonly<Record<string, MachineTool>> = {
  python: {
    ...plain,
    name: "Python",
    programs: ["python{version}", "python3", "python"],
    folders: ["~/.pyenv/versions/*/bin", "~/.local/share/uv/python/*/bin", "/opt/python/*/bin"],
    // Where it really is: what is found in PATH may be a shim that asks the folder it is called in.
    probe: ["-c", "import sys; print(sys.version.split()[0], sys.executable)"],
    fit: "same",
    commands: ["python", "python3"],
    beside: ["pip", "pip3"],
    abi: (version) => `cp${version.split(".").slice(0, 2).join("")}`,
  },
  go: {
    ...plain,
    name: "Go",
    programs: ["go"],
    folders: ["/usr/local/go/bin", "~/sdk/*/bin", "~/go/bin"],
    probe: ["version"],
    pattern: /go(\d+(?:\.\d+)+)/,
    fit: "newer",
    commands: ["go"],
    beside: ["gofmt"],
  },
  rust: {
    ...plain,
    name: "Rust",
    programs: ["rustc"],
    folders: ["~/.rustup/toolchains/*/bin", "~/.cargo/bin"],
    foldersFirst: true,
    pattern: /rustc (\d+(?:\.\d+)+)/,
    fit: "newer",
    commands: ["rustc"],
    beside: ["cargo", "rustdoc", "rustfmt"],
  },
  java: {
    ...plain,
    name: "JDK",
    programs: ["javac"],
    folders: ["/usr/lib/jvm/*/bin", "/opt/java/*/bin", "~/.sdkman/candidates/java/*/bin"],
    pattern: /javac (\d+(?:\.\d+)*)/,
    fit: "same",
    commands: ["javac"],
    beside: ["java", "jar", "jlink", "jdeps"],
    env: { JAVA_HOME: "{home}" },
  },
  maven: {
    ...plain,
    name: "Maven",
    programs: ["mvn"],
    folders: ["/opt/maven/bin", "~/.sdkman/candidates/maven/*/bin"],
    pattern: /Maven (\d+(?:\.\d+)+)/,
    fit: "newer",
    commands: ["mvn"],
  },
  gradle: {
    ...plain,
    name: "Gradle",
    programs: ["gradle"],
    folders: ["/opt/gradle/bin", "~/.sdkman/candidates/gradle/*/bin"],
    pattern: /Gradle (\d+(?:\.\d+)+)/,
    fit: "same",
    commands: ["gradle"],
  },
  ruby: {
    ...plain,
    name: "Ruby",
    programs: ["ruby", "ruby{version}"],
    folders: ["~/.rbenv/versions/*/bin", "~/.rubies/*/bin", "/opt/rubies/*/bin"],
    pattern: /ruby (\d+(?:\.\d+)+)/,
    fit: "same",
    commands: ["ruby"],
    beside: ["gem", "bundle", "bundler", "rake", "irb"],
    abi: twoParts,
  },
  php: {
    ...plain,
    name: "PHP",
    programs: ["php", "php{version}"],
    pattern: /PHP (\d+(?:\.\d+)+)/,
    fit: "same",
    commands: ["php"],
  },
  composer: {
    ...plain,
    name: "Composer",
    programs: ["composer"],
    probe: ["--version", "--no-ansi"],
    pattern: /Composer (?:version )?(\d+(?:\.\d+)+)/,
    fit: "newer",
    commands: ["composer"],
  },
  erlang: {
    ...plain,
    name: "Erlang",
    programs: ["erl"],
    probe: ["-noshell", "-eval", 'io:format("~s.0~n", [erlang:system_info(otp_release)]), halt().'],
    fit: "same",
    commands: ["erl"],
    beside: ["erlc", "escript"],
  },
  elixir: {
    ...plain,
    name: "Elixir",
    programs: ["elixir"],
    pattern: /Elixir (\d+(?:\.\d+)+)/,
    fit: "same",
    commands: ["elixir"],
    beside: ["mix", "iex", "elixirc"],
  },
  dotnet: {
    ...plain,
    name: ".NET SDK",
    programs: ["dotnet"],
    folders: ["/usr/share/dotnet", "/usr/lib/dotnet", "~/.dotnet"],
    fit: "same",
    commands: ["dotnet"],
  },
};

import { describe, expect, it } from "vitest";
import { argvBeside, commandFromText, commandText, makeArgv } from "./command.ts";

describe("commandFromText", () => {
  it.each([
    ["node server.js", ["node", "server.js"]],
    ["  node   'my server.js' ", ["node", "my server.js"]],
    [`node -e "console.log"`, ["node", "-e", "console.log"]],
    ["serve -p $PORT --name=${BERTH_APP}", ["serve", "-p", "$PORT", "--name=${BERTH_APP}"]],
    [`say ""`, ["say", ""]],
  ])("reads %j as words", (text, argv) => {
    expect(commandFromText(text)).toEqual({ argv });
  });

  it.each([
    "a && b",
    "a | b",
    "cat *.txt",
    "echo $(date)",
    "A=1 node x",
    "echo 'unclosed",
    "echo '$PORT'",
    "${PORT:-80}",
    "~/bin/x",
    "a > b",
  ])("leaves %j to a shell", (text) => {
    expect(commandFromText(text)).toEqual({ shell: text });
  });

  it("of words and back is the same", () => {
    const command = commandFromText(`node "a b.js" --x`);
    expect(commandFromText(commandText(command))).toEqual(command);
  });
});

describe("makeArgv", () => {
  it("fills variables in, and nothing where there is none", () => {
    expect(makeArgv({ argv: ["serve", "$PORT", "${NONE}x"] }, { PORT: "80" })).toEqual(["serve", "80", "x"]);
  });

  it("does not split what a variable holds", () => {
    expect(makeArgv({ argv: ["say", "$TEXT"] }, { TEXT: "a b; rm -rf /" })).toEqual(["say", "a b; rm -rf /"]);
  });

  it("hands text to the instance's shell as it is", () => {
    expect(makeArgv({ shell: "a | b" }, {})).toEqual(["sh", "-c", "a | b"]);
  });
});

it.each<[Parameters<typeof argvBeside>[0], string[]]>([
  [{ argv: ["node", "length.js", "a b"] }, ["node", "length.js", "a b"]],
  [{ shell: "a | b" }, ["sh", "-c", "a | b"]],
  [
    { argv: ["tell", "$QUEUE", "${QUEUE}x", 'a "$1` \\'] },
    ["sh", "-c", 'exec "tell" "$QUEUE" "${QUEUE}x" "a \\"\\$1\\` \\\\"'],
  ],
])("beside an instance %j is started as %j", (command, argv) => {
  expect(argvBeside(command)).toEqual(argv);
});

import { completionScript, shells } from "../completion/scripts.ts";
import { defineCommand } from "../framework/command.ts";

export const command = defineCommand({
  description: "It completes commands and options, and the names of apps, environments, services and releases.",
  arguments: { shell: { about: "Your shell", required: true, choices: shells } },
  options: {},
  examples: [
    { line: 'eval "$(berth completion bash)"', about: "In ~/.bashrc" },
    { line: 'eval "$(berth completion zsh)"', about: "In ~/.zshrc, after compinit" },
    { line: "berth completion fish > ~/.config/fish/completions/berth.fish", about: "Once" },
  ],
  async run({ args }) {
    const script = await completionScript(args.shell);
    return { json: { script }, text: script };
  },
});

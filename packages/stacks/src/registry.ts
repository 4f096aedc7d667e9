import type { Stack } from "./stack.ts";
import { deno } from "./stacks/deno/stack.ts";
import { dockerfile } from "./stacks/dockerfile/stack.ts";
import { dotnet } from "./stacks/dotnet/stack.ts";
import { elixir } from "./stacks/elixir/stack.ts";
import { go } from "./stacks/go/stack.ts";
import { java } from "./stacks/java/stack.ts";
import { node } from "./stacks/node/stack.ts";
import { php } from "./stacks/php/stack.ts";
import { plain } from "./stacks/plain/stack.ts";
import { python } from "./stacks/python/stack.ts";
import { rust } from "./stacks/rust/stack.ts";
import { ruby } from "./stacks/ruby/stack.ts";
import { staticFiles } from "./stacks/static/stack.ts";

/** All stacks; the first that fits is taken. A language whose projects use Node only to build assets stands before `node`. */
export const stacks: readonly Stack[] = [
  dockerfile,
  go,
  rust,
  java,
  elixir,
  dotnet,
  python,
  ruby,
  php,
  deno,
  node,
  staticFiles,
  plain,
];

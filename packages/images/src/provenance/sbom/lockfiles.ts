import type { Lockfile } from "./lockfile.ts";
import { bundlerLockfile } from "./lockfiles/bundler.ts";
import { bunLockfile } from "./lockfiles/bun.ts";
import { cargoLockfile } from "./lockfiles/cargo.ts";
import { composerLockfile } from "./lockfiles/composer.ts";
import { denoLockfile } from "./lockfiles/deno.ts";
import { goModule } from "./lockfiles/go.ts";
import { gradleLockfile } from "./lockfiles/gradle.ts";
import { mavenProject } from "./lockfiles/maven.ts";
import { mixLockfile } from "./lockfiles/mix.ts";
import { npmLockfile, npmShrinkwrap } from "./lockfiles/npm.ts";
import { nugetLockfile } from "./lockfiles/nuget.ts";
import { pnpmLockfile } from "./lockfiles/pnpm.ts";
import { pipenvLockfile } from "./lockfiles/pipenv.ts";
import { poetryLockfile } from "./lockfiles/poetry.ts";
import { requirementsFile } from "./lockfiles/requirements.ts";
import { uvLockfile } from "./lockfiles/uv.ts";
import { yarnLockfile } from "./lockfiles/yarn.ts";

/** Every kind of lockfile there is. */
export const lockfiles: readonly Lockfile[] = [
  npmLockfile,
  npmShrinkwrap,
  pnpmLockfile,
  yarnLockfile,
  bunLockfile,
  requirementsFile,
  uvLockfile,
  poetryLockfile,
  pipenvLockfile,
  goModule,
  cargoLockfile,
  gradleLockfile,
  mavenProject,
  bundlerLockfile,
  composerLockfile,
  denoLockfile,
  mixLockfile,
  nugetLockfile,
];

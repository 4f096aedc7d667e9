import { checkEnvironmentName, production } from "@berth/core/light";
import type { Context } from "./context.ts";

export interface Scope {
  app: string;
  environment: string;
}

/** The app that is meant and the environment of `--env`. Throws `input.invalid`. */
export async function scopeOf(context: Context, env: string | undefined): Promise<Scope> {
  const environment = env ?? production;
  const app = await context.app();
  checkEnvironmentName(app, environment);
  return { app, environment };
}

/** `shop`, or `shop (staging)`. */
export function scopeText({ app, environment }: Scope): string {
  return environment === production ? app : `${app} (${environment})`;
}

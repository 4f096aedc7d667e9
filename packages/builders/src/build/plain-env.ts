/** What every step sees, whatever runs it: quiet package managers, and output that does not depend on when and where it is made. */
export const plainEnv: Readonly<Record<string, string>> = {
  LANG: "C.UTF-8",
  CI: "1",
  npm_config_update_notifier: "false",
  npm_config_fund: "false",
  npm_config_audit: "false",
  npm_config_logs_max: "0",
  COREPACK_ENABLE_STRICT: "0",
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  NEXT_TELEMETRY_DISABLED: "1",
  ASTRO_TELEMETRY_DISABLED: "1",
  NUXT_TELEMETRY_DISABLED: "1",
  DOTNET_CLI_TELEMETRY_OPTOUT: "1",
  DOTNET_NOLOGO: "1",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
  PIP_ROOT_USER_ACTION: "ignore",
  PIP_NO_INPUT: "1",
  // Compiled Python contains the path and the time of its source, which are others in the image.
  // (pip takes "no" for this one as yes: it sets the option that `--no-compile` turns off.)
  PIP_NO_COMPILE: "0",
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONUNBUFFERED: "1",
  POETRY_NO_INTERACTION: "1",
  PIPENV_NOSPIN: "1",
  COMPOSER_NO_INTERACTION: "1",
  COMPOSER_ALLOW_SUPERUSER: "1",
  CARGO_TERM_COLOR: "never",
  // Tools that stamp what they make with a time take this one (reproducible-builds.org): 1980, the first that a zip archive can hold.
  SOURCE_DATE_EPOCH: "315532800",
};

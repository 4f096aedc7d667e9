/** Variables that say how packages are reached from this machine: proxies, whom to trust, and the addresses of registries. */
const names: ReadonlySet<string> = new Set([
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "BUN_CONFIG_REGISTRY",
  "COREPACK_NPM_REGISTRY",
  "JSR_URL",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "PIP_INDEX_URL",
  "PIP_EXTRA_INDEX_URL",
  "PIP_TRUSTED_HOST",
  "PIP_FIND_LINKS",
  "PIP_NO_INDEX",
  "PIP_CERT",
  "PIP_DEFAULT_TIMEOUT",
  "PIP_RETRIES",
  "PIPENV_PYPI_MIRROR",
  "UV_INDEX",
  "UV_INDEX_URL",
  "UV_DEFAULT_INDEX",
  "UV_EXTRA_INDEX_URL",
  "UV_FIND_LINKS",
  "UV_INSECURE_HOST",
  "UV_NATIVE_TLS",
  "UV_SYSTEM_CERTS",
  "UV_HTTP_TIMEOUT",
  "GOPROXY",
  "GONOPROXY",
  "GOSUMDB",
  "GONOSUMDB",
  "GOPRIVATE",
  "GOINSECURE",
  "GOFLAGS",
  "GOVCS",
  "RUSTUP_DIST_SERVER",
  "HEX_MIRROR",
  "HEX_CDN",
  "HEX_CACERTS_PATH",
]);

/** Groups of variables of which an operator may have any. npm sets many of its own for what it starts, such as Berth itself: those are left out. */
const groups = [
  /^npm_config_((@[\w.-]+:)?registry|proxy|https_proxy|noproxy|cafile|ca|strict_ssl|fetch_\w+|maxsockets)$/i,
  /^YARN_(NPM_REGISTRY_SERVER|REGISTRY|HTTPS?_PROXY|HTTP_TIMEOUT|ENABLE_STRICT_SSL)$/,
  /^CARGO_(REGISTRIES_\w+_INDEX|REGISTRY_DEFAULT|NET_\w+|HTTP_\w+)$/,
  /^POETRY_REPOSITORIES_\w+_URL$/,
  /^BUNDLE_MIRROR__/,
];
const login = /(TOKEN|PASSWORD|PASSWD|SECRET|USERNAME|_AUTH|CREDENTIAL|_KEY|APIKEY)/i;

/** The variables among these that builds may see. Logins are not: a build gets those that it names in berth.yaml. */
export function registryVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found = Object.entries(env).flatMap(([name, value]) => {
    const isPassedOn = names.has(name) || (groups.some((group) => group.test(name)) && !login.test(name));
    return value === undefined || !isPassedOn ? [] : [[name, withoutLogins(value)]];
  });
  return Object.fromEntries(found);
}

/** A text without the logins that addresses in it may hold: `https://user:password@host/`. */
export function withoutLogins(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, "$1");
}

/** The settings of Go among these lines of its own file (`go env -w`), as variables. */
export function goVariables(file: string): Record<string, string> {
  const lines = file.split("\n").map((line) => /^(GO[A-Z]+)=(.*)$/.exec(line.trim()));
  return registryVariables(Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1]!, line[2]!]]))));
}

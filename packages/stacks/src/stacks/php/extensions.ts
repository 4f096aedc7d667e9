import type { Finding } from "@berth/core";
import type { Composer } from "./composer.ts";

/** Extensions that PHP's official images have, and those that are part of every PHP. */
const there = new Set(
  "core ctype curl date dom fileinfo filter ftp hash iconv json libxml mbstring mysqlnd openssl pcre pdo pdo_sqlite phar posix random readline reflection session simplexml sodium spl sqlite3 standard tokenizer xml xmlreader xmlwriter zend-opcache opcache zlib".split(
    " ",
  ),
);

/** A word on extensions that the base lacks: packages name them, but no step can add them to an image. */
export function extensionFindings({ extensions }: Composer, base: string): Finding[] {
  const missing = extensions.filter((name) => !there.has(name));
  if (missing.length === 0) return [];
  const names = missing.map((name) => `ext-${name}`).join(", ");
  return [{ what: `${names}: not in ${base}; name a base that has it with \`base:\``, from: "composer.json" }];
}

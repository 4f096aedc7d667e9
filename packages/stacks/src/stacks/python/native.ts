import type { Finding } from "@berth/core";
import type { Dependencies } from "./project.ts";

/** Packages that are compiled against a library, or load one, which slim images do not have; and the one to take instead, or what to do. */
const needs: readonly [string, string][] = [
  ["psycopg2", "psycopg2 is compiled against libpq, which the image lacks: psycopg2-binary brings its own"],
  ["mysqlclient", "mysqlclient needs MySQL's client library, which the image lacks: PyMySQL needs none"],
  ["pylibmc", "pylibmc needs libmemcached, which the image lacks: pymemcache needs none"],
  ["weasyprint", "WeasyPrint needs pango, which the image lacks: name a base that has it with `base:`"],
  ["python-ldap", "python-ldap needs OpenLDAP's library, which the image lacks: ldap3 needs none"],
  ["pdf2image", "pdf2image calls poppler's programs, which the image lacks: name a base that has them with `base:`"],
  ["pydub", "pydub calls ffmpeg, which the image lacks: name a base that has it with `base:`"],
];

/** What to expect of dependencies that need more than Python. */
export function nativeFindings({ direct }: Dependencies, from: string): Finding[] {
  const psycopg = direct.get("psycopg");
  const bare = psycopg !== undefined && !psycopg.has("binary");
  return [
    ...(bare
      ? [
          {
            what: "psycopg loads libpq, which the image lacks: psycopg[binary] brings its own",
            from,
          },
        ]
      : []),
    ...needs.filter(([name]) => direct.has(name)).map(([, what]) => ({ what, from })),
  ];
}

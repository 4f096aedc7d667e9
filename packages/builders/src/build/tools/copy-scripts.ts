/**
 * Copies aside, and gives the result its name when it is whole. Node links npm to a folder beside its own. What musl's Node needs of C++
 * comes along: images that have no Node lack that, too.
 */
export const copyScripts: Record<string, string> = {
  node: `
set -e; final=$1
[ -e "$final/.whole" ] && exit 0
node=$(command -v node); top=\${node%/bin/node}
draft=$(mktemp -d "$final.XXXXXX"); chmod 755 "$draft"; mkdir -p "$draft/bin" "$draft/lib"
cp "$node" "$draft/bin/node"; cp -P "$top/bin/npm" "$top/bin/npx" "$draft/bin/"; cp -R "$top/lib/node_modules" "$draft/lib/"
if ls /lib/ld-musl-* >/dev/null 2>&1; then
  mkdir "$draft/musl"; cp -L /usr/lib/libstdc++.so.6 /usr/lib/libgcc_s.so.1 "$draft/musl/"; mv "$draft/bin/node" "$draft/musl/node"
  printf '#!/bin/sh\\nexport LD_LIBRARY_PATH=%s\\nexec %s "$@"\\n' "$final/musl" "$final/musl/node" > "$draft/bin/node"; chmod 755 "$draft/bin/node"
fi
touch "$draft/.whole"
mv -T "$draft" "$final" 2>/dev/null || { rm -rf "$draft"; [ -e "$final/.whole" ]; }
`,
};

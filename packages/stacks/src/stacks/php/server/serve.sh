#!/bin/sh
# Serves a PHP application: `serve.sh <public folder>`, relative to the folder it is started in, on PORT.
# With Apache and its PHP module where they are (the image php:<version>-apache), else with PHP's own server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PHP_ROOT=$(cd "$1" && pwd)
PHP_WORKERS=${PHP_WORKERS:-16}
export PHP_ROOT PHP_WORKERS

# As root it would want a user of its own, which may not read what is here.
module=
for file in /etc/apache2/mods-enabled/php*.load; do
  if [ -e "$file" ]; then module=$file; fi
done
if [ -n "$module" ] && [ "$(id -u)" -ne 0 ] && command -v apache2 >/dev/null; then
  PHP_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/php-XXXXXX")
  export PHP_SCRATCH
  exec apache2 -f "$here/apache.conf" -DFOREGROUND
fi

# PHP's own server takes one request after the other: as many processes as are to be answered at once.
PHP_CLI_SERVER_WORKERS=${PHP_CLI_SERVER_WORKERS:-4}
export PHP_CLI_SERVER_WORKERS
exec php -q -d display_errors=0 -d log_errors=1 -d expose_php=0 \
  -d upload_max_filesize=32M -d post_max_size=33M -S "0.0.0.0:$PORT" -t "$PHP_ROOT" "$here/router.php"

#!/bin/bash
# Starts PostgreSQL; on the first start makes its data first.
#   POSTGRES_USER (postgres), POSTGRES_PASSWORD (needed on the first start), POSTGRES_DB (like the user); PGDATA: a folder inside a volume
# Arguments are given to the server.
set -euo pipefail
umask 0077

say() { printf 'entrypoint: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

settings=/usr/local/share/proven-postgres
volume=$(dirname "$PGDATA")
making="$PGDATA.init"
major=$(postgres --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')

# Everything happens beside the final place, which gets its name last, in one step. So what bears the name is complete, and what doesn't
# has never held anybody's data and may go.
initialise() {
  [ -n "${POSTGRES_PASSWORD:-}" ] || fail "POSTGRES_PASSWORD is not set: it is needed to make the database"
  export POSTGRES_USER="${POSTGRES_USER:-postgres}" POSTGRES_PASSWORD
  export POSTGRES_DB="${POSTGRES_DB:-$POSTGRES_USER}"
  if [ -e "$making" ]; then
    say "removing what an interrupted first start left"
    rm -rf -- "$making"
  fi
  say "making a new database cluster in $PGDATA"
  # the builtin locale sorts the same in every base image, so an index never breaks by a change of the C library
  initdb --pgdata="$making" --username=postgres --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8 \
    --auth-local=peer --auth-host=scram-sha-256 --data-checksums --no-instructions >/dev/null
  local private
  private=$(mktemp -d /tmp/initialise.XXXXXX)
  pg_ctl --pgdata="$making" --silent --wait --timeout=120 start \
    --options="-c config_file=$settings/postgresql.conf -c listen_addresses='' -c unix_socket_directories=$private" >&2
  PGHOST=$private psql --no-psqlrc --quiet --username=postgres --dbname=postgres --file="$settings/initialise.sql" >&2
  pg_ctl --pgdata="$making" --silent --wait --mode=fast stop >&2
  rmdir "$private"
  if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
  sync "$volume"
  mv --no-target-directory "$making" "$PGDATA"
  sync "$volume"
}

# As process 1, bash would ignore these; what is half made is removed at the next start.
trap 'say "interrupted"; exit 130' INT TERM

[ -w "$volume" ] || fail "$volume is not writable for user $(id -u): mount a volume there (in a pod, set fsGroup)"
if [ ! -e "$PGDATA" ] || [ -z "$(ls -A "$PGDATA")" ]; then
  initialise
elif [ ! -s "$PGDATA/PG_VERSION" ]; then
  fail "$PGDATA is neither empty nor a database cluster: not touching it"
fi

found=$(cat "$PGDATA/PG_VERSION")
[ "$found" = "$major" ] || fail "$PGDATA was made by PostgreSQL $found, and this is $major: upgrade it (pg_upgrade, or dump and restore)"
chmod 0700 "$PGDATA" # fsGroup may have opened it, and the server refuses that
unset POSTGRES_PASSWORD
exec postgres -D "$PGDATA" -c config_file="$settings/postgresql.conf" "$@"

# shellcheck shell=bash
# shellcheck disable=SC2154 # home, port and bin are set by ops/services
# PostgreSQL: the system's package on a private data folder.
#
# initdb and pg_ctl refuse root, so root hands them to the user `postgres`;
# anybody else runs them as themselves. fsync stays on, so that measured times
# mean something, unless CARDLINE_SERVICES_FSYNC=off: tests kill our processes
# and the server, never the machine, and what the server wrote survives that.

# PGHOST, PGDATA, PGPORT and the like would point our calls at another server.
# shellcheck disable=SC2086
unset ${!PG@}

as_postgres() {
  if ((EUID == 0)); then
    (cd / && exec runuser -u postgres -- "$@") </dev/null 9>&-
  else
    (cd / && exec "$@") </dev/null 9>&-
  fi
}

# Sets bin to the folder of initdb. False: there is none.
find_initdb() {
  local found
  found=$(command -v initdb || true)
  if [[ -z $found ]]; then
    found=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 || true)
  fi
  [[ -n $found ]] || return 1
  bin=$(dirname "$(readlink -f "$found")")
}

install_postgres() {
  # The package creates a cluster `main` unless told otherwise. postgresql-common
  # goes first, because it brings the folder that is read for such settings; ours
  # is gone again afterwards.
  local setting=/etc/postgresql-common/createcluster.d/cardline-ops.conf
  install "initdb (looked in PATH and /usr/lib/postgresql/*/bin)" postgresql-common
  if [[ ! -e $setting ]]; then
    only_while_installing+=("$setting")
    mkdir -p "${setting%/*}"
    printf 'create_main_cluster = false\n' >"$setting"
  fi
  install initdb postgresql
  find_initdb || die "the package postgresql is installed, but there is no initdb in PATH or /usr/lib/postgresql/*/bin"
}

postgres_programs() {
  local program
  find_initdb || install_postgres
  # Tests start one of their own between a worker and the server. Debian keeps it where only root looks.
  [[ -x /usr/sbin/pgbouncer ]] || command -v pgbouncer >/dev/null || install pgbouncer pgbouncer
  for program in pg_ctl postgres pg_isready createdb; do
    [[ -x $bin/$program ]] || die "$program is missing beside $bin/initdb: install PostgreSQL's server and client programs"
  done
  ((EUID == 0)) || return 0
  id -u postgres >/dev/null 2>&1 || die "the user postgres is missing: PostgreSQL refuses to run as root"
  command -v runuser >/dev/null || die "runuser is missing (package util-linux): needed to run PostgreSQL as the user postgres"
}

postgres_can_reach() { as_postgres test -x "$1"; }

postgres_prepare() {
  ((EUID != 0)) || chown postgres: "$home"
  as_postgres mkdir -m 700 "$home/socket"
  as_postgres "$bin/initdb" -D "$home/data" -U postgres --encoding=UTF8 --locale=C \
    --auth-local=trust --auth-host=trust >/dev/null || die "initdb failed; its message is above"
  cat >>"$home/data/postgresql.conf" <<CONF

# ops/services
listen_addresses = '127.0.0.1'
unix_socket_directories = '$home/socket'
shared_buffers = 1GB
max_wal_size = 4GB
checkpoint_timeout = 15min
fsync = ${CARDLINE_SERVICES_FSYNC:-on}
max_connections = 300
CONF
}

# The port is an argument of the launch.
postgres_configure() { :; }

postgres_launch() {
  ((EUID != 0)) || chown postgres: "$home/log"
  as_postgres "$bin/pg_ctl" start -s -w -t "$wait_seconds" -D "$home/data" -l "$home/log" -o "-p $port" >&2
}

postgres_answers() { "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U postgres -d postgres; }
postgres_ready() { "$bin/createdb" -h 127.0.0.1 -p "$port" -U postgres cardline; }
postgres_address() { printf 'CARDLINE_TEST_POSTGRES=postgres://postgres@127.0.0.1:%s/cardline\n' "$port"; }
postgres_pid_file() { printf '%s\n' "$home/data/postmaster.pid"; }
postgres_mark() { printf '%s\n' "$home/data"; }
# Clients are disconnected and data written; or at once.
postgres_signals() { echo INT QUIT; }

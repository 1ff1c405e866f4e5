# shellcheck shell=bash
# shellcheck disable=SC2154 # home, port and dir are set by ops/services
# An object store that speaks S3: versitygw over a folder, built by Go from its module.
#
# The program is kept in CARDLINE_CACHE (default: ~/.cache/cardline), so that only the
# first `up` of a machine builds it.

s3_version=1.8.0
s3_program=${CARDLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cardline}/versitygw-$s3_version/versitygw
s3_bucket=cardline

s3_programs() {
  [[ ! -x $s3_program ]] || return 0
  command -v go >/dev/null || install "go (1.24 or later)" golang-go
  local built
  mkdir -p "${s3_program%/*/*}"
  built=$(mktemp -d "${s3_program%/*}.XXXXXX")
  say "building versitygw $s3_version through Go's modules (107 MB, a minute, once)"
  GOBIN=$built GOFLAGS='-buildvcs=false -mod=mod' CGO_ENABLED=0 \
    go install -trimpath -ldflags='-s -w' "github.com/versity/versitygw/cmd/versitygw@v$s3_version" </dev/null >&2 9>&- ||
    { rm -rf "$built"; die "Go could not build versitygw; its message is above"; }
  # Another run may have been quicker; its program is the same.
  mv -T "$built" "${s3_program%/*}" 2>/dev/null || rm -rf "$built"
}

s3_can_reach() { :; }

s3_prepare() {
  mkdir -p "$home/data/$s3_bucket"
  head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$home/secret"
  chmod 600 "$home/secret"
}

s3_configure() { :; }

s3_launch() {
  (cd "$home" && ROOT_ACCESS_KEY=cardline ROOT_SECRET_KEY=$(<"$home/secret") \
    exec setsid "$s3_program" --quiet --keep-alive --port "127.0.0.1:$port" posix "$home/data") </dev/null >>"$home/log" 2>&1 9>&- &
  printf '%s\n' $! >"$home/pid"
}

s3_answers() { port_answers "$port"; }
s3_ready() { :; }
s3_address() { printf 'CARDLINE_TEST_S3=http://cardline@127.0.0.1:%s/%s?secret_key_file=%s\n' "$port" "$s3_bucket" "$home/secret"; }
s3_pid_file() { printf '%s\n' "$home/pid"; }
s3_mark() { printf '%s\n' "$home/data"; }
s3_signals() { echo TERM KILL; }

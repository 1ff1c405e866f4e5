# shellcheck shell=bash
# Packages that are missing: installed as root on Debian, otherwise named.

install_log='' only_while_installing=()

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$install_log" 2>&1 ||
    { tail -n 20 "$install_log" >&2; die "apt-get $1 failed; its last lines are above"; }
}

# install WHAT PACKAGE...: WHAT says what is missing and where it was looked for.
install() {
  local what=$1
  shift
  ((EUID == 0)) || die "$what is missing: install the package $*, or run this as root"
  command -v apt-get >/dev/null || die "$what is missing, and so is apt-get: install what Debian calls $*"
  say "$what is missing: installing $*"
  if [[ -z $install_log ]]; then
    install_log=$(mktemp)
    apt update
  fi
  # Packages start a server of their own unless this file says no.
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    only_while_installing+=(/usr/sbin/policy-rc.d)
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
  fi
  apt install -y --no-install-recommends "$@"
}

# Removes what installing needed.
end_install() {
  rm -f "${only_while_installing[@]}" ${install_log:+"$install_log"}
  install_log='' only_while_installing=()
}

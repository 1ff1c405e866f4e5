# shellcheck shell=bash
# shellcheck disable=SC2154 # home and port are set by ops/services
# OpenSSH: an SFTP server on a high port with host and user keys of its own.
#
# It lets in the user who runs it, with that key only, into the folder `files`,
# and does nothing but SFTP. The system's sshd and its keys are not touched.

sshd=/usr/sbin/sshd

sftp_programs() {
  local program
  [[ -x $sshd ]] || install "sshd (looked for $sshd)" openssh-server
  for program in ssh-keygen sftp; do
    command -v "$program" >/dev/null || install "$program" openssh-client
  done
  # sshd wants its empty folder; a start by the system makes it.
  ((EUID != 0)) || mkdir -p /run/sshd
}

sftp_can_reach() { :; }

sftp_prepare() {
  local key
  mkdir "$home/files"
  for key in host_key user_key; do
    ssh-keygen -q -t ed25519 -N '' -C cardline-test -f "$home/$key" </dev/null
  done
}

sftp_configure() {
  printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 "$home/host_key.pub")" >"$home/known_hosts"
  cat >"$home/sshd_config" <<CONF
ListenAddress 127.0.0.1
Port $port
HostKey $home/host_key
PidFile none
AuthorizedKeysFile $home/user_key.pub
StrictModes no
UsePAM no
AllowUsers $(id -un)
PermitRootLogin prohibit-password
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
DisableForwarding yes
PermitTTY no
MaxSessions 64
MaxStartups 64
Subsystem sftp internal-sftp -d $home/files
ForceCommand internal-sftp -d $home/files
CONF
}

sftp_launch() {
  (exec setsid "$sshd" -D -e -f "$home/sshd_config") </dev/null >>"$home/log" 2>&1 9>&- &
  printf '%s\n' $! >"$home/pid"
}

# A login and a listing.
sftp_answers() {
  echo ls | sftp -q -b - -P "$port" -i "$home/user_key" -o IdentitiesOnly=yes -o IdentityAgent=none -o ConnectTimeout=5 \
    -o UserKnownHostsFile="$home/known_hosts" -o StrictHostKeyChecking=yes "$(id -un)@127.0.0.1" >/dev/null 2>>"$home/log" 9>&-
}

sftp_ready() { :; }

sftp_address() {
  printf 'CARDLINE_TEST_SFTP=sftp://%s@127.0.0.1:%s%s?key=%s&known_hosts=%s\n' \
    "$(id -un)" "$port" "$home/files" "$home/user_key" "$home/known_hosts"
}

sftp_pid_file() { printf '%s\n' "$home/pid"; }
sftp_mark() { printf '%s\n' "$home/sshd_config"; }
sftp_signals() { echo TERM KILL; }

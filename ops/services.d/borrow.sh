# Sourced by what needs the services for a while: starts those that do not run, exports their addresses,
# and at the end stops those it started and no other.

borrowed=()

borrow_services() {
  local service address addresses
  for service in postgres kafka sftp s3; do
    ops/services status "$service" >/dev/null || borrowed+=("$service")
  done
  addresses=$(ops/services up)
  while IFS= read -r address; do
    export "${address?}"
  done <<<"$addresses"
}

return_services() {
  ((${#borrowed[@]} == 0)) || ops/services down "${borrowed[@]}"
}

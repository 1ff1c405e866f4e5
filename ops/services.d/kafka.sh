# shellcheck shell=bash
# shellcheck disable=SC2154 # home, port and here are set by ops/services
# Apache Kafka: one node in KRaft mode, broker and controller, from the broker's
# jars as Maven has them (ops/services.d/kafka/pom.xml).
#
# The jars are kept in CARDLINE_CACHE (default: ~/.cache/cardline), so that only
# the first `up` of a machine fetches them.

kafka_version=4.1.0
kafka_jars=${CARDLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cardline}/kafka-$kafka_version
kafka_heap=(-Xms256m -Xmx768m)

kafka_programs() {
  command -v openssl >/dev/null || install "openssl" openssl
  command -v java >/dev/null || install "java (17 or later)" default-jre-headless
  [[ ! -s $kafka_jars/kafka_2.13-$kafka_version.jar ]] || return 0
  command -v mvn >/dev/null || install "mvn" maven
  local fetched
  mkdir -p "${kafka_jars%/*}"
  fetched=$(mktemp -d "$kafka_jars.XXXXXX")
  say "fetching the jars of Kafka $kafka_version through Maven (43 MB, once)"
  mvn -B -q -Dstyle.color=never -f "$here/kafka/pom.xml" -Dkafka.version="$kafka_version" -DoutputDirectory="$fetched" -DincludeScope=runtime \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies </dev/null >&2 9>&- ||
    { rm -rf "$fetched"; die "Maven could not fetch the jars of Kafka; its message is above"; }
  # Another run may have been quicker; its jars are the same.
  mv -T "$fetched" "$kafka_jars" 2>/dev/null || rm -rf "$fetched"
}

kafka_can_reach() { :; }

kafka_prepare() {
  kafka_certify
  port=$(free_port)
  kafka_configure
  # Short-lived: the quick compiler alone, and little memory. No hyphen in the cluster's id: one that began
  # with it would be read as an option.
  java -XX:TieredStopAtLevel=1 -Xmx128m -cp "$kafka_jars/*" -Dlog4j2.configurationFile="file:$here/kafka/log4j2.properties" \
    kafka.tools.StorageTool format \
    --add-scram "SCRAM-SHA-512=[name=cardline,password=$(<"$home/tls/password")]" -t "$(head -c 16 /dev/urandom | base64 | tr '+/' 'PS' | head -c 22)" \
    -c "$home/server.properties" >"$home/log" 2>&1 </dev/null 9>&- ||
    { cat "$home/log" >&2; die "Kafka's folder could not be formatted; its message is above"; }
}

# A second listener lets nobody in without encryption and a password. Its certificate is
# for localhost, not for 127.0.0.1.
kafka_certify() {
  mkdir "$home/tls"
  (
    cd "$home/tls"
    head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >password
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
    printf 'subjectAltName=DNS:localhost\n' >names
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 30 -out server.crt
    cat server.key server.crt >server.pem
    chmod 600 password server.pem server.key ca.key
  ) >"$home/log" 2>&1 </dev/null || { cat "$home/log" >&2; die "Kafka's certificate could not be made; openssl's message is above"; }
}

# Topics are created by who needs them, so that a wrong name shows. What is
# deleted goes soon, so that tests of lost messages need not wait. On a machine
# that stands still for a while the broker is not taken for dead: it would have no
# leader until long after. Everybody may do everything, except what a test forbids
# on a topic of its own.
kafka_configure() {
  local controller tls
  controller=$(free_port)
  tls=$(free_port)
  cat >"$home/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,TLS://127.0.0.1:$tls,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port,TLS://localhost:$tls
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,TLS:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location=$home/tls/server.pem
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.tls.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_cardline="$(<"$home/tls/password")";
listener.name.tls.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs=$home/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=60000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
log.retention.ms=-1
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:nobody
allow.everyone.if.no.acl.found=true
log.segment.delete.delay.ms=1000
CONF
}

kafka_launch() {
  (cd "$home" && exec setsid java "${kafka_heap[@]}" -Djava.awt.headless=true \
    -Dlog4j2.configurationFile="file:$here/kafka/log4j2.properties" -cp "$kafka_jars/*" \
    kafka.Kafka "$home/server.properties") </dev/null >>"$home/log" 2>&1 9>&- &
  printf '%s\n' $! >"$home/pid"
}

# A request for the versions it speaks (key 18, version 0, correlation 1, no
# client); its answer repeats the correlation and has no error.
kafka_answers() {
  local answer
  answer=$({
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf '\0\0\0\012\0\022\0\0\0\0\0\01\377\377' >&3
    timeout 2 head -c 10 <&3 | od -An -tx1 -j4 | tr -d ' \n'
  } 2>/dev/null) || return 1
  [[ $answer == 000000010000 ]]
}

kafka_ready() { :; }
kafka_address() {
  local tls
  tls=$(sed -n 's|^listeners=.*TLS://127.0.0.1:\([0-9]*\).*|\1|p' "$home/server.properties")
  printf 'CARDLINE_TEST_KAFKA=127.0.0.1:%s\n' "$port"
  printf 'CARDLINE_TEST_KAFKA_TLS=kafka://cardline@localhost:%s?ca=%s&password_file=%s\n' "$tls" "$home/tls/ca.pem" "$home/tls/password"
}
kafka_pid_file() { printf '%s\n' "$home/pid"; }
kafka_mark() { printf '%s\n' "$home/server.properties"; }
kafka_signals() { echo TERM KILL; }

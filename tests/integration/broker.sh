#!/usr/bin/env bash
# Runs one Apache Kafka broker (KRaft, loopback) in the foreground, for tests and for trying things out:
#   tests/integration/broker.sh DIRECTORY [PORT [CONTROLLER_PORT [PROXIED_PORT ADVERTISED_PORT]]]
# DIRECTORY holds its data and log; an existing one is started again with what is in it. Who comes by PROXIED_PORT is told
# that the broker is at ADVERTISED_PORT, so that a proxy in between is not passed by. The jars come from Maven Central
# once and are kept.
#   VIGIA_KAFKA_VERSION  3.9.1 (default) or 4.1.0
#   VIGIA_KAFKA_JARS     where the jars are kept (default: ~/.cache/vigia/kafka-VERSION)
#   VIGIA_KAFKA_HEAP     512m
#   VIGIA_KAFKA_JAVA     options of the JVM; the default starts fast, for throughput set -XX:+UseParallelGC
#   VIGIA_KAFKA_ONLY_JARS=1 fetches the jars and ends
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=${VIGIA_KAFKA_VERSION:-3.9.1}
jars=${VIGIA_KAFKA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/vigia/kafka-$version}
only_jars=${VIGIA_KAFKA_ONLY_JARS:-}

fetch_jars() {
  local fresh log
  fresh=$(mktemp -d "$jars.XXXXXX")
  log=$(mktemp)
  echo "fetching Apache Kafka $version from Maven Central into $jars" >&2
  for attempt in 1 2 3; do
    if mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -Dkafka.version="$version" -DincludeScope=runtime \
      -DoutputDirectory="$fresh" >"$log" 2>&1; then
      touch "$fresh/complete"
      # Somebody else may have been faster.
      if [ ! -f "$jars/complete" ]; then rm -rf "$jars" && mv -T "$fresh" "$jars"; else rm -rf "$fresh"; fi
      rm -f "$log"
      return
    fi
    echo "attempt $attempt failed" >&2
  done
  cat "$log" >&2
  rm -rf "$fresh" "$log"
  exit 1
}

mkdir -p "$(dirname "$jars")"
[ -f "$jars/complete" ] || fetch_jars
[ -z "$only_jars" ] || exit 0

directory=${1:?usage: broker.sh DIRECTORY [PORT [CONTROLLER_PORT]]}
port=${2:-9092}
controller_port=${3:-$((port + 1))}
proxied_port=${4:-} advertised_port=${5:-}
proxied_listener='' proxied_advertised='' proxied_protocol=''
if [ -n "$proxied_port" ]; then
  proxied_listener=,PROXIED://127.0.0.1:$proxied_port
  proxied_advertised=,PROXIED://127.0.0.1:$advertised_port
  proxied_protocol=,PROXIED:PLAINTEXT
fi
# A long lease, since on a busy machine a broker may not get to its heartbeats for seconds, and without its lease it leads
# nothing. One that comes back must wait until its earlier lease has run out: there a short one.
session_ms=18000
[ ! -f "$directory/data/meta.properties" ] || session_ms=3000
mkdir -p "$directory"
cat >"$directory/server.properties" <<EOF
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port$proxied_listener
advertised.listeners=PLAINTEXT://127.0.0.1:$port$proxied_advertised
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$controller_port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT$proxied_protocol
log.dirs=$directory/data
num.partitions=1
num.network.threads=2
num.io.threads=2
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
# Tests wait for members and transactions to be given up.
group.min.session.timeout.ms=500
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
message.max.bytes=20971520
# Tests produce records of years ago, which a retention by time would delete at once.
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=4194304
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=$session_ms
EOF
# shellcheck disable=SC2206  # several options in one variable
java_options=(-Xmx"${VIGIA_KAFKA_HEAP:-512m}" ${VIGIA_KAFKA_JAVA:--XX:+UseSerialGC -XX:TieredStopAtLevel=1}
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true
  -cp "$jars/*")
if [ ! -f "$directory/data/meta.properties" ]; then
  java "${java_options[@]}" kafka.tools.StorageTool format --config "$directory/server.properties" \
    --cluster-id "vigia-test-broker-0001" --ignore-formatted >>"$directory/broker.log" 2>&1
fi
exec java "${java_options[@]}" kafka.Kafka "$directory/server.properties" >>"$directory/broker.log" 2>&1

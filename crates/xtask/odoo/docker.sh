#!/usr/bin/env bash
# A real Odoo 19 (Community, with demo data) on loopback, for tests: the official images. Same verbs as debian.sh:
#
#   docker.sh up | key [LOGIN] | reset | down
#
# ODOO_PORT (8169) and ODOO_DB (demo) say where.
set -euo pipefail

port=${ODOO_PORT:-8169}
db=${ODOO_DB:-demo}
modules=base,contacts,crm,sale_management,purchase,stock,project,hr,calendar
server=gatehouse-odoo
postgres=gatehouse-odoo-db
network=gatehouse-odoo

say() { echo "odoo: $*" >&2; }
die() { say "$*"; exit 1; }
exists() { docker container inspect "$1" >/dev/null 2>&1; }
sql() { docker exec "$postgres" psql -U odoo -d postgres -qAt -c "$1"; }
database_options() { printf '%s\n' --db_host "$postgres" --db_user odoo --db_password odoo; }
once() { docker run --rm -i --network "$network" -v gatehouse-odoo-data:/var/lib/odoo odoo:19 odoo "$@" $(database_options); }
answers() { curl -fsS -m 5 -o /dev/null "http://127.0.0.1:$port/web/version" 2>/dev/null; }

start_postgres() {
  docker network inspect "$network" >/dev/null 2>&1 || docker network create "$network" >/dev/null
  if exists "$postgres"; then
    docker start "$postgres" >/dev/null
  else
    docker run -d --name "$postgres" --network "$network" -e POSTGRES_USER=odoo -e POSTGRES_PASSWORD=odoo -e POSTGRES_DB=postgres \
      postgres:16 -c fsync=off >/dev/null
  fi
  for _ in $(seq 60); do
    docker exec "$postgres" pg_isready -q -h 127.0.0.1 -U odoo && return
    sleep 0.5
  done
  die "PostgreSQL did not start; see docker logs $postgres"
}

create_database() { # with an untouched twin, from which `reset` copies
  [ "$(sql "SELECT 1 FROM pg_database WHERE datname = '${db}_new'")" = 1 ] && return
  say "creating the database $db with demo data (two to three minutes)"
  sql "DROP DATABASE IF EXISTS $db WITH (FORCE)"
  once -d "$db" -i "$modules" --with-demo --stop-after-init --no-http --log-level=error >&2
  sql "CREATE DATABASE ${db}_new TEMPLATE $db"
}

start_server() {
  if exists "$server"; then
    docker start "$server" >/dev/null
  else
    docker run -d --name "$server" --network "$network" -p "127.0.0.1:$port:8069" -v gatehouse-odoo-data:/var/lib/odoo odoo:19 \
      odoo -d "$db" --db-filter "^$db\$" --max-cron-threads 0 $(database_options) >/dev/null
  fi
  for _ in $(seq 240); do
    answers && return
    sleep 0.5
  done
  die "Odoo does not answer on port $port; see docker logs $server"
}

make_key() {
  once shell -d "$db" --no-http --log-level=error 2>/dev/null <<PY | sed -n 's/^KEY //p'
from datetime import datetime, timedelta
user = env['res.users'].search([('login', '=', '$1')])
print("KEY", env['res.users.apikeys'].with_user(user)._generate('rpc', 'gatehouse', datetime.now() + timedelta(days=30)))
env.cr.commit()
PY
}

case ${1:-up} in
  up)
    start_postgres
    create_database
    start_server
    printf 'ODOO_URL=http://127.0.0.1:%s\nODOO_DB=%s\nODOO_LOGIN=admin\nODOO_PASSWORD=admin\n' "$port" "$db"
    ;;
  key) make_key "${2:-admin}" ;;
  reset)
    docker stop "$server" >/dev/null 2>&1 || true
    sql "DROP DATABASE IF EXISTS $db WITH (FORCE)"
    sql "CREATE DATABASE $db TEMPLATE ${db}_new"
    start_server
    ;;
  down) docker stop "$server" "$postgres" >/dev/null 2>&1 || true ;;
  *) die "usage: docker.sh up|key [LOGIN]|reset|down" ;;
esac

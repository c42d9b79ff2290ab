#!/usr/bin/env bash
# A real Odoo 19 (Community, with demo data) on loopback, for tests: Debian's own package, its Python libraries in a virtual
# environment, and a PostgreSQL of its own. Nothing of the machine's configuration is changed.
#
#   debian.sh up           prepares what is missing, starts it, prints URL, database and logins
#   debian.sh key [LOGIN]  prints a fresh API key of a user: admin (default) or demo
#   debian.sh reset        gives the database back as it was when new
#   debian.sh down         stops it
#
# ODOO_HOME (~/.cache/gatehouse-odoo), ODOO_PORT (8169), PG_PORT (5544) and ODOO_DB (demo) say where.
set -euo pipefail

home=${ODOO_HOME:-$HOME/.cache/gatehouse-odoo}
port=${ODOO_PORT:-8169}
pg_port=${PG_PORT:-5544}
db=${ODOO_DB:-demo}
modules=base,contacts,crm,sale_management,purchase,stock,project,hr,calendar

say() { echo "odoo: $*" >&2; }
die() { say "$*"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# --- what the machine must have -------------------------------------------------------------------------------------

install_missing() {
  local missing=()
  pg_bin >/dev/null || missing+=(postgresql)
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  command -v curl >/dev/null || missing+=(curl)
  [ -f /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null ||
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null; }
}

pg_bin() { # the folder of initdb and pg_ctl, which Debian keeps out of PATH
  local found
  found=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1)
  [ -n "$found" ] || found=$(command -v initdb || true)
  [ -n "$found" ] && dirname "$(readlink -f "$found")"
}

# --- Odoo and its libraries -----------------------------------------------------------------------------------------

fetch_odoo() { # read with lists of its own, so that the machine's sources stay as they are
  [ -d "$home/dist/odoo" ] && return
  say "fetching the odoo-19 package"
  local apt=$home/apt mirror options
  mkdir -p "$apt/lists/partial" "$apt/parts" "$apt/deb"
  mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} sid main" \
    >"$apt/sources.list"
  options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o "Dir::Etc::SourceParts=$apt/parts"
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt")
  apt-get "${options[@]}" update -qq
  # As root, apt would drop its rights to a user that cannot write here; it says so and downloads all the same.
  (cd "$apt/deb" && apt-get "${options[@]}" download odoo-19 >/dev/null 2>&1)
  dpkg -x "$apt"/deb/odoo-19_*.deb "$home/deb"
  ln -sfn "$home/deb/usr/lib/python3/dist-packages" "$home/dist"
}

install_libraries() {
  [ -f "$home/venv/complete" ] && return
  # An environment made by an earlier version of this script has no mark, but all it needs.
  if [ -x "$home/venv/bin/python" ] && run_odoo --version >/dev/null 2>&1; then touch "$home/venv/complete"; return; fi
  say "installing Odoo's Python libraries"
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" install -q --disable-pip-version-check \
    asn1crypto babel cbor2 chardet cryptography decorator docutils freezegun geoip2 gevent greenlet idna jinja2 libsass \
    'lxml<6' lxml-html-clean markupsafe num2words ofxparse openpyxl passlib pillow polib psutil psycopg2-binary pyopenssl \
    pypdf pyserial python-dateutil python-magic python-stdnum pytz pyusb qrcode reportlab requests rjsmin urllib3 vobject \
    'werkzeug<3.1' xlrd xlsxwriter xlwt zeep
  touch "$home/venv/complete"
}

run_odoo() { PYTHONPATH=$home/dist "$home/venv/bin/python" -m odoo "$@"; }

database_options() { # shared by every start of Odoo
  printf '%s\n' --db_host 127.0.0.1 --db_port "$pg_port" --db_user odoo --data-dir "$home/data"
}

# --- PostgreSQL -----------------------------------------------------------------------------------------------------

as_pg() { # PostgreSQL refuses to run as root
  if [ "$(id -u)" = 0 ]; then su gatehouse-pg -s /bin/sh -c "$*"; else sh -c "$*"; fi
}

start_postgres() {
  local bin
  bin=$(pg_bin)
  if [ ! -f "$home/pg/PG_VERSION" ]; then
    mkdir -p "$home/pg"
    if [ "$(id -u)" = 0 ]; then
      id gatehouse-pg >/dev/null 2>&1 || useradd --system gatehouse-pg
      chown gatehouse-pg "$home/pg"
      chmod o+x "$HOME" "$(dirname "$home")" "$home"
    fi
    as_pg "$bin/initdb -D $home/pg -U odoo --auth=trust -E UTF8 >/dev/null"
  elif [ "$(id -u)" = 0 ]; then
    id gatehouse-pg >/dev/null 2>&1 || useradd --system gatehouse-pg
  fi
  as_pg "$bin/pg_ctl -D $home/pg status >/dev/null 2>&1" && return
  as_pg "$bin/pg_ctl -w -D $home/pg -l $home/pg/log -o '-p $pg_port -k $home/pg -c listen_addresses=127.0.0.1 -c fsync=off' start >/dev/null" ||
    die "PostgreSQL did not start; see $home/pg/log"
}

sql() { "$(pg_bin)/psql" -h 127.0.0.1 -p "$pg_port" -U odoo -d postgres -qAt -c "$1"; }

# --- the database and the server ------------------------------------------------------------------------------------

create_database() { # with an untouched twin, from which `reset` copies
  [ "$(sql "SELECT 1 FROM pg_database WHERE datname = '${db}_new'")" = 1 ] && return
  say "creating the database $db with demo data (one to two minutes)"
  sql "DROP DATABASE IF EXISTS $db WITH (FORCE)"
  run_odoo -d "$db" -i "$modules" --with-demo --stop-after-init --no-http --log-level=error $(database_options) \
    >>"$home/init.log" 2>&1 || die "the database could not be made; see $home/init.log"
  sql "CREATE DATABASE ${db}_new TEMPLATE $db"
}

is_running() { [ -f "$home/pid" ] && kill -0 "$(cat "$home/pid")" 2>/dev/null && answers; }
answers() { curl -fsS -m 5 -o /dev/null "http://127.0.0.1:$port/web/version" 2>/dev/null; }

start_server() {
  is_running && return
  answers && die "something else answers on port $port"
  PYTHONPATH=$home/dist setsid nohup "$home/venv/bin/python" -m odoo -d "$db" --db-filter "^$db\$" $(database_options) \
    --http-interface 127.0.0.1 --http-port "$port" --max-cron-threads 0 >"$home/server.log" 2>&1 </dev/null &
  echo $! >"$home/pid"
  for _ in $(seq 240); do
    answers && return
    sleep 0.5
  done
  die "Odoo does not answer on port $port; see $home/server.log"
}

stop_server() {
  if [ -f "$home/pid" ] && kill "$(cat "$home/pid")" 2>/dev/null; then
    for _ in $(seq 50); do kill -0 "$(cat "$home/pid")" 2>/dev/null || break; sleep 0.2; done
  fi
  rm -f "$home/pid"
}

make_key() {
  run_odoo shell -d "$db" --no-http --log-level=error $(database_options) 2>/dev/null <<PY | sed -n 's/^KEY //p'
from datetime import datetime, timedelta
user = env['res.users'].search([('login', '=', '$1')])
print("KEY", env['res.users.apikeys'].with_user(user)._generate('rpc', 'gatehouse', datetime.now() + timedelta(days=30)))
env.cr.commit()
PY
}

case ${1:-up} in
  up)
    mkdir -p "$home"
    install_missing
    fetch_odoo
    start_postgres
    install_libraries
    create_database
    start_server
    printf 'ODOO_URL=http://127.0.0.1:%s\nODOO_DB=%s\nODOO_LOGIN=admin\nODOO_PASSWORD=admin\n' "$port" "$db"
    ;;
  key) make_key "${2:-admin}" ;;
  reset)
    stop_server
    sql "DROP DATABASE IF EXISTS $db WITH (FORCE)"
    sql "CREATE DATABASE $db TEMPLATE ${db}_new"
    start_server
    ;;
  down)
    stop_server
    as_pg "$(pg_bin)/pg_ctl -D $home/pg -m fast stop >/dev/null" || true
    ;;
  *) die "usage: debian.sh up|key [LOGIN]|reset|down" ;;
esac

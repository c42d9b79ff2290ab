# `rewrite.py DATABASE STATEMENTS`: what a shell does to the journal, so that its chain and its form are right afterwards:
# the triggers go, the statements run, every hash is made anew as the journal's form says it, and the triggers come back.
import hashlib, sqlite3, struct, sys
c = sqlite3.connect(sys.argv[1], timeout=10)
kept = c.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
for name, _ in kept:
    c.execute("DROP TRIGGER " + name)
c.executescript(sys.argv[2])
def made(label, *parts):
    h = hashlib.sha256()
    for part in (label.encode(), *parts):
        h.update(struct.pack('>Q', len(part)) + part)
    return h.digest()
previous = made('journal')
for seq, at, event, payload in c.execute('SELECT seq, at, event, payload_hash FROM journal ORDER BY seq').fetchall():
    hash = made('journal entry', struct.pack('>q', seq), struct.pack('>q', at), event.encode(), payload or b'', previous)
    c.execute('UPDATE journal SET previous = ?, hash = ? WHERE seq = ?', (previous, hash, seq))
    previous = hash
for _, sql in kept:
    c.execute(sql)
c.commit()

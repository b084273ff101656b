"""Other search engines over the documents and questions of bench/match.

    match_peers.py ENGINE FOLDER

Each indexes FOLDER/docs.txt, answers long.txt and short.txt with its first twenty by its own ranking,
and prints one line of JSON. Where an engine has no Chinese analyser, pairs of neighbouring characters
are written as words beforehand, which is what ours counts as well. Rates are by wall time with one
client, so run it pinned to one core. A list of questions is cut off after a minute.
"""
import json
import os
import re
import subprocess
import sys
import time

TOP = 20
SECONDS_MAX = 60
HAN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9]+")


def lines(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def pairs(text):
    """Neighbouring Chinese characters as words; Latin words as they are."""
    out = []
    for run in HAN.findall(text.lower()):
        if run[0] < "\u3400":
            out.append(run)
        else:
            out.extend(run[i:i + 2] for i in range(max(1, len(run) - 1)))
    return out


def asked(text, cut):
    """Each word of a question once, in order."""
    return list(dict.fromkeys(cut(text)))


def rate(folder, name, search):
    begun, count = time.monotonic(), 0
    for text in lines(folder, name):
        search(text)
        count += 1
        if time.monotonic() - begun > SECONDS_MAX:
            break
    return round(count / (time.monotonic() - begun), 2)


def size_mb(path):
    if os.path.isfile(path):
        return round(os.path.getsize(path) / 1e6)
    return round(sum(os.path.getsize(os.path.join(at, name))
                     for at, _, names in os.walk(path) for name in names) / 1e6)


def report(engine, build_s, mb, folder, search):
    print(json.dumps({"bench": "match", "engine": engine, "build_s": round(build_s, 1), "mb": mb,
                      "long_per_s": rate(folder, "long.txt", search),
                      "short_per_s": rate(folder, "short.txt", search)}))


def fts5(folder, trigram=False):
    import sqlite3
    path = os.path.join(folder, "trigram.db" if trigram else "fts5.db")
    db = sqlite3.connect(path)
    begun = time.monotonic()
    # Not contentless with detail=none: bm25() is 0 for all there, without a word.
    db.execute("CREATE VIRTUAL TABLE doc USING fts5(text, content=''%s)"
               % (", tokenize='trigram'" if trigram else ""))
    cut = (lambda text: [text]) if trigram else pairs
    db.executemany("INSERT INTO doc(text) VALUES (?)",
                   ((" ".join(cut(text)),) for text in lines(folder, "docs.txt")))
    db.execute("INSERT INTO doc(doc) VALUES ('optimize')")
    db.commit()
    build_s = time.monotonic() - begun
    threes = lambda text: [run[i:i + 3] for run in HAN.findall(text) for i in range(len(run) - 2)]

    def search(text):
        words = asked(text, threes if trigram else pairs)
        if words:
            query = " OR ".join('"%s"' % word for word in words)
            db.execute("SELECT rowid FROM doc WHERE doc MATCH ? ORDER BY rank LIMIT ?",
                       (query, TOP)).fetchall()
    report("fts5 trigram" if trigram else "fts5", build_s, size_mb(path), folder, search)


def xapian_engine(folder):
    import xapian
    path = os.path.join(folder, "xapian")
    begun = time.monotonic()
    db = xapian.WritableDatabase(path, xapian.DB_CREATE_OR_OPEN)
    for text in lines(folder, "docs.txt"):
        doc = xapian.Document()
        for word in pairs(text):
            doc.add_term(word)
        db.add_document(doc)
    db.commit()
    build_s = time.monotonic() - begun
    db = xapian.Database(path)

    def search(text):
        enquire = xapian.Enquire(db)
        enquire.set_query(xapian.Query(xapian.Query.OP_OR, asked(text, pairs)))
        return [hit.docid for hit in enquire.get_mset(0, TOP)]
    report("xapian", build_s, size_mb(path), folder, search)


def groonga(folder):
    path = os.path.join(folder, "groonga")
    os.mkdir(path)
    begun = time.monotonic()
    child = subprocess.Popen(["groonga", "-n", os.path.join(path, "db")], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def call(command):
        child.stdin.write(command + "\n")
        child.stdin.flush()
        return child.stdout.readline()
    call("table_create Doc TABLE_NO_KEY")
    call("column_create Doc text COLUMN_SCALAR LongText")
    load = open(os.path.join(folder, "groonga.json"), "w", encoding="utf-8")
    load.write("load --table Doc\n[\n")
    for number, text in enumerate(lines(folder, "docs.txt")):
        load.write("%s%s\n" % ("," if number else "", json.dumps({"text": text}, ensure_ascii=False)))
    load.write("]\n")
    load.close()
    child.stdin.close()
    child.wait()
    subprocess.run(["groonga", "--file", load.name, os.path.join(path, "db")], check=True,
                   stdout=subprocess.DEVNULL)
    child = subprocess.Popen(["groonga", os.path.join(path, "db")], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, encoding="utf-8")
    call("table_create Word TABLE_PAT_KEY ShortText --default_tokenizer TokenBigram "
         "--normalizer NormalizerAuto")
    call("column_create Word doc_text COLUMN_INDEX|WITH_POSITION Doc text")
    build_s = time.monotonic() - begun

    def search(text):
        query = " OR ".join(asked(text, pairs))
        return call('select Doc --match_columns text --query "%s" --output_columns _id,_score '
                    "--sort_keys -_score --limit %d" % (query, TOP))
    report("groonga", build_s, size_mb(path), folder, search)


def sphinx(folder):
    path = os.path.join(folder, "sphinx")
    os.mkdir(path)
    config = os.path.join(path, "sphinx.conf")
    source = os.path.join(path, "docs.tsv")
    with open(source, "w", encoding="utf-8") as file:
        for number, text in enumerate(lines(folder, "docs.txt"), 1):
            file.write("%d\t%s\n" % (number, " ".join(pairs(text))))
    with open(config, "w", encoding="utf-8") as file:
        file.write("""source doc
{
    type = tsvpipe
    tsvpipe_command = cat %(source)s
    tsvpipe_field = text
}
index doc
{
    source = doc
    path = %(path)s/doc
    docinfo = none
    charset_table = 0..9, A..Z->a..z, a..z, U+3400..U+9FFF
}
indexer
{
    mem_limit = 512M
}
searchd
{
    listen = %(path)s/sql:mysql41
    pid_file = %(path)s/pid
    log = %(path)s/log
    binlog_path =
    workers = threads
}
""" % {"source": source, "path": path})
    begun = time.monotonic()
    subprocess.run(["indexer", "--config", config, "doc"], check=True, stdout=subprocess.DEVNULL)
    build_s = time.monotonic() - begun
    os.remove(source)
    server = subprocess.Popen(["searchd", "--config", config, "--nodetach"],
                              stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if os.path.exists(os.path.join(path, "sql")):
                break
            time.sleep(0.05)
        client = subprocess.Popen(["mysql", "-N", "-n", "-f", "-S", os.path.join(path, "sql")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  encoding="utf-8")

        def search(text):
            words = " | ".join(asked(text, pairs))
            if not words:
                return
            client.stdin.write("SELECT id FROM doc WHERE MATCH('%s') LIMIT %d OPTION ranker=bm25, "
                               "max_matches=%d; SHOW META LIKE 'total_found';\n"
                               % (words, TOP, TOP))
            client.stdin.flush()
            while True:
                line = client.stdout.readline()
                if not line or line.startswith("total_found"):
                    return
        report("sphinx", build_s, size_mb(path), folder, search)
        client.stdin.close()
    finally:
        server.terminate()
        server.wait()


def postgresql(folder):
    import psycopg2
    db = psycopg2.connect(os.environ["TECHBOURSE_TEST_PG"])
    at = db.cursor()
    begun = time.monotonic()
    at.execute("CREATE TABLE doc (id SERIAL PRIMARY KEY, words TSVECTOR)")
    for text in lines(folder, "docs.txt"):
        at.execute("INSERT INTO doc (words) VALUES (to_tsvector('simple', %s))",
                   (" ".join(pairs(text)),))
    at.execute("CREATE INDEX doc_words ON doc USING gin (words)")
    db.commit()
    build_s = time.monotonic() - begun
    at.execute("SELECT pg_total_relation_size('doc')")
    mb = round(at.fetchone()[0] / 1e6)

    def search(text):
        at.execute("SELECT id FROM doc, to_tsquery('simple', %s) AS q WHERE words @@ q "
                   "ORDER BY ts_rank(words, q) DESC LIMIT %s",
                   (" | ".join(asked(text, pairs)), TOP))
        at.fetchall()
    report("postgresql", build_s, mb, folder, search)


def compare(folder):
    rows = [json.loads(line) for line in lines(folder, "figures.txt")]
    ours, peers = rows[0], rows[1:]
    best = lambda name, of: of(row[name] for row in peers)
    out = {"bench": "match", "docs": ours["docs"], "peers": [row["engine"] for row in peers]}
    if peers:
        out["long_ratio"] = round(ours["long_per_s"] / best("long_per_s", max), 1)
        out["long_batch_ratio"] = round(ours["long_batch_per_s"] / best("long_per_s", max), 1)
        out["short_ratio"] = round(ours["short_per_s"] / best("short_per_s", max), 1)
        out["build_ratio"] = round(ours["build_s"] / best("build_s", min), 2)
        out["targets"] = {"long_ratio": 90, "long_batch_ratio": 150, "short_ratio": 10,
                          "build_ratio": 0.5}
    print(json.dumps(out))


ENGINES = {"fts5": fts5, "trigram": lambda folder: fts5(folder, True), "xapian": xapian_engine,
           "groonga": groonga, "sphinx": sphinx, "postgresql": postgresql, "compare": compare}

if __name__ == "__main__":
    ENGINES[sys.argv[1]](sys.argv[2])

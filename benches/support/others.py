"""SQLite's FTS5 and Xapian as engines of the benches; engine.rs says how they are spoken to. Both have English stems and answer with
the ten best by BM25 of an OR over a question's words without stop words."""

import re
import sys
import time
from pathlib import Path


class Fts5:
    """Title, question and answers as three columns, with SQLite's own tokenizer and Porter stems; it has no stop words to leave out."""

    def __init__(self, texts, folder, stop_words):
        import sqlite3

        self.texts, self.stop_words = texts, stop_words
        folder.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(folder / "texts.db")
        self.database.execute("pragma journal_mode = off")
        self.database.execute("pragma synchronous = off")
        self.database.execute("pragma cache_size = -256000")
        self.database.execute("create virtual table if not exists threads using fts5(title, question, answers, tokenize = 'porter unicode61')")

    def index(self):
        with open(self.texts, encoding="utf-8") as lines, self.database:
            rows = (line.rstrip("\n").split("\t") for line in lines)
            self.database.executemany("insert into threads values (?, ?, ?)", rows)

    def ask(self, question):
        any_word = " OR ".join(f'"{word}"' for word in words(question, self.stop_words))
        self.database.execute("select rowid from threads where threads match ? order by rank limit 10", (any_word,)).fetchall()

    def documents(self):
        return 0


class Xapian:
    """All text in one field, stored beside it."""

    def __init__(self, texts, folder, stop_words):
        import xapian

        self.xapian, self.texts, self.stop_words = xapian, texts, stop_words
        self.database = xapian.WritableDatabase(str(folder), xapian.DB_CREATE_OR_OPEN)
        self.stemmer, self.stopper = xapian.Stem("english"), xapian.SimpleStopper()
        for word in stop_words:
            self.stopper.add(word)

    def index(self):
        generator = self.xapian.TermGenerator()
        generator.set_stemmer(self.stemmer)
        generator.set_stemming_strategy(generator.STEM_ALL)
        generator.set_stopper(self.stopper)
        with open(self.texts, encoding="utf-8") as lines:
            for line in lines:
                document = self.xapian.Document()
                document.set_data(line)
                generator.set_document(document)
                for text in line.rstrip("\n").split("\t"):
                    generator.index_text(text)
                    generator.increase_termpos()
                self.database.add_document(document)
        self.database.commit()

    def ask(self, question):
        terms = [self.stemmer(word) for word in words(question, self.stop_words)]
        self.best(self.xapian.Query(self.xapian.Query.OP_OR, terms))

    def best(self, query):
        enquire = self.xapian.Enquire(self.database)
        enquire.set_query(query)
        return enquire.get_mset(0, 10)

    def documents(self):
        return self.database.get_doccount()

    def relate(self, nth):
        """By the 25 terms that tell this document best from others, as many as the more-like-this of Lucene and tantivy take."""
        liked = self.xapian.RSet()
        liked.add_document(nth + 1)
        terms = self.xapian.Enquire(self.database)
        terms.set_query(self.xapian.Query(""))
        self.best(self.xapian.Query(self.xapian.Query.OP_OR, [term.term for term in terms.get_eset(25, liked)]))


def words(question, stop_words):
    return list(dict.fromkeys(word for word in re.findall(r"[^\W_]+", question.lower()) if word not in stop_words))


def say(seconds, jobs, work):
    until, said = time.monotonic() + float(seconds), []
    for job in jobs:
        started = time.perf_counter()
        work(job)
        said.append(f"{(time.perf_counter() - started) * 1e6:.1f}")
        if time.monotonic() > until:
            break
    print(*said, flush=True)


def main():
    kind, texts, folder, stop_words, _threads = sys.argv[1:]
    listed = Path(stop_words).read_text(encoding="utf-8").split("\n")
    try:
        engine = {"fts5": Fts5, "xapian": Xapian}[kind](texts, Path(folder), {word for word in listed if word and word[0] != "#"})
    except Exception as lacking:
        print(f"{type(lacking).__name__}: {lacking}", flush=True)
        return
    print("ready", flush=True)
    for order in sys.stdin:
        match order.rstrip("\n").split(" ", 3):
            case ["index"]:
                engine.index()
                print("done", flush=True)
            case ["ask", _form, seconds, file]:
                say(seconds, Path(file).read_text(encoding="utf-8").splitlines(), engine.ask)
            case ["relate", count, seconds]:
                step = max(1, engine.documents() // int(count))
                say(seconds, list(range(0, engine.documents(), step))[: int(count)], lambda nth: engine.relate(nth))


if __name__ == "__main__":
    main()

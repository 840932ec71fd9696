import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.lucene.analysis.*;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.util.CharTokenizer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.queries.mlt.MoreLikeThis;
import org.apache.lucene.search.*;
import org.apache.lucene.store.FSDirectory;

/**
 * Lucene as an engine of the benches (engine.rs says how it is spoken to): title, question and answers as three stored fields, in lower
 * case, without the same stop words, as English Snowball stems. BM25 with Lucene's defaults, one thread, no query cache.
 */
public final class Lucene {
    static final String[] FIELDS = {"title", "question", "answers"};

    final Path texts;
    final Path folder;
    final int threads;
    final Analyzer analyzer;
    IndexReader reader;
    IndexSearcher searcher;

    Lucene(String[] args) throws IOException {
        texts = Path.of(args[0]);
        folder = Path.of(args[1]);
        threads = Integer.parseInt(args[3]);
        CharArraySet stopWords = new CharArraySet(400, false);
        for (String line : Files.readAllLines(Path.of(args[2]))) {
            if (!line.isEmpty() && !line.startsWith("#")) stopWords.add(line);
        }
        analyzer = new Analyzer() {
            @Override
            protected TokenStreamComponents createComponents(String field) {
                Tokenizer words = CharTokenizer.fromTokenCharPredicate(Character::isLetterOrDigit);
                TokenStream stream = new LowerCaseFilter(new LengthFilter(words, 1, 40));
                return new TokenStreamComponents(words, new SnowballFilter(new StopFilter(stream, stopWords), "English"));
            }
        };
        IndexSearcher.setMaxClauseCount(1 << 16);
    }

    public static void main(String[] args) throws Exception {
        Lucene lucene = new Lucene(args);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        for (String order; (order = orders.readLine()) != null; ) {
            String[] words = order.split(" ", 4);
            switch (words[0]) {
                case "index" -> {
                    lucene.index();
                    System.out.println("done");
                }
                case "ask" -> {
                    boolean flat = words[1].equals("flat");
                    say(words[2], Files.readAllLines(Path.of(words[3])), question -> lucene.ask(question, flat));
                }
                case "relate" -> say(words[2], lucene.spread(Integer.parseInt(words[1])), lucene::relate);
                default -> throw new IllegalArgumentException(order);
            }
        }
    }

    void index() throws Exception {
        FSDirectory directory = FSDirectory.open(folder);
        // An index that was kept from an earlier run is only opened.
        if (!DirectoryReader.indexExists(directory)) {
            IndexWriterConfig config = new IndexWriterConfig(analyzer).setRAMBufferSizeMB(256);
            try (IndexWriter writer = new IndexWriter(directory, config); BufferedReader lines = Files.newBufferedReader(texts)) {
                List<Thread> workers = new ArrayList<>();
                for (int n = 0; n < threads; n++) workers.add(Thread.ofPlatform().start(() -> write(writer, lines)));
                for (Thread worker : workers) worker.join();
            }
        }
        reader = DirectoryReader.open(directory);
        searcher = new IndexSearcher(reader);
        searcher.setQueryCache(null);
    }

    static void write(IndexWriter writer, BufferedReader lines) {
        try {
            for (String line; (line = lines.readLine()) != null; ) {
                String[] texts = line.split("\t", -1);
                Document document = new Document();
                for (int f = 0; f < FIELDS.length; f++) document.add(new TextField(FIELDS[f], texts[f], Field.Store.YES));
                writer.addDocument(document);
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    void ask(String question, boolean flat) throws IOException {
        Set<String> words = new LinkedHashSet<>();
        try (TokenStream stream = analyzer.tokenStream(FIELDS[0], question)) {
            CharTermAttribute word = stream.getAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) words.add(word.toString());
            stream.end();
        }
        BooleanQuery.Builder all = new BooleanQuery.Builder();
        for (String word : words) {
            BooleanQuery.Builder ofWord = flat ? all : new BooleanQuery.Builder();
            for (String field : FIELDS) ofWord.add(new TermQuery(new Term(field, word)), BooleanClause.Occur.SHOULD);
            if (!flat) all.add(ofWord.build(), BooleanClause.Occur.SHOULD);
        }
        searcher.search(all.build(), 10);
    }

    void relate(int document) throws IOException {
        MoreLikeThis like = new MoreLikeThis(reader);
        like.setAnalyzer(analyzer);
        like.setFieldNames(FIELDS);
        like.setMinTermFreq(1);
        like.setMinDocFreq(2);
        searcher.search(like.like(document), 10);
    }

    List<Integer> spread(int count) {
        int step = Math.max(1, reader.maxDoc() / count);
        List<Integer> documents = new ArrayList<>();
        for (int document = 0; document < reader.maxDoc() && documents.size() < count; document += step) documents.add(document);
        return documents;
    }

    interface Job<T> {
        void work(T job) throws IOException;
    }

    static <T> void say(String seconds, List<T> jobs, Job<T> job) throws IOException {
        long until = System.nanoTime() + Long.parseLong(seconds) * 1_000_000_000L;
        StringBuilder said = new StringBuilder();
        for (T each : jobs) {
            long started = System.nanoTime();
            job.work(each);
            long ended = System.nanoTime();
            said.append((ended - started) / 1e3).append(' ');
            if (ended > until) break;
        }
        System.out.println(said);
    }
}

"""Trains the embedding table of this folder; README.md says from what. Needs numpy, scipy, tokenizers, safetensors, onnxruntime.

  train.py --teacher DIR --texts TEXTS.tsv --pairs PAIRS.tsv --vectors CACHE.npy --out DIR

TEXTS.tsv   group<TAB>text      what the teacher embeds; the groups are the keys of TEXT_GROUPS
PAIRS.tsv   group<TAB>a<TAB>b   texts that say the same; the groups are the keys of PAIR_GROUPS
--teacher   a sentence transformer as model.onnx (last hidden state, mean pooled) and tokenizer.json
--vectors   the teacher's vectors of the texts, computed when the file is missing (CACHE.npy.json lists the texts)
"""

import argparse
import collections
import json
import math
import os
import random
import re
import time

import numpy as np
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix, vstack
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

# How often a group is drawn, for a batch of texts and of pairs.
TEXT_GROUPS = {
    "catalogue_questions": 0.7, "encyclopedia": 1.5, "consults": 3.2, "dialogues": 0.6, "clinical_questions": 1.2,
    "reviews": 0.3, "templates": 1.5, "terms": 1.0, "reference_terms": 0.4, "letters": 1.0,
}
PAIR_GROUPS = {
    "entailed_questions": 2.0, "synonyms": 1.5, "reference_synonyms": 0.7, "templates": 1.5, "title_question": 1.3,
    "question_answer": 1.2, "same_subject": 0.4, "parents": 0.2, "dialogue_summary": 0.2, "letter_summary": 1.2,
}
PAIRS_A_GROUP = 12_000
STOP_WORDS = frozenset(
    "a an and are as at be but by can do does did for from had has have he her him his how i if in into is it its me my no not of "
    "on or our she should so than that the their them then there these they this to was we were what when where which who will "
    "with would you your am been being".split()
)
WORD = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


class Teacher:
    """The teacher's vectors, from the cache where it has them."""

    def __init__(self, folder, cache):
        self.folder, self.session, self.known, self.vectors = folder, None, {}, np.zeros((0, 384), np.float16)
        if os.path.exists(cache):
            self.vectors = np.load(cache)
            self.known = {text: row for row, text in enumerate(json.load(open(cache + ".json")))}
        self.cache = cache

    def __call__(self, texts):
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        if missing:
            print(f"teacher: {len(missing)} texts", flush=True)
            self.vectors = np.concatenate([self.vectors, self.embed(missing)])
            self.known.update({text: len(self.known) + at for at, text in enumerate(missing)})
            np.save(self.cache, self.vectors)
            json.dump(list(self.known), open(self.cache + ".json", "w"))
        return self.vectors[[self.known[text] for text in texts]].astype(np.float32)

    def embed(self, texts, batch=32):
        import onnxruntime

        if self.session is None:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(os.path.join(self.folder, "model.onnx"), options)
            self.tokenizer = Tokenizer.from_file(os.path.join(self.folder, "tokenizer.json"))
            self.tokenizer.no_padding()
            self.tokenizer.enable_truncation(128)
        encoded = [e.ids for e in self.tokenizer.encode_batch(texts)]
        order = np.argsort([len(e) for e in encoded], kind="stable")
        out = np.empty((len(texts), 384), np.float16)
        for at in range(0, len(order), batch):
            rows = order[at : at + batch]
            ids = np.zeros((len(rows), max(len(encoded[r]) for r in rows)), np.int64)
            mask = np.zeros_like(ids)
            for line, r in enumerate(rows):
                ids[line, : len(encoded[r])] = encoded[r]
                mask[line, : len(encoded[r])] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden = self.session.run(None, feed)[0]
            out[rows] = unit((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True))
        return out


class Vocabulary:
    """Words, the teacher's word pieces for the rest, and pairs of words that mean more together."""

    def __init__(self, texts, terms, teacher_tokenizer, words, pairs):
        counts, beside, in_terms = collections.Counter(), collections.Counter(), set()
        for text in texts:
            found = WORD.findall(text.lower())
            counts.update(found)
            beside.update(zip(found, found[1:]))
        for term in terms:
            found = WORD.findall(term.lower())
            in_terms.update(zip(found, found[1:]))
        ranked = sorted((w for w, n in counts.items() if n >= 2 and len(w) <= 30 and w.isascii()), key=lambda w: (-counts[w], w))
        pieces = collections.Counter()
        for encoding in teacher_tokenizer.encode_batch(ranked[:30_000], add_special_tokens=False):
            pieces.update(encoding.tokens)
        characters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
        pieces = [p for p, n in sorted(pieces.items()) if p.startswith("##") and p.isascii() and n >= 8 and len(p) > 3]
        self.tokens = list(dict.fromkeys(["[PAD]", "[UNK]"] + ranked[:words] + pieces + characters + ["##" + c for c in characters if c.isalnum()]))
        known, total = set(self.tokens), sum(counts.values())

        def worth(pair):
            surprise = math.log(beside[pair] * total / (counts[pair[0]] * counts[pair[1]]))
            return beside[pair] ** 0.5 * max(surprise, 0) * (2 if pair in in_terms else 1)

        enough = lambda pair: beside[pair] >= 8 or (pair in in_terms and beside[pair] >= 3)
        fit = lambda word: word in known and word.isalpha() and word not in STOP_WORDS
        candidates = [pair for pair in beside if enough(pair) and all(map(fit, pair))]
        self.single = len(self.tokens)
        self.pairs = sorted(candidates, key=lambda pair: (-worth(pair), pair))[:pairs]
        self.tokens += [" ".join(pair) for pair in self.pairs]
        self.pair_ids = {pair: self.single + at for at, pair in enumerate(self.pairs)}
        self.tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(self.tokens[: self.single])}, unk_token="[UNK]"))
        self.tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        self.tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def bags(self, texts):
        """A row a text: the square root of how often each token occurs."""
        starts, columns, values = [0], [], []
        for encoding in self.tokenizer.encode_batch(texts):
            found = collections.Counter(i for i in encoding.ids if i > 1)
            found.update(self.pair_ids[p] for p in zip(encoding.tokens, encoding.tokens[1:]) if p in self.pair_ids)
            columns += found.keys()
            values += (n**0.5 for n in found.values())
            starts.append(len(columns))
        return csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), np.array(starts)), (len(texts), len(self.tokens)))


class Adam:
    """Adam that touches only the rows of a batch."""

    def __init__(self, shape, rate):
        self.m, self.v, self.rate = np.zeros(shape, np.float32), np.zeros(shape, np.float32), rate

    def step(self, values, rows, gradient, factor):
        self.m[rows] = m = 0.9 * self.m[rows] + 0.1 * gradient
        self.v[rows] = v = 0.99 * self.v[rows] + 0.01 * gradient**2
        values[rows] -= self.rate * factor * m / (np.sqrt(v) + 1e-6)


def softmax(scores):
    scores = np.exp(scores - scores.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True)


def start(vocabulary, teacher, basis, counts, mean):
    """Each token's own teacher vector, less the mean of all texts', by how rare the token is (a/(a+p), a = 0.001)."""
    single = [t.removeprefix("##") if len(t) > 2 else t for t in vocabulary.tokens]
    rows = unit((teacher(single) - 0.7 * mean) @ basis)
    weights = 1e-3 / (1e-3 + counts / counts.sum())
    weights[vocabulary.single :] *= 0.3
    return rows, np.log(np.maximum(weights, 0.02)).astype(np.float32)


def train(bags, vectors, groups, pair_bags, pair_groups, rows, log_weights, basis, steps, rng, batch=640, pair_batch=384):
    """Three aims at once: near the teacher's vector (cosine); the same neighbours in a batch as the teacher has (Kullback-Leibler
    divergence of softmax at temperature 0.05); a pair's texts nearer to each other than to other pairs' (contrastive, 0.05, at 0.3)."""
    draw = lambda pools, weights, size: np.concatenate([
        pool[rng.integers(len(pool), size=max(1, int(weight / sum(weights) * size)))] for pool, weight in zip(pools, weights)
    ])
    tau, contrast = 0.05, 0.3
    adam_rows, adam_weights = Adam(rows.shape, 1.5e-3), Adam(log_weights.shape, 3e-2)
    told, began = collections.Counter(), time.time()
    for step in range(steps):
        factor = min(1, (step + 1) / 50) * max(0.03, 1 - step / steps)
        texts = draw(list(groups.values()), [TEXT_GROUPS[g] for g in groups], batch)
        pairs = draw(list(pair_groups.values()), [PAIR_GROUPS[g] for g in pair_groups], pair_batch)
        bag = vstack([bags[texts], pair_bags[0][pairs], pair_bags[1][pairs]], format="csr")
        used, columns = np.unique(bag.indices, return_inverse=True)
        bag = csr_matrix((bag.data, columns, bag.indptr), (bag.shape[0], len(used)))
        weights = np.exp(log_weights[used])[:, None]
        table = rows[used] * weights
        sums = bag @ table
        length = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
        out = sums / length
        gradient = np.zeros_like(out)

        n, x, teacher = len(texts), out[: len(texts)], vectors[texts].astype(np.float32)
        aim = unit(teacher @ basis)
        gradient[:n] -= aim / n
        told["cosine"] += (x * aim).sum(1).mean()

        theirs, ours = teacher @ teacher.T / tau, x @ x.T / tau
        np.fill_diagonal(theirs, -1e4)
        np.fill_diagonal(ours, -1e4)
        theirs, ours = softmax(theirs), softmax(ours)
        off = (ours - theirs) / (tau * n)
        gradient[:n] += off @ x + off.T @ x
        told["divergence"] += (theirs * (np.log(theirs + 1e-9) - np.log(ours + 1e-9))).sum(1).mean()

        m = len(pairs)
        a, b = out[n : n + m], out[n + m :]
        scores = a @ b.T / tau
        same = scores * tau > 0.98  # other pairs of the same words are no strangers
        np.fill_diagonal(same, False)
        scores[same] = -1e4
        off = (softmax(scores) + softmax(scores.T).T - 2 * np.eye(m, dtype=np.float32)) * contrast / (2 * m * tau)
        gradient[n : n + m] += off @ b
        gradient[n + m :] += off.T @ a

        gradient = bag.T @ ((gradient - (gradient * out).sum(1, keepdims=True) * out) / length)
        change = (gradient * table).sum(1)
        adam_rows.step(rows, used, gradient * weights, factor)
        adam_weights.step(log_weights, used, change, factor)
        if (step + 1) % 200 == 0:
            print(step + 1, f"{time.time() - began:.0f} s", {k: round(float(v) / 200, 3) for k, v in told.items()}, flush=True)
            told.clear()
    return rows * np.exp(log_weights)[:, None]


def cells(points, count, rng, rounds=12):
    """Centroids of spherical k-means."""
    centroids = points[rng.permutation(len(points))[:count]].copy()
    for _ in range(rounds):
        nearest = np.concatenate([np.argmax(points[at : at + 4096] @ centroids.T, 1) for at in range(0, len(points), 4096)])
        sums = np.zeros_like(centroids)
        np.add.at(sums, nearest, points)
        empty = np.bincount(nearest, minlength=count) == 0
        sums[empty] = points[rng.integers(len(points), size=empty.sum())]
        centroids = unit(sums)
    return centroids


def eighths(rows):
    """8-bit numbers and what each row's are multiplied by."""
    scale = np.abs(rows).max(1, keepdims=True) / 127
    scale[scale == 0] = 1
    return np.rint(rows / scale).astype(np.int8), scale[:, 0].astype(np.float32)


def write(folder, vocabulary, table, centroids, name):
    os.makedirs(folder, exist_ok=True)
    numbers, weights = eighths(table)
    save_file({"embeddings": numbers, "weights": weights, "cells": eighths(centroids)[0]}, os.path.join(folder, "model.safetensors"))
    os.chmod(os.path.join(folder, "model.safetensors"), 0o644)
    special = lambda i, t: {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": {token: at for at, token in enumerate(vocabulary.tokens)}},
    }
    config = {
        "model_type": "model2vec", "architectures": ["StaticModel"], "name": name, "hidden_dim": table.shape[1],
        "seq_length": 512, "normalize": True, "repeats": "square_root",
    }
    for file, value, indent in (("tokenizer.json", tokenizer, 0), ("config.json", config, 2)):
        with open(os.path.join(folder, file), "w") as out:
            json.dump(value, out, ensure_ascii=False, indent=indent)
            out.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("teacher", "texts", "pairs", "vectors", "out"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--name", default="curbside-health-128")
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--word-pairs", type=int, default=5_000)
    parser.add_argument("--cells", type=int, default=2_048)
    parser.add_argument("--steps", type=int, default=1_200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    texts = [line.rstrip("\n").split("\t") for line in open(args.texts)]
    pairs = [line.rstrip("\n").split("\t") for line in open(args.pairs)]
    teacher = Teacher(args.teacher, args.vectors)
    vectors = teacher([text for _, text in texts]).astype(np.float16)
    teacher_tokenizer = Tokenizer.from_file(os.path.join(args.teacher, "tokenizer.json"))
    teacher_tokenizer.no_padding()
    terms = [text for group, text in texts if group == "terms"]
    vocabulary = Vocabulary([text for _, text in texts], terms, teacher_tokenizer, args.words, args.word_pairs)
    bags = vocabulary.bags([text for _, text in texts])
    groups, pair_groups = collections.defaultdict(list), collections.defaultdict(list)
    for at, (group, _) in enumerate(texts):
        groups[group].append(at)
    random.Random(args.seed).shuffle(pairs)
    for at, (group, _, _) in enumerate(pairs):
        if len(pair_groups[group]) < PAIRS_A_GROUP:
            pair_groups[group].append(at)
    groups = {group: np.array(rows) for group, rows in groups.items()}
    pair_groups = {group: np.array(rows) for group, rows in pair_groups.items()}
    pair_bags = [vocabulary.bags([pair[side] for pair in pairs]) for side in (1, 2)]
    print(len(texts), "texts,", len(pairs), "pairs,", len(vocabulary.tokens), "tokens", flush=True)

    sentences = np.concatenate([groups[g] for g in ("consults", "encyclopedia", "catalogue_questions") if g in groups])
    sample = vectors[np.sort(rng.permutation(sentences)[:20_000])].astype(np.float32)
    _, basis = np.linalg.eigh(sample.T @ sample)
    basis = np.ascontiguousarray(basis[:, ::-1][:, : args.dimension])
    counts = np.asarray(bags.sum(0)).ravel()
    rows, log_weights = start(vocabulary, teacher, basis, counts, sample.mean(0))
    table = train(bags, vectors, groups, pair_bags, pair_groups, rows, log_weights, basis, args.steps, rng)
    points = unit(bags[np.sort(rng.permutation(sentences)[:60_000])] @ table)
    write(args.out, vocabulary, table, cells(points, args.cells, rng), args.name)


if __name__ == "__main__":
    main()

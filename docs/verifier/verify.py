#!/usr/bin/env python3
"""Verifies a bundle of ReliefLedger's log, offline, with nothing but Python's standard library.

Written from FORMAT.md beside this file, RFC 6962, RFC 8032 and the documents of C2SP it names, and not from the
program that writes bundles: two verifiers that share no line do not share a mistake.

    python3 verify.py log.bundle --key 'relief-ledger/…+1a2b3c4d+AQ…' [--checkpoint kept.checkpoint]… [--json]

    python3 verify.py receipt receipt.json --key 'relief-ledger/…+1a2b3c4d+AQ…' [--proof entry.tlog-proof]

    python3 verify.py sample kept.checkpoint --size 25 [--key 'relief-ledger/…+1a2b3c4d+AQ…']

The first names table, row and column of whatever is not as it was recorded. It exits with 0 for sound, 1 for
tampered, and 2 where it cannot tell. The second says whether a receipt was signed with the log's key, and whether its
entry is in the log that a proof speaks of; it exits in the same way. The third prints the positions of the entries
that a checkpoint draws.
"""

import argparse
import base64
import hashlib
import hmac
import json
import struct
import sys
import zipfile

MEMBER_BYTES_MAX = 128 * 1024 * 1024
TILE_WIDTH = 256


class CannotTell(Exception):
    """What keeps this verifier from saying anything."""


# Ed25519, RFC 8032, section 5.1: points of the curve as (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def point_add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_equal(one, other):
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def point_decode(text):
    """The point these 32 bytes stand for, or nothing."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_small(point):
    return point_equal(point_multiply(8, point), (0, 1, 1, 0))


def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = point_decode(public), point_decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= ORDER or is_small(key) or is_small(commitment):
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % ORDER
    right = point_add(commitment, point_multiply(challenge, key))
    return point_equal(point_multiply(scalar, BASE), right)


# The tree, RFC 6962, section 2.1.


def leaf_hash(body):
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The tree as it grows: the roots of its perfect subtrees, and the hashes of every eighth level for tiles."""

    def __init__(self):
        self.size = 0
        self.roots = []
        self.levels = {}

    def append(self, leaf):
        self.levels.setdefault(0, []).append(leaf)
        height, size = 0, self.size
        while size & 1:
            leaf = node_hash(self.roots.pop(), leaf)
            height, size = height + 1, size >> 1
            if height % 8 == 0:
                self.levels.setdefault(height // 8, []).append(leaf)
        self.roots.append(leaf)
        self.size += 1

    def root(self):
        if not self.roots:
            return hashlib.sha256(b"").digest()
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


def inclusion_root(leaf, index, size, path):
    """The root a path leads to from one leaf of a tree of so many (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    last = size - 1
    for neighbour in path:
        if last == 0:
            raise ValueError("its path is too long")
        if index & 1 or index == last:
            leaf = node_hash(neighbour, leaf)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            leaf = node_hash(leaf, neighbour)
        index, last = index >> 1, last >> 1
    if last != 0:
        raise ValueError("its path is too short")
    return leaf


# Signed notes and checkpoints, c2sp.org/signed-note and c2sp.org/tlog-checkpoint.


def decode_base64(text):
    return base64.b64decode(text, validate=True)


def decode_url(text):
    if not isinstance(text, str) or "=" in text:
        raise ValueError("base64url is written without padding")
    decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != text.encode():
        raise ValueError("base64url that could be written in another way")
    return decoded


def parse_key(text):
    """Name, id and public key of a verifier key: name+id+base64(1 ‖ key)."""
    try:
        name, key_id, typed = text.strip().split("+", 2)
        typed = decode_base64(typed)
        expected = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
        if typed[:1] != b"\x01" or len(typed) != 33 or expected != key_id:
            raise ValueError("its parts do not belong together")
    except ValueError as error:
        raise CannotTell(f"the verifier key is none: {error}") from error
    return name, bytes.fromhex(key_id), typed[1:]


def open_checkpoint(note, key):
    """Origin, size and root a signed note states; raises ValueError where it is not signed with this key."""
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    if key is not None:
        name, key_id, public = key
        found = False
        for line in lines.split("\n")[:-1]:
            dash, _, rest = line.partition(" ")
            signer, _, signature = rest.rpartition(" ")
            signature = decode_base64(signature)
            if dash == "—" and signer == name and signature[:4] == key_id:
                if not ed25519_verify(public, text.encode(), signature[4:]):
                    raise ValueError("its signature does not fit its text")
                found = True
        if not found:
            raise ValueError(f"{name} has not signed it")
    fields = text.split("\n")
    if len(fields) < 4:
        raise ValueError("it has not the lines of a checkpoint")
    origin, size, root = fields[0], fields[1], decode_base64(fields[2])
    if key is not None and origin != key[0]:
        raise ValueError(f"its origin is {origin} and not {key[0]}")
    if not size.isdigit() or str(int(size)) != size or len(root) != 32:
        raise ValueError("its size or root is not written as it should be")
    return origin, int(size), root


# Receipts, FORMAT.md, and proofs, c2sp.org/tlog-proof.

RECEIPT = {
    "origin": str,
    "leaf_index": int,
    "leaf_hash": str,
    "entity_id": str,
    "recorded_at_us": int,
    "key_id": str,
    "signature": str,
}
BATCH = {"index": int, "size": int, "path": list}


def check_members(value, expected):
    if not isinstance(value, dict) or set(value) != set(expected):
        raise ValueError("its members are not those of a receipt")
    for name, kind in expected.items():
        if type(value[name]) is not kind:
            raise ValueError(f"{name} is of another type")


def number(value):
    """8 bytes; raises ValueError where it does not fit."""
    if not 0 <= value < 2**64:
        raise ValueError(f"{value} is no number that a receipt has")
    return value.to_bytes(8, "big")


def open_receipt(receipt, key):
    """Leaf index and leaf hash that a receipt states; raises ValueError where it was not signed with this key."""
    if not isinstance(receipt, dict):
        raise CannotTell("this is no receipt")
    name, key_id, public = key
    receipt = dict(receipt)
    version, batch = receipt.pop("version", 1), receipt.pop("batch", None)
    if type(version) is not int or version not in (1, 2):
        raise CannotTell(f"a receipt is of version {version}, which this verifier does not know")
    check_members(receipt, RECEIPT)
    if receipt["origin"] != name or receipt["key_id"] != key_id.hex():
        raise ValueError(f"it is of {receipt['origin']}, key {receipt['key_id']}, and not of {name}, key {key_id.hex()}")
    origin, entity = receipt["origin"].encode(), receipt["entity_id"].encode()
    origin = number(len(origin)) + origin
    statement = number(receipt["leaf_index"]) + decode_url(receipt["leaf_hash"])
    statement += struct.pack(">q", receipt["recorded_at_us"]) + number(len(entity)) + entity
    if version == 1:
        if batch is not None:
            raise ValueError("it is of version 1, which has no batch")
        signed = b"\x00relief-receipt-v1\x00" + origin + statement
    else:
        check_members(batch, BATCH)
        leaf, path = leaf_hash(b"relief-receipt-v2\x00" + statement), [decode_url(step) for step in batch["path"]]
        root = inclusion_root(leaf, batch["index"], batch["size"], path)
        signed = b"\x00relief-receipts-v2\x00" + origin + key_id + number(batch["size"]) + root
    if not ed25519_verify(public, signed, decode_url(receipt["signature"])):
        raise ValueError("its signature does not fit its other members")
    return receipt["leaf_index"], decode_url(receipt["leaf_hash"])


def check_proof(text, index, leaf, key):
    """The size of a log that has this leaf; raises ValueError where the proof does not lead from it to a signed root."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise CannotTell("this is no proof of a form this verifier knows")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    if not lines or lines.pop(0) != f"index {index}":
        raise ValueError(f"the proof is not for entry {index}")
    _, size, root = open_checkpoint(note, key)
    if inclusion_root(leaf, index, size, [decode_base64(line) for line in lines]) != root:
        raise ValueError("the proof does not lead to what the checkpoint says")
    return size


# Rows and entries, FORMAT.md.


def length(number):
    """Unsigned LEB128."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def text_bytes(text):
    encoded = text.encode()
    return length(len(encoded)) + encoded


def column_bytes(column):
    """A column of a bundle's row as it is hashed."""
    name, kind = column[0], column[1]
    head = text_bytes(name)
    if kind == "n" and len(column) == 2:
        return head + b"\x00"
    (value,) = column[2:]
    if kind == "i" and type(value) is int:
        return head + b"\x01" + struct.pack(">q", value)
    if kind == "t" and type(value) is str:
        return head + b"\x02" + text_bytes(value)
    if kind == "x":
        raw = decode_url(value)
        return head + b"\x03" + length(len(raw)) + raw
    if kind == "b" and type(value) is bool:
        return head + (b"\x04\x01" if value else b"\x04\x00")
    if kind == "r" and type(value) is str and len(value) == 16:
        (real,) = struct.unpack(">d", bytes.fromhex(value))
        raw = b"\x7f\xf8" + bytes(6) if real != real else struct.pack(">d", real + 0.0)
        return head + b"\x05" + raw
    raise ValueError(f"column {name} has no type that is known")


def write_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse_entry(body):
    """The fields of an entry, and its rows as (table, key, hash, [(column, hint)]); only the one form is taken."""

    class Pairs(list):
        """An object, its members in their order."""

    entry = json.loads(body.decode(), object_pairs_hook=Pairs)
    fields = dict(entry)
    integers = {"v", "sequence", "at", "version"}
    order = ["v", "sequence", "at", "actor", "role", "scope", "action", "entity", "version", "reason", "rows"]
    optional = {"sequence", "version", "reason"}
    names = [name for name, _ in entry]
    if names != [name for name in order if name in fields or name not in optional]:
        raise ValueError("its members are not those of an entry, in their order")
    for name, value in entry:
        if name in integers and type(value) is not int:
            raise ValueError(f"{name} is no integer")
        if name not in integers | {"entity", "rows"} and type(value) is not str:
            raise ValueError(f"{name} is no text")
    if fields["v"] != 1:
        raise CannotTell(f"an entry is of version {fields['v']}, which this verifier does not know")
    rows, written = [], []
    for row in fields["rows"]:
        if [name for name, _ in row] != ["table", "key", "hash", "columns"]:
            raise ValueError("a row of it has not the members of one")
        table, key, row_hash, columns = (value for _, value in row)
        if len(dict(columns)) != len(columns):
            raise ValueError("a row of it names a column twice")
        hints = [(name, decode_url(hint)) for name, hint in columns]
        rows.append((table, key, decode_url(row_hash), hints))
        written.append({"table": table, "key": key, "hash": row_hash, "columns": dict(columns)})
    canonical = write_json(dict(entry, rows=written)).encode()
    if canonical != body:
        raise ValueError("it could be written in other bytes")
    return fields, rows


class Verifier:
    def __init__(self, archive, key, kept):
        self.archive = archive
        self.key = key
        self.kept = kept
        self.findings = []
        self.checked = {"entries": 0, "rows": 0, "tiles": 0, "checkpoints": 0}
        self.tree = Tree()
        self.last_at = None
        # Table and key of every row recorded and not seen yet: position of the last record, and its hash.
        self.waiting = {}

    def find(self, table, key, problem, column=None, entry=None):
        self.findings.append({"table": table, "key": key, "column": column, "entry": entry, "problem": problem})

    def member(self, name, missing=None):
        try:
            info = self.archive.getinfo(name)
        except KeyError:
            return missing
        if info.file_size > MEMBER_BYTES_MAX:
            raise CannotTell(f"{name} is larger than any member should be")
        with self.archive.open(info) as member:
            content = member.read(MEMBER_BYTES_MAX + 1)
        if len(content) > MEMBER_BYTES_MAX:
            raise CannotTell(f"{name} is larger than any member should be")
        return content

    def run(self):
        if self.member("format") != b"relief-bundle-v1\n":
            raise CannotTell("this is no bundle of a form this verifier knows")
        note = (self.member("checkpoint") or b"").decode()
        signed_size, signed_root = 0, None
        try:
            _, signed_size, signed_root = open_checkpoint(note, self.key)
        except ValueError as error:
            self.find("checkpoints", "newest", str(error), "note")
        heads = [(None, "the log up to here is not the one that was signed", signed_size, signed_root)]
        for place, size, root in self.kept:
            problem = f"the first {size} entries are not those of the checkpoint kept in {place}"
            heads.append((place, problem, size, root))
        self.heads = sorted((head for head in heads if head[3] is not None), key=lambda head: head[2])
        self.check_heads()
        index = 0
        while (content := self.member("entries/" + numbered(index))) is not None:
            count = self.entries(index, content, signed_size)
            index += 1
            if count < TILE_WIDTH:
                break
        for place, _, size, _ in self.heads:
            problem = f"{size} entries were signed and {self.tree.size} are there"
            if place is None:
                self.find("checkpoints", str(size), problem)
            else:
                self.find("log_entries", str(self.tree.size), f"{problem}, as {place} says")
        self.tiles_above(signed_size)
        for info in self.archive.infolist():
            if info.filename.startswith("rows/"):
                self.rows(info.filename, {})
        for (table, key), (position, _) in sorted(self.waiting.items()):
            self.find(table, key, "the row was recorded and is gone", None, position)

    def check_heads(self):
        while self.heads and self.heads[0][2] <= self.tree.size:
            place, problem, size, root = self.heads.pop(0)
            self.checked["checkpoints"] += 1
            if size == self.tree.size and root != self.tree.root():
                if place is None:
                    self.find("checkpoints", str(size), problem, "note")
                else:
                    self.find("log_entries", str(size), problem)

    def entries(self, index, content, signed_size):
        """One member of entries, the tile over it, and the rows written once by it."""
        records, leaves, offset = {}, [], 0
        while offset < len(content):
            size = int.from_bytes(content[offset : offset + 4], "big")
            body = content[offset + 4 : offset + 4 + size]
            if len(content) < offset + 4 + size:
                raise CannotTell(f"entries/{numbered(index)} ends within an entry")
            offset += 4 + size
            position = self.tree.size
            leaves.append(leaf_hash(body))
            self.tree.append(leaves[-1])
            self.check_heads()
            self.entry(position, body, records)
        self.checked["entries"] += len(leaves)
        width = min(TILE_WIDTH, signed_size - index * TILE_WIDTH)
        if width > 0:
            self.tile(0, index, leaves[:width], width)
        # Of leaves nothing else is needed; above them there is one hash for each 256.
        self.tree.levels[0] = []
        self.rows("once/" + numbered(index), records)
        return len(leaves)

    def entry(self, position, body, records):
        try:
            fields, rows = parse_entry(body)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            self.find("log_entries", str(position), f"the entry cannot be read: {error}", "body", position)
            return
        if fields.get("sequence", position + 1) != position + 1:
            self.find("log_entries", str(position), f"says sequence {fields['sequence']}", None, position)
        if self.last_at is not None and fields["at"] <= self.last_at:
            problem = "was recorded no later than the entry before it"
            self.find("log_entries", str(position), problem, None, position)
        self.last_at = fields["at"]
        for table, key, row_hash, hints in rows:
            self.waiting[(table, key)] = (position, row_hash)
            records[(table, key)] = (position, row_hash, hints)

    def tile(self, level, index, made, width):
        path = f"{level}/{numbered(index)}" + (f".p/{width}" if width < TILE_WIDTH else "")
        self.checked["tiles"] += 1
        if self.member("tile/" + path) != b"".join(made):
            self.find("tiles", path, "it is not there, or not what the entries make")

    def tiles_above(self, signed_size):
        for level in range(1, 8):
            hashes = signed_size >> (8 * level)
            for index in range((hashes + TILE_WIDTH - 1) // TILE_WIDTH):
                start, end = index * TILE_WIDTH, min(hashes, (index + 1) * TILE_WIDTH)
                self.tile(level, index, self.tree.levels.get(level, [])[start:end], end - start)

    def rows(self, name, records):
        content = self.member(name, b"")
        if content and not content.endswith(b"\n"):
            raise CannotTell(f"{name} ends within a row")
        for line in content.split(b"\n")[:-1]:
            try:
                table, key, *columns = json.loads(line)
                encoded = [(column[0], column_bytes(column)) for column in columns]
            except (ValueError, TypeError, IndexError, struct.error) as error:
                raise CannotTell(f"a row in {name} cannot be read: {error}") from error
            self.checked["rows"] += 1
            record = self.waiting.pop((table, key), None)
            if record is None:
                self.find(table, key, "no entry of the log says that this row was written")
                continue
            head = b"relief-row-v1\x00" + text_bytes(table) + text_bytes(key)
            whole = hashlib.sha256(head + b"".join(part for _, part in encoded)).digest()
            if whole != record[1]:
                hints = records.get((table, key), (None, None, None))[2] or self.hints(table, key, record[0])
                self.compare(table, key, head, dict(encoded), record, hints)

    def hints(self, table, key, position):
        """What the entry that vouches for a row says about its columns, read again."""
        content, offset = self.member("entries/" + numbered(position // TILE_WIDTH), b""), 0
        for _ in range(position % TILE_WIDTH):
            offset += 4 + int.from_bytes(content[offset : offset + 4], "big")
        size = int.from_bytes(content[offset : offset + 4], "big")
        _, rows = parse_entry(content[offset + 4 : offset + 4 + size])
        return [hints for one, other, _, hints in rows if (one, other) == (table, key)][-1]

    def compare(self, table, key, head, columns, record, hints):
        """Names the columns that differ; columns that the entry does not name came by a later migration."""
        position, recorded = record
        parts, named = [head], False
        for name, hint in hints:
            part = columns.get(name)
            if part is None:
                self.find(table, key, "the column is gone", name, position)
                named = True
            elif hashlib.sha256(part).digest()[:8] != hint:
                self.find(table, key, "the value is not the one recorded", name, position)
                named = True
            else:
                parts.append(part)
        if not named and hashlib.sha256(b"".join(parts)).digest() != recorded:
            self.find(table, key, "the row is not the one recorded", None, position)


def numbered(index):
    path = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03}/{path}"
    return path


def draw(root, entries, size):
    """The positions a root hash draws out of so many entries; see FORMAT.md, "Samples"."""
    drawn, known, counter = [], set(), 0
    fair = 2**64 // entries * entries if entries else 0
    while len(drawn) < min(size, entries):
        message = b"relief-ledger sample v1" + counter.to_bytes(8, "big")
        number = int.from_bytes(hmac.new(root, message, hashlib.sha256).digest()[:8], "big")
        counter += 1
        if number < fair and number % entries not in known:
            known.add(number % entries)
            drawn.append(number % entries)
    return drawn


def check_receipt(arguments):
    parser = argparse.ArgumentParser(prog="verify.py receipt", description="Checks the receipt of a write")
    parser.add_argument("receipt", help="the receipt alone, or an answer that has it")
    parser.add_argument("--key", required=True, help="the log's verifier key, kept from the first day")
    parser.add_argument("--proof", help="a proof of its entry that was saved (C2SP tlog-proof)")
    options = parser.parse_args(arguments)
    try:
        key, proof = parse_key(options.key), None
        with open(options.receipt, encoding="utf-8") as file:
            receipt = json.load(file)
        if options.proof:
            with open(options.proof, encoding="utf-8") as file:
                proof = file.read()
        if isinstance(receipt, dict) and "receipt" in receipt:
            receipt = receipt["receipt"]
    except (CannotTell, OSError, ValueError, RecursionError) as error:
        print(f"cannot tell: {error}", file=sys.stderr)
        return 2
    try:
        index, leaf = open_receipt(receipt, key)
        print(f"The log's key signed that entry {index} is {leaf.hex()}.")
        if proof is not None:
            print(f"It is in the log of {check_proof(proof, index, leaf, key)} entries.")
    except CannotTell as error:
        print(f"cannot tell: {error}", file=sys.stderr)
        return 2
    except (ValueError, TypeError, struct.error) as error:
        print(f"not believed: {error}")
        return 1
    return 0


def sample(arguments):
    parser = argparse.ArgumentParser(prog="verify.py sample", description="Draws a sample out of a checkpoint")
    parser.add_argument("checkpoint")
    parser.add_argument("--size", type=int, default=25)
    parser.add_argument("--key", help="the log's verifier key, kept from the first day")
    options = parser.parse_args(arguments)
    try:
        with open(options.checkpoint, encoding="utf-8") as file:
            note = file.read()
        if options.key:
            _, entries, root = open_checkpoint(note, parse_key(options.key))
        else:
            entries, root = int(note.split("\n")[1]), decode_base64(note.split("\n")[2])
    except (CannotTell, OSError, ValueError, IndexError, UnicodeDecodeError) as error:
        print(f"cannot tell: {error}", file=sys.stderr)
        return 2
    for position in draw(root, entries, options.size):
        print(position)
    return 0


def main():
    if sys.argv[1:2] == ["sample"]:
        return sample(sys.argv[2:])
    if sys.argv[1:2] == ["receipt"]:
        return check_receipt(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--key", help="the log's verifier key, kept from the first day")
    parser.add_argument("--checkpoint", action="append", default=[], help="a checkpoint that was kept elsewhere")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        key = parse_key(options.key) if options.key else None
        kept = []
        for path in options.checkpoint:
            with open(path, encoding="utf-8") as file:
                try:
                    _, size, root = open_checkpoint(file.read(), key)
                except ValueError as error:
                    raise CannotTell(f"{path}: {error}") from error
            kept.append((path, size, root))
        with zipfile.ZipFile(options.bundle) as archive:
            verifier = Verifier(archive, key, kept)
            verifier.run()
    except (CannotTell, OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        print(f"cannot tell: {error}", file=sys.stderr)
        return 2
    verdict = "tampered" if verifier.findings else "sound" if key else "cannot tell"
    if options.json:
        print(json.dumps({"verdict": verdict, "findings": verifier.findings, "checked": verifier.checked}, indent=2))
    else:
        for finding in verifier.findings:
            column = f".{finding['column']}" if finding["column"] else ""
            entry = f" (log entry {finding['entry']})" if finding["entry"] is not None else ""
            print(f"{finding['table']} {finding['key']}{column}: {finding['problem']}{entry}")
        if not key:
            print("not checked: the signature of the checkpoint, for no key was given with --key")
        print("Checked " + ", ".join(f"{count} {what}" for what, count in verifier.checked.items()) + ".")
        print(verdict.capitalize() + ".")
    return {"sound": 0, "tampered": 1, "cannot tell": 2}[verdict]


if __name__ == "__main__":
    sys.exit(main())

// bundle.js - checks the bundle of a lot in the browser: hashes, proofs, signatures, and for ascending
// lots each answer once more by rules written a second time. Nothing is shared with the server's
// check (`techbourse verify bundle`); docs/bidding.md has the format, the tests hold one against the other.
//
//   techbourse_bundle.check(bytes, ask, progress) -> a promise of the report
'use strict';

(() => {
  const text_of = bytes => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const bytes_of = text => new TextEncoder().encode(text);
  const hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  const is_hex = (text, digits) => typeof text === 'string' && text.length === digits && /^[0-9a-f]*$/.test(text);
  const unhex = text => Uint8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
  function join(...parts) {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  }

  // --- hashes: GB/T 32905-2016 and FIPS 180-4, which share all but the compression ---------------

  const rotl = (x, n) => n % 32 ? x << n % 32 | x >>> 32 - n % 32 : x;
  const rotr = (x, n) => x >>> n | x << 32 - n;

  function blocks_of(bytes) {
    const count = (bytes.length + 9 + 63 >> 6) * 64, padded = new Uint8Array(count), view = new DataView(padded.buffer);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    view.setUint32(count - 8, Math.floor(bytes.length / 0x20000000));
    view.setUint32(count - 4, bytes.length << 3 >>> 0);
    return view;
  }

  function digest(bytes, start, compress) {
    const view = blocks_of(bytes), state = Int32Array.from(start), out = new Uint8Array(32);
    for (let at = 0; at < view.byteLength; at += 64)
      compress(state, view, at);
    const words = new DataView(out.buffer);
    state.forEach((word, i) => words.setInt32(4 * i, word));
    return out;
  }

  const SM3_START = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
  const p0 = x => x ^ rotl(x, 9) ^ rotl(x, 17), p1 = x => x ^ rotl(x, 15) ^ rotl(x, 23);
  const sm3_w = new Int32Array(68);

  function sm3_block(state, view, at) {
    const w = sm3_w;
    for (let j = 0; j < 16; j++)
      w[j] = view.getInt32(at + 4 * j);
    for (let j = 16; j < 68; j++)
      w[j] = p1(w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)) ^ rotl(w[j - 13], 7) ^ w[j - 6];
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j++) {
      const late = j >= 16, a12 = rotl(a, 12);
      const ss1 = rotl(a12 + e + rotl(late ? 0x7a879d8a : 0x79cc4519, j) | 0, 7), ss2 = ss1 ^ a12;
      const ff = late ? a & b | a & c | b & c : a ^ b ^ c, gg = late ? e & f | ~e & g : e ^ f ^ g;
      const tt1 = ff + d + ss2 + (w[j] ^ w[j + 4]) | 0, tt2 = gg + h + ss1 + w[j] | 0;
      d = c; c = rotl(b, 9); b = a; a = tt1;
      h = g; g = rotl(f, 19); f = e; e = p0(tt2);
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] ^= word; });
  }
  const sm3 = bytes => digest(bytes, SM3_START, sm3_block);

  // The first 32 bits of the fractional parts of roots of the first primes.
  const primes = [];
  for (let n = 2; primes.length < 64; n++)
    if (primes.every(prime => n % prime))
      primes.push(n);
  const fraction = x => (x - Math.floor(x)) * 0x100000000 | 0;
  const SHA_START = primes.slice(0, 8).map(prime => fraction(Math.sqrt(prime)));
  const SHA_K = primes.map(prime => fraction(Math.cbrt(prime)));
  const sha_w = new Int32Array(64);

  function sha_block(state, view, at) {
    const w = sha_w;
    for (let j = 0; j < 16; j++)
      w[j] = view.getInt32(at + 4 * j);
    for (let j = 16; j < 64; j++) {
      const x = w[j - 15], y = w[j - 2];
      w[j] = w[j - 16] + (rotr(x, 7) ^ rotr(x, 18) ^ x >>> 3) + w[j - 7] + (rotr(y, 17) ^ rotr(y, 19) ^ y >>> 10);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j++) {
      const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (e & f ^ ~e & g) + SHA_K[j] + w[j] | 0;
      const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + t1 | 0;
      d = c; c = b; b = a; a = t1 + t2 | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] += word; });
  }
  const sha256 = bytes => digest(bytes, SHA_START, sha_block);
  const hashes = { sm3, sha256 };

  // --- ascending lots ---------------------------------------------------------------------------

  const fen_of = text => text === null ? 0 : Math.round(Number(text) * 100);
  const yuan_of = fen => fen > 0 ? `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}` : null;

  class Ascending {
    constructor(rules) {
      this.rules = rules;
      this.stage = 'scheduled';
      this.end = rules.free_end_ms;
      this.hard = rules.hard_stop_ms === null ? Infinity : rules.hard_stop_ms;
      this.pause = null;            // {from, to, left}: the last; `to` is null while it lasts.
      this.price = this.leader = this.count = this.extended = 0;
      this.seats = [];              // Of bidder n: [n - 1].
      this.result = '';
      this.closed = 0;
    }

    get paused() { return Boolean(this.pause && this.pause.to === null); }
    get over() { return ['sold', 'not_sold', 'cancelled'].includes(this.stage); }
    get base() { return this.leader ? this.price : this.rules.start_fen; }

    admit(rank) { this.seats.push({ rank, used: false, won: false }); }

    // A stamp from before the last pause counts as if the pause lay before it.
    moved(t) { return this.pause && !this.paused && t < this.pause.from ? t + this.pause.to - this.pause.from : t; }

    pass(t) {
      if (this.stage === 'scheduled' && t >= this.rules.start_ms) this.stage = 'open';
      if (this.stage !== 'open' || this.paused || t < this.end) return;
      this.result = !this.leader ? 'no_bid' : this.seats.length < this.rules.min_bidders ? 'few_bidders'
        : this.price < this.rules.reserve_fen ? 'reserve' : 'sold';
      this.stage = this.result === 'sold' ? 'sold' : 'not_sold';
      this.closed = this.end;
      if (this.stage === 'sold') this.seats[this.leader - 1].won = true;
    }

    step_fen() {
      let step = this.rules.step_fen;
      for (const tier of this.rules.tiers) {
        if (tier.from_fen > this.base) break;
        step = tier.step_fen;
      }
      return step;
    }

    by_right(bidder, amount) {
      const once = this.rules.priority_mode === 'once', mine = this.seats[bidder - 1];
      if (!once && this.rules.priority_mode !== 'inline') return false;
      if (!this.leader || amount !== this.price || !mine.rank || (once && mine.used)) return false;
      const theirs = this.seats[this.leader - 1].rank;
      return !theirs || mine.rank < theirs;
    }

    amount_wrong(act, amount) {
      const rules = this.rules, more = amount - this.base, step = this.step_fen();
      if (more < (!this.leader && rules.first_at_start ? 0 : step)) return 'BELOW_MIN';
      if (rules.strict_step && more % step) return 'NOT_MULTIPLE';
      if (rules.steps_max && Math.ceil(more / step) > rules.steps_max) return 'TOO_HIGH';
      if (rules.guard_times && act !== 'confirm' && amount >= this.base * rules.guard_times) return 'ABOVE_GUARD';
      return null;
    }

    end_set(end) {
      this.end = end;
      if (this.paused) this.pause.left = Math.max(0, end - this.pause.from);
    }

    extend(t) {
      const rules = this.rules, now = this.moved(t);
      if (this.end - now > rules.window_ms || (rules.extensions_max && this.extended >= rules.extensions_max)) return;
      const end = Math.min(now + rules.extend_ms, this.hard);
      if (end <= this.end) return;
      this.extended++;
      this.end_set(end);
    }

    bid(entry, amount) {
      const bidder = Number(entry.bidder);
      if (this.leader === bidder && !this.rules.self_raise) return 'SELF_RAISE';
      const right = this.by_right(bidder, amount), wrong = right ? null : this.amount_wrong(entry.act, amount);
      if (wrong) return wrong;
      if (right) this.seats[bidder - 1].used = true;
      this.extend(entry.t_ms);
      this.price = amount;
      this.leader = bidder;
      this.count++;
      return null;
    }

    // After the end: the right to take the price, or to waive it, once.
    after(entry, amount) {
      const rules = this.rules, seat = this.seats[entry.bidder - 1], leader = this.seats[this.leader - 1];
      const asked = this.stage === 'sold' && ['take', 'cancel'].includes(entry.act) && rules.priority_mode === 'post' &&
        seat && seat.rank && entry.t_ms < this.closed + rules.post_ms;
      if (!asked) return 'CLOSED';
      if (seat.used || seat === leader) return 'NOT_ALLOWED';
      if (entry.act === 'cancel') { seat.used = true; return null; }
      if (leader.rank && leader.rank <= seat.rank) return 'NOT_ALLOWED';
      if (amount !== this.price) return 'WRONG_PRICE';
      seat.used = seat.won = true;
      leader.won = false;
      this.leader = Number(entry.bidder);
      this.count++;
      return null;
    }

    // Who is no bidder here is what the log says: there is no number to judge by.
    bidder_act(entry) {
      const amount = fen_of(entry.amount), t = entry.t_ms, pause = this.pause;
      if (entry.act !== 'cancel' && amount <= 0) return 'BAD_AMOUNT';
      if (!entry.bidder) return ['NOT_A_BIDDER', 'NOT_ADMITTED'].includes(entry.reason) ? entry.reason : 'NO_BIDDER';
      if (this.over) return this.after(entry, amount);
      if (t < this.rules.start_ms) return 'NOT_STARTED';
      if (pause && t >= pause.from && (pause.to === null || t < pause.to)) return 'PAUSED';
      if (this.moved(t) >= this.end) return 'CLOSED';
      if (entry.act === 'take') return 'STAGE_NOT_FOR_BIDDING';
      return entry.act === 'cancel' ? 'NOT_ALLOWED' : this.bid(entry, amount);
    }

    operator_act(act, t) {
      if (this.over) return 'CLOSED';
      if (act === 'stop') {
        this.stage = 'cancelled';
        this.result = 'cancelled';
        this.pause = null;
        return null;
      }
      if (act === 'pause') {
        if (t < this.rules.start_ms) return 'NOT_STARTED';
        if (this.paused) return 'PAUSED';
        const from = this.pause ? Math.max(t, this.pause.to) : t;
        this.pause = { from, to: null, left: this.end - from };
        return null;
      }
      if (!this.paused) return this.stage === 'scheduled' ? 'NOT_STARTED' : 'NOT_ALLOWED';
      const pause = this.pause;
      pause.to = Math.max(t, pause.from);
      this.end = pause.to + pause.left;
      if (this.rules.pause_moves_hard_stop) this.hard += pause.to - pause.from;
      return null;
    }

    // A bidder's act that is refused for coming when all is over by its own stamp moves nothing: only
    // a tick, or the operator, closes a lot.
    late(entry) {
      const bidders = ['bid', 'confirm', 'take', 'cancel'].includes(entry.act);
      if (!bidders || this.over || this.paused || entry.t_ms < this.end) return null;
      const trial = Object.assign(new Ascending(this.rules), this, { seats: this.seats.map(seat => ({ ...seat })) });
      trial.pass(entry.t_ms);
      const reason = trial.bidder_act(entry);
      return trial.over && reason ? { reason, seq: null, price: yuan_of(this.price), end_ms: this.end, state: this.stage } : null;
    }

    play(entry) {
      const late = this.late(entry);
      if (late) return late;
      this.pass(entry.t_ms);
      const before = this.count;
      const reason = entry.act === 'tick' ? null : ['pause', 'resume', 'stop'].includes(entry.act)
        ? this.operator_act(entry.act, entry.t_ms) : this.bidder_act(entry);
      return { reason, seq: this.count > before ? this.count : null, price: yuan_of(this.price), end_ms: this.end,
        state: this.paused ? 'paused' : this.stage };
    }

    final() {
      const sold = this.stage === 'sold', winner = this.seats.findIndex(seat => seat.won) + 1, price = sold ? yuan_of(this.price) : null;
      return { state: this.stage, result: this.result, price, proceeds: price, end_ms: this.end,
        winners: sold ? [{ bidder: String(winner), pays: price }] : [] };
    }
  }

  // --- the published log ------------------------------------------------------------------------

  const tagged = (hash, tag, bytes) => hash(join(Uint8Array.of(tag), bytes));
  const word = text => { const bytes = bytes_of(text); return `${bytes.length}:${text}`; };
  const plain = n => `${n};`;

  function row_digest(hash, row, lot, lines) {
    const fields = [['id', row.id], ['rev', row.rev], ['made_ms', row.made_ms], ['changed_ms', row.changed_ms], ['lot_id', lot],
      ['first', row.first], ['count', row.count], ['accepted', row.accepted], ['head', row.head], ['lines', lines]];
    const text = fields.filter(([, value]) => value !== 0 && value !== '')
      .map(([name, value]) => word(name) + (typeof value === 'number' ? plain(value) : word(value)));
    return tagged(hash, 2, bytes_of(word('lot_log') + text.join('')));
  }

  function leaf(hash, fact) {
    return tagged(hash, 0, bytes_of(plain(fact.seq) + word(fact.kind) + word(fact.table) + plain(fact.row) + word(fact.digest) +
      plain(fact.actor) + plain(fact.org) + word(fact.via) + plain(fact.at_ms) + plain(fact.amount) + word(fact.code) +
      plain(fact.other) + (fact.for ? plain(fact.for) : '')));
  }

  function climbs(hash, fact, path, block) {
    let here = leaf(hash, fact), at = fact.seq - block.first, count = block.last - block.first + 1;
    const beside = path.slice();
    if (!(at >= 0 && at < count && count < 1e7)) return false;
    for (; count > 1; count = count + 1 >> 1, at >>= 1) {
      if ((at ^ 1) >= count) continue;
      const other = beside.shift();
      if (!is_hex(other, 64)) return false;
      here = tagged(hash, 1, at & 1 ? join(unhex(other), here) : join(here, unhex(other)));
    }
    return beside.length === 0 && hex(here) === block.root;
  }

  const block_hash = (hash, block) => hex(tagged(hash, 3, bytes_of(plain(block.block) + plain(block.first) + plain(block.last) +
    plain(block.at_ms) + word(block.root) + word(block.before) + word(block.algorithm))));

  // True, false, or null where the browser has no Ed25519.
  async function signed(key, message, signature) {
    if (!is_hex(key, 64) || !is_hex(signature, 128)) return false;
    try {
      const known = await crypto.subtle.importKey('raw', unhex(key), { name: 'Ed25519' }, false, ['verify']);
      return await crypto.subtle.verify({ name: 'Ed25519' }, known, unhex(signature), bytes_of(message));
    } catch { return null; }
  }

  // --- the check: ends at the first thing that is wrong -----------------------------------------

  class Wrong extends Error {
    constructor(part, n, line, why) { super(why); Object.assign(this, { part, n, line, why }); }
  }

  function lines_of(bytes) {
    const lines = [];
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      lines.push(bytes.subarray(from, at));
      from = at + 1;
    }
    return { lines, rest: bytes.length - from };
  }

  function parsed(bytes) {
    try {
      const value = JSON.parse(text_of(bytes));
      return value && typeof value === 'object' ? value : null;
    } catch { return null; }
  }

  const LINE_MARK = '{"n":'.split('').map(sign => sign.charCodeAt(0));
  const is_entry = line => LINE_MARK.every((code, i) => line[i] === code);
  const pause = () => new Promise(resolve => setTimeout(resolve, 0));

  class Check {
    constructor(bytes, ask, progress) {
      Object.assign(this, lines_of(bytes), { bytes, ask, progress, at: 0 });
      this.report = { ok: false, entries: 0, bids: 0, accepted: 0, refused: 0, strangers: 0, bidders: 0, sealed: 0, rows: 0,
        signatures: 0, unsigned: 0, later: 0, slowest_ms: 0, played: 0 };
    }

    fail(part, n, why) { throw new Wrong(part, n, this.at + 1, `verify.bundle_${why}`); }

    head() {
      const head = this.lines.length > 1 ? parsed(this.lines[0]) : null;
      if (!head || head.bundle !== 'techbourse lot bundle' || head.version !== 1) this.fail('head', 0, 'none');
      this.at = 1;
      const rules = parsed(this.lines[1]);
      if (!rules || typeof rules.mode !== 'string' || !Array.isArray(rules.tiers)) this.fail('rules', 0, 'rules');
      Object.assign(this.report, { exchange: head.exchange, lot: head.lot, title: head.title, mode: rules.mode });
      this.engine = rules.mode === 'ascending' ? new Ascending(rules) : null;
      this.hash = sm3(join(bytes_of('techbourse lot log 1\n'), this.lines[1]));
      this.heads = [this.hash];
      this.stamps = [0];
      this.rows = this.lines.map(line => line[2] === 114 && !is_entry(line) ? parsed(line) : null).filter(row => row && row.row);
      this.marks = new Map();
      for (const { row, marks } of this.rows)
        for (let i = 0; typeof marks === 'string' && 8 * i < marks.length; i++)
          this.marks.set(row.first + i, marks.slice(8 * i, 8 * i + 8));
      this.at = 2;
    }

    count(entry) {
      const report = this.report, bid = ['bid', 'confirm', 'take', 'cancel'].includes(entry.act);
      report.sealed += 'sealed' in entry;
      if (!bid) return;
      report.bids++;
      report[entry.reason === null ? 'accepted' : 'refused']++;
      report.strangers += entry.reason !== null && entry.bidder === '';
    }

    play(entry, n) {
      if (Number(entry.bidder) > this.report.bidders) this.fail('entry', n, 'admit');
      if (!this.engine) return;
      const answer = this.engine.play(entry);
      for (const name of ['reason', 'seq', 'price', 'end_ms', 'state'])
        if (answer[name] !== entry[name]) this.fail('entry', n, 'answer');
      this.report.played++;
    }

    entry(line) {
      const n = this.report.entries + 1, entry = parsed(line);
      if (!entry || !Number.isSafeInteger(entry.t_ms) || typeof entry.act !== 'string') this.fail('entry', n, 'line');
      if (entry.n !== n) this.fail('entry', n, 'order');
      this.hash = sm3(join(this.hash, line));
      if (this.marks.has(n) && this.marks.get(n) !== hex(this.hash.subarray(0, 4))) this.fail('entry', n, 'chain');
      this.heads.push(this.hash);
      this.stamps.push(entry.t_ms);
      if (entry.act === 'admit') {
        if (Number(entry.bidder) !== this.report.bidders + 1) this.fail('entry', n, 'admit');
        this.report.bidders++;
        if (this.engine) this.engine.admit(entry.rank);
      } else if (entry.act !== 'open') {
        this.play(entry, n);
        this.count(entry);
      }
      this.report.first_ms ??= entry.t_ms;
      this.report.last_ms = entry.t_ms;
      this.report.entries = n;
    }

    async entries() {
      const FEW = 2000;
      for (; this.at < this.lines.length && is_entry(this.lines[this.at]); this.at++) {
        this.entry(this.lines[this.at]);
        if (this.at % FEW === 0 && this.progress) {
          this.progress(this.at, this.lines.length);
          await pause();
        }
      }
    }

    times({ row, block }) {
      for (let n = Math.max(1, row.first); n < row.first + row.count; n++) {
        const took = block.at_ms - this.stamps[n];
        this.report.later += took < 0;
        this.report.slowest_ms = Math.max(this.report.slowest_ms, took);
      }
    }

    async row(proof, next) {
      const { row, fact, path, block } = proof, last = row.first + row.count - 1, hash = hashes[block && block.algorithm];
      if (row.first !== next || !(row.count > 0)) this.fail('row', next, 'gap');
      if (last > this.report.entries) this.fail('entry', this.report.entries + 1, 'cut');
      if (hex(this.heads[last]) !== row.head) this.fail('row', next, 'head');
      if (!hash || !fact || !Array.isArray(path)) this.fail('row', next, 'line');
      const lines = this.lines.slice(1 + row.first, 2 + last).map(line => `${text_of(line)}\n`).join('');
      const own = hex(row_digest(hash, row, this.report.lot, lines));
      if (fact.table !== 'lot_log' || fact.row !== row.id || fact.digest !== own) this.fail('row', next, 'row');
      if (!climbs(hash, fact, path, block)) this.fail('row', next, 'path');
      if (block_hash(hash, block) !== block.hash) throw new Wrong('row', next, this.at + 1, 'verify.block_edited');
      await this.signature('row', next, block.signer, `techbourse head ${block.block} ${block.hash}`, block.signature);
      this.times(proof);
    }

    async signature(part, n, key, message, signature) {
      if (this.ask.key && key !== this.ask.key) throw new Wrong(part, n, this.at + 1, 'verify.other_key');
      const right = await signed(key, message, signature);
      if (right === false) throw new Wrong(part, n, this.at + 1, 'verify.bad_signature');
      this.report[right ? 'signatures' : 'unsigned']++;
    }

    async proofs() {
      let next = this.rows.length && this.rows[0].row.first === 0 ? 0 : 1, i = 0;
      for (; this.at < this.lines.length && this.lines[this.at][2] === 114 && this.lines[this.at][4] === 119; this.at++, i++) {
        const proof = parsed(this.lines[this.at]);
        if (!proof || !proof.row) this.fail('row', next, 'line');
        await this.row(proof, next);
        next = proof.row.first + proof.row.count;
        this.report.rows++;
        if (this.progress) this.progress(this.at, this.lines.length);
      }
      if (next !== this.report.entries + 1) this.fail(i ? 'row' : 'entry', next, i ? 'gap' : 'line');
    }

    result() {
      const n = this.report.entries, line = this.lines[this.at] && parsed(this.lines[this.at]), result = line && line.result;
      if (!this.lines[this.at]) this.fail('result', n, 'ended');
      if (!result || !Array.isArray(result.winners)) this.fail('result', n, 'line');
      if (result.entries !== n || result.head !== hex(this.hash)) this.fail('result', n, 'result');
      if (this.engine) {
        if (!this.engine.over) this.fail('result', n, 'open');
        const want = this.engine.final(), got = { ...result, winners: result.winners.map(({ bidder, pays }) => ({ bidder, pays })) };
        if (Object.keys(want).some(name => JSON.stringify(want[name]) !== JSON.stringify(got[name]))) this.fail('result', n, 'result');
      }
      this.report.result = result;
      this.report.hash = result.head;
      this.at++;
    }

    async end() {
      const n = this.report.entries, line = this.lines[this.at], end = line && (parsed(line) || {}).end;
      if (!line) this.fail('end', n, 'ended');
      if (!end) this.fail('end', n, 'line');
      const sum = hex(sm3(this.bytes.subarray(0, line.byteOffset - this.bytes.byteOffset)));
      if (sum !== end.sm3) this.fail('end', n, 'sum');
      await this.signature('end', n, end.key, `techbourse bundle ${this.report.lot} ${sum}`, end.signature);
      if (text_of(line) !== JSON.stringify({ end: { sm3: end.sm3, key: end.key, signature: end.signature } })) this.fail('end', n, 'line');
      this.report.key = end.key;
      this.at++;
      if (this.at !== this.lines.length || this.rest) this.fail('end', n, 'more');
    }

    receipt() {
      const { n, hash } = this.ask;
      if (!hash) return;
      this.at = -1;
      if (!(n >= 1 && n <= this.report.entries)) this.fail('receipt', n || 0, 'no_entry');
      if (hex(this.heads[n]) !== hash.trim().toLowerCase()) this.fail('receipt', n, 'receipt');
      this.report.receipt = true;
    }

    async run() {
      try {
        this.head();
        await this.entries();
        await this.proofs();
        this.result();
        await this.end();
        this.receipt();
        this.report.ok = true;
      } catch (error) {
        const { part = 'entry', n = this.report.entries + 1, line = this.at + 1, why = 'verify.bundle_line' } = error;
        Object.assign(this.report, { part, n, line, why });
      }
      return this.report;
    }
  }

  globalThis.techbourse_bundle = { check: (bytes, ask, progress) => new Check(bytes, ask || {}, progress).run(), sm3, sha256, hex };
})();

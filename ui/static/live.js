// live.js - the page of a lot while it is open: price, clock, bids and the bid button.
//
// The server's word is everything: it sends events over /live/lot/ID, and the page counts only by the
// server's clock. A bid goes to the API with a key of its own, so that pressing twice, or sending
// again after a lost answer, is one bid. When the connection is lost the browser comes back by itself
// and the page asks for the whole state anew.
'use strict';

(() => {
  const box = document.getElementById('live');
  if (!box || !window.techbourse)
    return;
  const { ask, fill, say, left_show, money_read, money_show, money_short, store } = window.techbourse;
  const words = box.dataset;
  const part = name => document.querySelector(`[data-live="${name}"]`);
  const NEAR_MS = 60 * 1000;
  const ASK_ANEW_MS = 15 * 1000;
  const BIDS_SHOWN = 200;

  const lot = {
    id: Number(words.lot),
    state: words.state,
    price: Number(words.price),
    next: Number(words.next),
    step: Number(words.step),
    end: Number(words.end),
    open: Number(words.open),
    leader: Number(words.leader),
  };
  const my_no = Number(words.no || 0);
  let ahead_ms = Number(words.now) - Date.now();    // The server's clock against ours.
  let trip_ms = Infinity;                           // Shortest way there and back so far.
  let typed = false;                                // The bidder wrote an amount of his own.

  const server_now = () => Date.now() + ahead_ms;
  const put = (name, text) => { const at = part(name); if (at && at.textContent !== text) at.textContent = text; };

  function time_full(ms) {
    const day = new Date(ms + 8 * 3600 * 1000).toISOString();
    return `${day.slice(0, 10)} ${day.slice(11, 23)}`;
  }

  // --- showing -----------------------------------------------------------------------------------

  function clock_show() {
    const waits = lot.state === 'scheduled';
    const left = (waits ? lot.open : lot.end) - server_now();
    const clock = part('clock');
    const runs = waits || lot.state === 'open';
    if (!runs)
      return;
    const text = left_show(left);
    put('clock', text);
    put('clock-head', waits ? part('clock-head').dataset.opens : part('clock-head').dataset.left);
    clock.classList.toggle('is-long', text.length > 9);
    clock.classList.toggle('is-near', !waits && left < NEAR_MS);
    const button = part('button');
    if (button) button.disabled = left <= 0;
    if (left < -2000 && server_now() - asked_ms > 3000) state_ask();
  }

  function mine_show(bid_count) {
    const line = part('mine');
    if (!line || !my_no)
      return;
    const leads = lot.leader === my_no;
    line.classList.toggle('is-leading', leads);
    line.classList.toggle('is-behind', !leads && bid_count > 0);
    put('mine-state', leads ? words.wordsLead : bid_count > 0 ? words.wordsBehind : '');
  }

  function offer_show() {
    const input = document.querySelector('[data-bid] input[name=amount_fen]');
    if (!input)
      return;
    if (!typed || money_read(input.value) < lot.next) {
      input.value = money_show(lot.next);
      typed = false;
    }
    offer_echo();
    for (const more of document.querySelectorAll('[data-more]')) {
      const raise = lot.step * Number(more.dataset.more);
      more.hidden = !lot.step;
      more.textContent = `+${money_short(raise) || money_show(raise)}`;
    }
  }

  function offer_echo() {
    const fen = money_read(document.querySelector('[data-bid] input[name=amount_fen]').value);
    put('echo', fen > 0 ? money_short(fen) : '');
    put('button', fen > 0 ? fill(words.wordsBid, money_show(fen)) : words.wordsBid.replace(/\s*%1.*/, ''));
  }

  function pulse(at) {
    at.classList.remove('tb-pulse');
    void at.offsetWidth;
    at.classList.add('tb-pulse');
  }

  function bid_row(bid) {
    const rows = part('bids');
    if (rows.querySelector(`[data-seq="${bid.seq}"]`))
      return;
    const row = document.createElement('tr');
    row.dataset.seq = bid.seq;
    row.className = 'tb-row-new';
    const cells = [
      [String(bid.seq), 'tb-num'],
      [fill(rows.dataset.wordsNo, bid.no) + (bid.no === my_no ? ` ${words.wordsOwn}` : ''), ''],
      [money_show(bid.amount_fen), 'tb-right tb-num'],
      [time_full(bid.at_ms), 'tb-right tb-when'],
    ];
    for (const [text, name] of cells) {
      const cell = row.insertCell();
      cell.textContent = text;
      cell.className = name;
    }
    const before = Array.from(rows.rows).find(other => Number(other.dataset.seq) < bid.seq);
    rows.insertBefore(row, before || null);
    while (rows.rows.length > BIDS_SHOWN)
      rows.deleteRow(-1);
    const none = part('no-bids');
    if (none) none.hidden = true;
  }

  let said_ms = 0;
  function price_say() {
    if (Date.now() - said_ms < 4000)    // A screen reader must keep up.
      return;
    said_ms = Date.now();
    say(fill(words.wordsNow, money_show(lot.price), lot.leader));
  }

  // --- what the server says ----------------------------------------------------------------------

  // Takes any of: the reply of lot.show, an event about one bid, an event with the lot's new members.
  function take(data) {
    const now = data.lot || data;
    if (data.now_ms) clock_set(data.now_ms, Infinity);
    if (now.state && now.state !== lot.state) { location.reload(); return; }
    if (now.price_fen !== undefined && now.price_fen < lot.price) return;      // Older than what we show.
    const before = { price: lot.price, end: lot.end };
    if (now.price_fen) lot.price = now.price_fen;
    if (now.next_fen) lot.next = now.next_fen;
    if (now.end_ms) lot.end = Math.max(lot.end, now.end_ms);
    if (now.leader_no) lot.leader = now.leader_no;
    const bids = data.bids || (data.bid ? [data.bid] : data.seq && data.amount_fen ? [data] : []);
    bids.slice().sort((a, b) => a.seq - b.seq).forEach(bid_row);
    const last = bids.reduce((top, bid) => (bid.seq > top.seq ? bid : top), { seq: 0 });
    if (last.seq && !now.leader_no && last.amount_fen >= lot.price) { lot.price = last.amount_fen; lot.leader = last.no; }
    show(before, now);
  }

  function show(before, now) {
    const rows = part('bids').rows;
    const bid_count = now.bid_count || Number(rows.length ? rows[0].dataset.seq : 0);
    if (lot.price) put('price', money_show(lot.price));
    put('short', lot.price ? money_short(lot.price) : '');
    put('count', String(bid_count));
    if (now.bidder_count !== undefined) put('bidders', String(now.bidder_count));
    put('end', time_full(lot.end));
    if (lot.leader) put('leader', fill(words.wordsLeader, lot.leader));
    if (lot.price !== before.price) { pulse(part('price')); beep(); price_say(); }
    if (lot.end > before.end) say(fill(words.wordsExtended, time_full(lot.end).slice(11, 19)));
    mine_show(bid_count);
    offer_show();
    clock_show();
  }

  // The shorter the way, the better the server's clock is known.
  function clock_set(now_ms, way_ms) {
    if (way_ms < trip_ms) { trip_ms = way_ms; ahead_ms = now_ms + way_ms / 2 - Date.now(); }
    else if (trip_ms === Infinity) ahead_ms = now_ms - Date.now();
  }

  let asked_ms = 0;
  async function state_ask() {
    asked_ms = server_now();
    const from = performance.now();
    try {
      const reply = await fetch(`/api/v1/lot/show?id=${lot.id}`, { headers: { Accept: 'application/json' } });
      if (!reply.ok) return;
      const data = await reply.json();
      clock_set(data.now_ms, performance.now() - from);
      delete data.now_ms;
      take(data);
    } catch { /* The next one will tell. */ }
  }

  // --- the connection ----------------------------------------------------------------------------

  let source = null, wait_ms = 500, seen_ms = Date.now();

  function lost(is) {
    const line = part('lost');
    line.hidden = !is;
    line.textContent = is ? words.wordsLost : '';
  }

  function connect() {
    source = new EventSource(`/live/lot/${lot.id}`);
    source.onopen = () => { wait_ms = 500; seen_ms = Date.now(); lost(false); state_ask(); };
    source.onerror = () => {
      lost(true);
      if (source.readyState !== EventSource.CLOSED)
        return;                         // The browser tries again by itself.
      setTimeout(connect, wait_ms + Math.random() * wait_ms);
      wait_ms = Math.min(wait_ms * 2, 15000);
    };
    const event_in = event => {
      seen_ms = Date.now();
      lost(false);
      try { take(JSON.parse(event.data)); } catch { state_ask(); }
    };
    source.onmessage = event_in;
    for (const name of ['lot', 'bid', 'state', 'lot.bid', 'lot.led', 'lot.extended', 'lot.bidders'])
      source.addEventListener(name, event_in);
    for (const name of ['gap', 'lot.opened', 'lot.paused', 'lot.resumed', 'lot.cancelled', 'lot.sold', 'lot.not_sold'])
      source.addEventListener(name, () => location.reload());
  }

  // --- bidding -----------------------------------------------------------------------------------

  const form = document.querySelector('[data-bid]');
  const key_new = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), b => b.toString(16).padStart(2, '0')).join('');
  let bid = null;       // The one under way: {amount_fen, key}; kept until the server has answered it.

  function error_show(text) {
    const line = part('error');
    line.hidden = !text;
    line.textContent = text || '';
  }

  async function bid_send(amount_fen) {
    if (!bid || bid.amount_fen !== amount_fen) bid = { amount_fen, key: key_new() };
    const button = part('button');
    button.setAttribute('aria-busy', 'true');
    try {
      const reply = await fetch('/api/v1/lot/bid', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'X-CSRF': document.body.dataset.csrf },
        body: JSON.stringify({ lot_id: lot.id, amount_fen: bid.amount_fen, key: bid.key }),
      });
      const data = await reply.json();
      if (data.error?.code === 'second') {     // The proof has become too old meanwhile.
        location.assign(`/me/second?next=${encodeURIComponent(location.pathname)}`);
        return;
      }
      bid = null;
      bid_answer(reply.ok && data.ok !== false, data, amount_fen);
    } catch {
      error_show(words.wordsFailed);    // The key stays: the same bid may go out again.
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  function bid_answer(taken, data, amount_fen) {
    const error = data.error || {};
    error_show(taken ? '' : data.message || error.message || data.reason);
    if (taken) { typed = false; say(fill(words.wordsDone, money_show(amount_fen))); }
    if (data.price_fen) take(data);
    state_ask();
  }

  if (form) {
    const input = form.querySelector('input[name=amount_fen]');
    input.addEventListener('input', () => { typed = true; error_show(''); offer_echo(); });
    form.addEventListener('click', event => {
      const more = event.target.closest('[data-more]');
      if (!more) return;
      const from = Math.max(money_read(input.value), lot.next);
      input.value = money_show(from + lot.step * Number(more.dataset.more));
      typed = true;
      offer_echo();
    });
    form.addEventListener('submit', async event => {
      event.preventDefault();
      const fen = money_read(input.value);
      if (fen <= 0) { input.focus(); return; }
      const times = Math.floor(fen / lot.next);
      if (times >= 10 && !await ask(fill(words.wordsTen, money_show(fen), times)))
        return;
      bid_send(fen);
    });
  }

  // --- a sound, for those who asked for it -------------------------------------------------------

  let audio = null;
  const sound = document.querySelector('[data-act="sound"]');
  const sound_on = () => store.get('sound') === 'on';
  function sound_show() { if (sound) sound.textContent = sound_on() ? sound.dataset.on : sound.dataset.off; }
  function beep() {
    if (!audio || !sound_on()) return;
    const tone = audio.createOscillator(), gain = audio.createGain();
    tone.frequency.value = 660;
    gain.gain.setValueAtTime(0.15, audio.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.25);
    tone.connect(gain).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.25);
  }
  if (sound) {
    sound.hidden = false;
    sound_show();
    sound.addEventListener('click', () => {
      store.set('sound', sound_on() ? 'off' : 'on');
      audio = audio || new AudioContext();
      sound_show();
      beep();
    });
  }

  // --- start -------------------------------------------------------------------------------------

  offer_show();
  clock_show();
  setInterval(clock_show, 250);
  if (lot.state === 'open' || lot.state === 'scheduled' || lot.state === 'paused') {
    connect();
    setInterval(() => { if (Date.now() - seen_ms > ASK_ANEW_MS) { seen_ms = Date.now(); state_ask(); } }, 5000);
  }
})();

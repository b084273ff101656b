// live.js - the page of a lot while it is open, in every mode, and the hall of all lots.
//
// The server's word is everything: it sends events over /live/lot/ID, each with all that has changed,
// and the page counts only by the server's clock. No event is a reason to ask the server: it is asked
// for the whole state only after a gap, and then not by all at the same moment. An act goes to the API
// with a key of its own, so that pressing twice, or sending again after a lost answer, is one act. When
// the line is cut the browser comes back by itself and names the last event that it saw.
'use strict';

(() => {
  if (!window.techbourse)
    return;
  const { ask, fill, say, left_show, money_read, money_show, money_short, store } = window.techbourse;
  const sleep = ms => new Promise(done => { setTimeout(done, ms); });
  const some = ms => Math.random() * ms;
  const key_new = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), b => b.toString(16).padStart(2, '0')).join('');

  // --- the server's clock ------------------------------------------------------------------------
  //
  // Counted from performance.now(), which nobody sets. Of several questions the one with the shortest
  // way there and back counts: half of it is the most that it can be wrong.

  const clock = { base: 0, way: Infinity, line: 0, known: false, asked: false };
  const server_now = () => clock.base + performance.now();

  function clock_take(now_ms, way_ms) {
    clock.line = way_ms;
    if (clock.known && way_ms > clock.way * 1.5)
      return;
    clock.base = now_ms + way_ms / 2 - performance.now();
    clock.way = way_ms;
    clock.known = true;
  }

  // False: no answer.
  async function clock_ask() {
    const from = performance.now();
    try {
      const reply = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
      const now_ms = Number(reply.headers.get('x-now-ms'));
      if (!reply.ok || !now_ms) return false;
      clock_take(now_ms, performance.now() - from);
      clock.asked = true;
      clock.way *= 1.02;        // A clock that was right an hour ago may be a little off now.
      return true;
    } catch { return false; }
  }

  // --- the line ----------------------------------------------------------------------------------

  const BACK_MIN_MS = 500, BACK_MAX_MS = 15000;

  // Follows a channel and comes back, always with the last event that was seen. `on` has open, lost,
  // event(name, data) and gap.
  function follow(channel, last, names, on) {
    let wait_ms = BACK_MIN_MS, source = null, timer = 0;
    const seen = event => { if (event.lastEventId) last = Number(event.lastEventId); };
    function connect() {
      clearTimeout(timer);
      source = new EventSource(`/live/${channel}?last=${last}`);
      source.onopen = () => { wait_ms = BACK_MIN_MS; on.open(); };
      source.onerror = () => {
        on.lost();
        if (source.readyState !== EventSource.CLOSED)
          return;                       // The browser tries again by itself, and names the event.
        timer = setTimeout(connect, wait_ms + some(wait_ms));
        wait_ms = Math.min(wait_ms * 2, BACK_MAX_MS);
      };
      for (const name of names)
        source.addEventListener(name, event => {
          seen(event);
          try { on.event(JSON.parse(event.data)); } catch { on.gap(); }
        });
      source.addEventListener('gap', () => on.gap());
    }
    connect();
    // A browser may take minutes to notice that the line is gone; it is told at once that it is back.
    window.addEventListener('online', () => { source.close(); connect(); });
    window.addEventListener('offline', () => on.lost());
  }

  // --- the hall ----------------------------------------------------------------------------------

  function hall_begin(hall) {
    const cards = id => document.querySelectorAll(`[data-lot-card="${id}"]`);
    let asked = false;

    async function hall_anew() {
      if (asked) return;
      asked = true;
      await sleep(some(3000));
      asked = false;
      try {
        const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
        for (const at of document.querySelectorAll('[data-hall-part]'))
          at.replaceWith(page.querySelector(`[data-hall-part="${at.dataset.hallPart}"]`) || at);
      } catch { /* The next event will tell. */ }
    }

    function lot_take(lot) {
      for (const card of cards(lot.id)) {
        if (card.dataset.state !== lot.state) { hall_anew(); return; }
        const put = (name, text) => { const at = card.querySelector(`[data-card="${name}"]`); if (at && at.textContent !== text) at.textContent = text; };
        if (lot.price_fen) put('price', money_show(lot.price_fen));
        const count = card.querySelector('[data-card="count"]');
        if (count && lot.bid_count) count.textContent = fill(count.dataset.words, lot.bid_count);
        const until = card.querySelector('[data-until]');
        if (until && lot.state === 'open') until.dataset.until = lot.end_ms;
      }
    }

    follow('lots', Number(hall.dataset.last), ['lots'], {
      open() {}, lost() {},
      gap: hall_anew,
      event(data) { if (data.many) hall_anew(); else data.lots.forEach(lot_take); },
    });
  }

  const hall = document.getElementById('hall');
  if (hall) hall_begin(hall);

  // --- a lot -------------------------------------------------------------------------------------

  const box = document.getElementById('live');
  if (!box)
    return;
  const lot = JSON.parse(box.dataset.all);
  const words = lot.words;
  const part = name => document.querySelector(`[data-live="${name}"]`);
  const put = (name, text) => { const at = part(name); if (at && at.textContent !== text) at.textContent = text; };
  const forms = Array.from(document.querySelectorAll('form[data-bid]'));
  const form = forms.find(at => at.dataset.bid !== 'retract');
  const input = form && form.querySelector('input[name=amount_fen]');
  const takes = form && form.dataset.bid === 'take';
  const NEAR_MS = 60 * 1000;
  const BIDS_SHOWN = 200;
  let typed = false;            // The bidder wrote an amount of his own.
  let shown_ms = lot.now_ms;    // Of the newest state on the page.

  clock_take(lot.now_ms, 500);

  function time_full(ms) {
    const day = new Date(ms + 8 * 3600 * 1000).toISOString();
    return `${day.slice(0, 10)} ${day.slice(11, 23)}`;
  }

  const over = () => !['scheduled', 'open', 'paused'].includes(lot.state);
  const falls = () => lot.drop_fen > 0 && lot.state === 'open' && ['dutch', 'open'].includes(lot.stage);

  // --- showing -----------------------------------------------------------------------------------

  // The price falls by itself: the server says when, and the page counts.
  function price_fall(now) {
    if (!falls() || !lot.next_drop_ms || now < lot.next_drop_ms)
      return;
    const drops = 1 + Math.floor((now - lot.next_drop_ms) / lot.drop_every_ms);
    lot.price_fen = Math.max(lot.floor_fen, lot.price_fen - drops * lot.drop_fen);
    lot.next_drop_ms += drops * lot.drop_every_ms;
    put('price', money_show(lot.price_fen));
    put('short', money_short(lot.price_fen));
    pulse(part('price'));
    tone(440);
    price_say(words.fell);
    offer_show();
  }

  function fall_show(now) {
    const at = part('fall');
    if (!at) return;
    const last = lot.price_fen <= lot.floor_fen;
    at.hidden = !falls();
    put('fall-to', last ? words.floor : fill(words.falls_to, money_show(Math.max(lot.floor_fen, lot.price_fen - lot.drop_fen))));
    put('fall-clock', last ? '' : left_show(lot.next_drop_ms - now));
    part('fall-bar').style.transform = `scaleX(${last ? 0 : Math.max(0, Math.min(1, (lot.next_drop_ms - now) / lot.drop_every_ms))})`;
  }

  let minute_said = false;
  function clock_show() {
    const now = server_now(), waits = lot.state === 'scheduled';
    if (!waits && lot.state !== 'open')
      return;
    const left = (waits ? lot.open_ms : lot.end_ms) - now;
    const text = left_show(left), at = part('clock');
    price_fall(now);
    fall_show(now);
    put('clock', text);
    put('clock-head', waits ? words.opens : words.left);
    at.classList.toggle('is-long', text.length > 9);
    at.classList.toggle('is-near', !waits && left < NEAR_MS);
    if (form) part('button').disabled = left <= 0;
    if (left >= NEAR_MS) minute_said = false;
    else if (!waits && left > 0 && !minute_said) { minute_said = true; say(words.last_minute); tone(880, 2); }
    if (left < -3000) state_ask(4000);
  }

  function mine_show() {
    const line = part('mine');
    if (!line || !lot.no || lot.mode !== 'ascending')
      return;
    const leads = lot.leader_no === lot.no, was = line.classList.contains('is-leading');
    line.classList.toggle('is-leading', leads);
    if (leads) lot.has_bid = true;
    line.classList.toggle('is-behind', !leads && lot.has_bid);
    put('mine-state', leads ? words.leading : lot.has_bid ? words.behind : words.not_bid_yet);
    if (was && !leads) { say(words.behind); tone(220, 2); }
  }

  const button_words = { amount: words.amount, sealed: words.sealed, take: words.take, best: words.best };

  function offer_show() {
    if (!form)
      return;
    if (takes) input.value = money_show(lot.price_fen || lot.start_fen);
    else if (form.dataset.bid === 'amount' && (!typed || money_read(input.value) < lot.next_fen)) {
      input.value = money_show(lot.next_fen);
      typed = false;
    }
    offer_echo();
    for (const more of document.querySelectorAll('[data-more]')) {
      const raise = lot.step_fen * Number(more.dataset.more);
      more.hidden = !lot.step_fen;
      more.textContent = `+${money_short(raise) || money_show(raise)}`;
    }
  }

  function offer_echo() {
    const fen = money_read(input.value), text = 'change' in form.dataset ? words.change : button_words[form.dataset.bid];
    put('echo', fen > 0 ? money_short(fen) : '');
    put('button', fen > 0 ? fill(text, money_show(fen)) : text.replace(/\s*%1.*/, ''));
  }

  function pulse(at) {
    at.classList.remove('tb-pulse');
    void at.offsetWidth;
    at.classList.add('tb-pulse');
  }

  const seq_of = row => Number(row.dataset.seq);

  // The bids between two rows that an event had no room for.
  function gap_row(rows, row) {
    const next = row.nextElementSibling;
    const missing = next && next.dataset.seq ? seq_of(row) - seq_of(next) - 1 : 0;
    if (missing <= 0)
      return;
    const line = document.createElement('tr'), cell = line.insertCell(), more = document.createElement('button');
    line.className = 'tb-more-row';
    cell.colSpan = 4;
    more.type = 'button';
    more.className = 'tb-plain';
    more.textContent = fill(words.bids_between, missing);
    more.addEventListener('click', () => { line.remove(); state_ask(0); });
    cell.append(more);
    rows.insertBefore(line, next);
  }

  function bid_row(bid) {
    const rows = part('bids');
    if (rows.querySelector(`[data-seq="${bid.seq}"]`))
      return null;
    const row = document.createElement('tr');
    row.dataset.seq = bid.seq;
    row.className = 'tb-row-new';
    const cells = [
      [String(bid.seq), 'tb-num'],
      [fill(rows.dataset.wordsNo, bid.no) + (bid.no === lot.no ? ` ${words.own}` : ''), ''],
      [money_show(bid.amount_fen), 'tb-right tb-num'],
      [time_full(bid.at_ms), 'tb-right tb-when'],
    ];
    for (const [text, name] of cells) {
      const cell = row.insertCell();
      cell.textContent = text;
      cell.className = name;
    }
    const before = Array.from(rows.rows).find(other => seq_of(other) < bid.seq);
    rows.insertBefore(row, before || null);
    while (rows.rows.length > BIDS_SHOWN)
      rows.deleteRow(-1);
    return row;
  }

  function bids_show(bids) {
    if (!bids || !bids.length)
      return;
    const made = bids.slice().sort((a, b) => a.seq - b.seq).map(bid_row).filter(row => row);
    document.querySelectorAll('.tb-more-row').forEach(line => {
      const above = line.previousElementSibling, below = line.nextElementSibling;
      if (above && below && seq_of(above) - seq_of(below) <= 1) line.remove();
    });
    if (made.length && made[0].isConnected) gap_row(part('bids'), made[0]);
    const none = part('no-bids');
    if (none) none.hidden = true;
  }

  let said_ms = 0;
  function price_say(text) {
    if (Date.now() - said_ms < 4000)    // A screen reader must keep up.
      return;
    said_ms = Date.now();
    say(fill(text, money_show(lot.price_fen), lot.leader_no));
  }

  // --- what the server says ----------------------------------------------------------------------

  // Another state or stage. Who takes part gets the page anew, with the form that belongs to it; the
  // many who watch do not all ask at the same moment, so theirs is changed where it stands.
  function stage_change(now, winner) {
    const opened = lot.state === 'scheduled' && now.state === 'open';
    if (lot.takes_part) { setTimeout(() => location.reload(), some(300)); return; }
    Object.assign(lot, now);
    put('state', words.states[lot.state] || lot.state);
    part('state').className = `tb-state s-${lot.state}`;
    box.dataset.state = lot.state;
    box.classList.toggle('is-open', lot.state === 'open');
    if (opened) say(words.opened);
    if (over()) over_show(winner);
    else if (lot.stage !== 'open') state_ask(5000);
  }

  function over_show(winner) {
    const line = part('ended'), again = document.createElement('a');
    const sold = lot.state === 'sold' && winner;
    const text = sold ? fill(words.sold_to, winner.no) : words.ended;
    again.href = location.pathname;
    again.textContent = words.read_anew;
    line.replaceChildren(document.createElement('p'));
    if (sold && winner.org_id) {          // Public once it is sold.
      const firm = document.createElement('a');
      firm.href = `/org/${winner.org_id}`;
      firm.textContent = winner.org;
      line.firstChild.append(`${text} `, firm, ' · ', again);
    } else {
      line.firstChild.append(`${text} · `, again);
    }
    line.hidden = false;
    put('clock', words.ended);
    put('clock-head', '');
    if (lot.price_fen) put('price', money_show(lot.price_fen));
    if (sold) put('price-head', words.deal_price);
    part('clock').classList.add('is-long');
    const fall = part('fall');
    if (fall) fall.hidden = true;
    say(text);
  }

  // An event, or the reply of lot.show.
  function take(data) {
    const now = data.lot;
    if (!now || (data.now_ms && data.now_ms < shown_ms))
      return;                           // Older than what we show.
    if (data.now_ms) shown_ms = data.now_ms;
    const stage = now.stage || now.state;
    if (now.state !== lot.state || stage !== lot.stage || (now.round || 0) !== lot.round) {
      stage_change({ ...now, stage, round: now.round || 0 }, data.winner);
      bids_show(data.bids);
      return;
    }
    const before = { price: lot.price_fen, end: lot.end_ms };
    for (const name of Object.keys(lot))
      if (typeof now[name] === 'number') lot[name] = now[name];
    bids_show(data.bids);
    show(before);
  }

  function show(before) {
    if (lot.price_fen) put('price', money_show(lot.price_fen));
    put('short', lot.price_fen ? money_short(lot.price_fen) : '');
    put('count', String(lot.bid_count));
    put('bidders', String(lot.bidder_count));
    put('end', time_full(lot.end_ms));
    const units = part('units');
    if (units) units.textContent = fill(units.dataset.words, lot.left_units);
    if (lot.leader_no) put('leader', fill(words.leader, lot.leader_no));
    if (lot.price_fen !== before.price) { pulse(part('price')); tone(660); if (lot.leader_no) price_say(words.now); }
    if (lot.end_ms > before.end && before.end) say(fill(words.extended, time_full(lot.end_ms).slice(11, 19)));
    mine_show();
    offer_show();
    clock_show();
  }

  // The whole state, after a moment that is another for each who asks; one question at a time, and no
  // two within ASK_REST_MS unless somebody pressed.
  const ASK_REST_MS = 3000;
  let asking = false, asked_at = -Infinity;
  async function state_ask(within_ms) {
    if (asking || (within_ms && performance.now() - asked_at < ASK_REST_MS))
      return;
    asking = true;
    await sleep(some(within_ms));
    try {
      const from = performance.now();
      const reply = await fetch(`/api/v1/lot/show?id=${lot.id}`, { headers: { Accept: 'application/json' } });
      if (reply.ok) {
        const data = await reply.json();
        clock_take(data.now_ms, performance.now() - from);
        take(data);
      }
    } catch { /* The next event will tell. */ }
    asked_at = performance.now();
    asking = false;
  }

  // --- the line and the clock, as they are -------------------------------------------------------

  const link = { open: false, was_lost: false };

  function link_show(text) {
    const line = part('link');
    if (!line) return;
    const off = Math.round(server_now() - Date.now());
    const far = clock.asked && clock.way < 2000 && Math.abs(off) > 1000;
    const level = !link.open ? 0 : !clock.asked ? 3 : clock.line < 150 ? 4 : clock.line < 400 ? 3 : clock.line < 1000 ? 2 : 1;
    line.hidden = false;
    part('bars').dataset.level = level;
    line.classList.toggle('is-lost', !link.open);
    line.classList.toggle('is-far', far);
    const drift = far ? fill(words.drift_far, (off / 1000).toFixed(1)) : fill(words.drift, Math.abs(off), Math.round(clock.line));
    const known = clock.asked ? ` · ${drift}` : '';
    put('link-words', text || (link.open ? words.link + known : link.was_lost ? words.lost : words.link_try));
  }

  async function clock_tend() {
    for (let i = 0; i < 3; i += 1) {    // Now and then the way is long by chance.
      await sleep(200 + some(500));
      await clock_ask();
    }
    link_show();
    for (;;) {
      await sleep(30000 + some(15000));
      if (document.hidden || over()) continue;
      await clock_ask();
      link_show();
    }
  }

  function lot_follow() {
    follow(`lot/${lot.id}`, lot.last, ['lot'], {
      open() {
        const back = link.was_lost;
        Object.assign(link, { open: true, was_lost: false });
        link_show(back ? words.link_back : '');
        if (back) { setTimeout(link_show, 4000); act_again(); }
      },
      lost() {
        Object.assign(link, { open: false, was_lost: true });
        link_show();
      },
      gap() { state_ask(1500); },
      event: take,
    });
  }

  // --- acts --------------------------------------------------------------------------------------
  //
  // One act at a time. Its key is kept until the server has answered, over a reload as well: whatever
  // is sent again under it is the same act.

  const TRY_MS = 30 * 1000;
  const ops = { amount: 'bid', sealed: 'bid', best: 'bid', take: 'take', retract: 'retract' };
  const kept = `bid:${lot.id}`;
  let act = null;

  function act_begin(kind, amount_fen, confirmed) {
    let old = null;
    try { old = JSON.parse(sessionStorage.getItem(kept)); } catch { /* None. */ }
    const same = old && old.kind === kind && old.amount_fen === amount_fen && Date.now() - old.at < TRY_MS * 4;
    act = { kind, amount_fen, confirmed, key: same ? old.key : key_new(), at: Date.now(), until: performance.now() + TRY_MS };
    try { sessionStorage.setItem(kept, JSON.stringify({ ...act, until: 0 })); } catch { /* Full or forbidden. */ }
  }

  function act_end() {
    act = null;
    try { sessionStorage.removeItem(kept); } catch { /* The same. */ }
  }

  function error_show(text) {
    const line = part('error');
    if (!line) return;
    line.hidden = !text;
    line.textContent = text || '';
  }

  const busy_show = busy => forms.forEach(at => {
    const button = at.querySelector('button:not([type=button])');
    if (busy) button.setAttribute('aria-busy', 'true'); else button.removeAttribute('aria-busy');
  });

  async function act_send() {
    const body = { lot_id: lot.id, key: act.key };
    if (act.kind !== 'retract') body.amount_fen = act.amount_fen;
    if (act.confirmed) body.confirmed = true;
    const reply = await fetch(`/api/v1/lot/${ops[act.kind]}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'X-CSRF': document.body.dataset.csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    });
    return { ok: reply.ok, data: await reply.json() };
  }

  // Until the server has answered, or it has been tried for TRY_MS.
  let trying = false;
  async function act_try() {
    if (trying) return;
    trying = true;
    busy_show(true);
    while (act) {
      try {
        const { ok, data } = await act_send();
        const done = act;
        act_end();
        act_answer(ok && data.ok !== false, data, done);
      } catch {
        if (performance.now() > act.until) { error_show(words.failed); act = null; break; }
        error_show(words.again);
        await Promise.race([sleep(1000 + some(500)), new Promise(done => { act.wake = done; })]);
      }
    }
    busy_show(false);
    trying = false;
  }

  function act_again() { if (act && act.wake) act.wake(); }

  function act_answer(taken, data, done) {
    const error = data.error || {};
    if (error.code === 'second') {       // The proof has become too old meanwhile.
      location.assign(`/me/second?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    error_show(taken ? '' : data.message || error.message || data.reason);
    if (taken) {
      typed = false;
      say(done.kind === 'retract' ? words.states[lot.state] : fill(words.done, money_show(done.amount_fen)));
    }
    if (taken && done.kind !== 'amount') { location.reload(); return; }   // The form is another now.
    const before = { price: lot.price_fen, end: lot.end_ms };
    if (data.price_fen && (data.price_fen > lot.price_fen || takes)) lot.price_fen = data.price_fen;
    if (data.next_fen && data.next_fen > lot.next_fen) lot.next_fen = data.next_fen;
    if (data.end_ms > lot.end_ms) lot.end_ms = data.end_ms;
    if (taken && data.price_fen === done.amount_fen && lot.price_fen === done.amount_fen) {
      lot.leader_no = data.no;
      lot.bid_count = Math.max(lot.bid_count, data.seq);
      bids_show([{ seq: data.seq, no: data.no, amount_fen: data.amount_fen, at_ms: data.at_ms }]);
    }
    show(before);
    if (!taken && takes) state_ask(0);
  }

  async function form_send(at) {
    const kind = at.dataset.bid;
    if (act) return;                     // Pressed twice: the first is on its way.
    if (kind === 'retract') {
      if (await ask(words.retract_sure)) { act_begin(kind, 0, false); act_try(); }
      return;
    }
    const fen = money_read(input.value);
    if (fen <= 0) { input.focus(); return; }
    const least = takes ? 0 : lot.next_fen || lot.start_fen;
    const times = least ? Math.floor(fen / least) : 0;
    if (times >= 10 && !await ask(fill(words.ten, money_show(fen), times)))
      return;
    if (act) return;
    error_show('');
    act_begin(kind, fen, times >= 10);
    act_try();
  }

  for (const at of forms)
    at.addEventListener('submit', event => { event.preventDefault(); form_send(at); });

  function raise(steps) {
    if (!form || form.dataset.bid !== 'amount' || !lot.step_fen) return;
    const from = Math.max(money_read(input.value), lot.next_fen);
    input.value = money_show(from + lot.step_fen * steps);
    typed = true;
    offer_echo();
  }

  if (form && !takes) {
    input.addEventListener('input', () => { typed = true; error_show(''); offer_echo(); });
    form.addEventListener('click', event => {
      const more = event.target.closest('[data-more]');
      if (more) raise(Number(more.dataset.more));
    });
  }

  // --- a sound, for those who asked for it -------------------------------------------------------

  let audio = null;
  const sound = document.querySelector('[data-act="sound"]');
  const sound_on = () => store.get('sound') === 'on';
  function sound_show() {
    sound.textContent = sound_on() ? sound.dataset.on : sound.dataset.off;
    sound.setAttribute('aria-pressed', String(sound_on()));
  }
  // Browsers let a page sound only once somebody has touched it.
  function audio_begin() { if (!audio && sound_on() && window.AudioContext) audio = new AudioContext(); }
  function tone(hertz, times = 1) {
    if (!audio || !sound_on()) return;
    for (let i = 0; i < times; i += 1) {
      const from = audio.currentTime + i * 0.3, at = audio.createOscillator(), gain = audio.createGain();
      at.frequency.value = hertz;
      gain.gain.setValueAtTime(0.15, from);
      gain.gain.exponentialRampToValueAtTime(0.001, from + 0.25);
      at.connect(gain).connect(audio.destination);
      at.start(from);
      at.stop(from + 0.25);
    }
  }
  function sound_switch() {
    store.set('sound', sound_on() ? 'off' : 'on');
    audio_begin();
    sound_show();
    tone(660);
  }
  if (sound) {
    sound.hidden = false;
    sound_show();
    sound.addEventListener('click', sound_switch);
    document.addEventListener('pointerdown', audio_begin, { once: true });
    document.addEventListener('keydown', audio_begin, { once: true });
  }

  // --- keys: never while something is typed, never with another key held -------------------------

  const help = part('keys'), help_button = part('keys-open');
  const help_open = () => { if (help && !help.open) help.showModal(); };
  const keys = {
    b: () => { if (takes) part('button').focus(); else if (form) { input.focus(); input.select(); } },
    1: () => raise(1),
    3: () => raise(3),
    0: () => raise(10),
    s: () => { if (sound) sound_switch(); },
    p: () => say(['price-head', 'price', 'leader', 'clock-head', 'clock'].map(name => part(name)?.textContent || '').join(' ')),
    '?': help_open,
    '？': help_open,
  };
  document.addEventListener('keydown', event => {
    const busy = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
    if (busy || document.querySelector('dialog[open]') || event.target.closest('input, select, textarea, [contenteditable]'))
      return;
    const go = keys[event.key.toLowerCase()];
    if (go) { event.preventDefault(); go(); }
  });
  if (help_button) {
    help_button.hidden = false;
    help_button.addEventListener('click', help_open);
    part('keys-close').addEventListener('click', () => help.close());
  }

  // --- start -------------------------------------------------------------------------------------

  if (over())
    return;
  offer_show();
  clock_show();
  link_show();
  setInterval(clock_show, 250);
  lot_follow();
  clock_tend();
})();

// verify.js - the page that checks a lot: takes its bundle from the exchange, or a file, checks it here
// by bundle.js and says in words what was checked and what was not. Nothing is sent anywhere.
'use strict';

(() => {
  const box = document.getElementById('verify');
  if (!box || !window.techbourse || !window.techbourse_bundle)
    return;
  const { fill, say } = window.techbourse;
  const words = JSON.parse(box.dataset.words);
  const part = name => box.querySelector(`[data-verify="${name}"]`);
  const field = name => document.getElementById(`i-${name}`).value.trim();
  const time = ms => new Date(ms + 8 * 3600 * 1000).toISOString().replace('T', ' ').slice(0, 23);
  const money = text => text.replace(/\B(?=(\d{3})+\.)/g, ',');
  let bytes = null, run = 0;

  function line(text, kind) {
    const item = document.createElement('li'), mark = document.createElement('span'), label = document.createElement('b');
    item.className = `is-${kind}`;
    mark.setAttribute('aria-hidden', 'true');
    mark.textContent = { done: '✓', wrong: '✕', left: '–' }[kind];
    label.className = 'tb-say';
    label.textContent = words[kind];
    item.append(mark, label, ` ${text}`);
    return item;
  }

  function result_lines({ result }) {
    const lines = [fill(words[result.state] || result.state)];
    for (const { bidder, pays, name } of result.winners)
      lines.push(fill(words.winner, bidder, name, money(pays)));
    return lines;
  }

  function checked(report) {
    const lines = [
      fill(words.entries, report.entries, report.bids, report.accepted, report.refused),
      fill(words.rows, report.rows, report.slowest_ms),
    ];
    if (report.played) lines.push(fill(words.played, report.played));
    if (report.signatures) lines.push(fill(words.signatures, report.signatures));
    if (report.receipt) lines.push(words.receipt);
    return lines;
  }

  function unchecked(report, ask) {
    const lines = [];
    if (report.mode !== 'ascending') lines.push(words.unplayed);
    if (report.sealed) lines.push(fill(words.sealed, report.sealed));
    if (report.unsigned) lines.push(fill(words.unsigned, report.unsigned));
    if (!ask.key) lines.push(words.own_key);
    if (!ask.hash) lines.push(words.no_receipt);
    if (report.strangers) lines.push(fill(words.strangers, report.strangers));
    if (report.later) lines.push(fill(words.later, report.later));
    return lines;
  }

  function fact(name, text) {
    const row = document.createElement('div'), term = document.createElement('dt'), value = document.createElement('dd');
    row.className = 'tb-full';
    term.textContent = name;
    value.textContent = text;
    value.className = 'tb-mono';
    row.append(term, value);
    return row;
  }

  function show(report, ask, took_ms) {
    const head = part('head'), other = report.ok && Number(box.dataset.lot) !== report.lot;
    const why = report.ok ? '' : fill(report.line > 0 ? words.first : words.entry, report.n, report.line, words[report.why] || report.why);
    head.className = `tb-flash ${report.ok ? 'k-done' : 'k-error'}`;
    head.querySelector('h2').textContent = report.ok ? words.well : words.bad;
    head.querySelector('p').textContent = report.ok
      ? fill(words.of, report.lot, report.title, report.exchange) + (other ? ` ${words.other_lot}` : '') : why;
    part('checked').replaceChildren(...(report.ok ? [...checked(report), ...result_lines(report)] : []).map(text => line(text, 'done')),
      ...report.ok ? [] : [line(why, 'wrong')]);
    part('unchecked').replaceChildren(...report.ok ? unchecked(report, ask).map(text => line(text, 'left')) : []);
    part('left').hidden = !report.ok;
    part('facts').replaceChildren(...report.ok ? [fact(words.hash, report.hash), fact(words.key, report.key),
      fact(words.from_to, report.entries ? `${time(report.first_ms)} – ${time(report.last_ms)}` : '')] : []);
    part('took').textContent = fill(words.took, bytes.length.toLocaleString('en'), Math.round(took_ms));
    part('result').hidden = false;
    box.dataset.state = report.ok ? 'right' : 'wrong';
    say(`${head.querySelector('h2').textContent} ${head.querySelector('p').textContent}`);
  }

  function progress(at, all) {
    const bar = part('progress');
    bar.max = all;
    bar.value = at;
    part('doing').textContent = fill(words.doing, at, all);
  }

  async function check() {
    if (!bytes) return;
    const own = ++run, ask = { key: field('key').toLowerCase(), n: Number(field('n')), hash: field('hash') }, from = performance.now();
    part('result').hidden = true;
    part('waiting').hidden = false;
    box.dataset.state = 'busy';
    progress(0, 1);
    const report = await window.techbourse_bundle.check(bytes, ask, progress);
    if (own !== run) return;
    part('waiting').hidden = true;
    show(report, ask, performance.now() - from);
  }

  function failed(text) {
    part('waiting').hidden = true;
    part('error').textContent = text;
    part('error').hidden = false;
    box.dataset.state = 'none';
  }

  async function take(file) {
    if (!file) return;
    part('error').hidden = true;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
      await check();
    } catch { failed(words.no_file); }
  }

  async function fetch_bundle() {
    part('waiting').hidden = false;
    part('doing').textContent = words.fetching;
    part('progress').removeAttribute('value');
    try {
      const answer = await fetch(box.dataset.bundle);
      if (!answer.ok) { failed(words.no_bundle); return; }
      await take(await answer.blob());
    } catch { failed(words.no_bundle); }
  }

  const input = document.getElementById('i-bundle');
  input.addEventListener('change', () => take(input.files[0]));
  part('drop').addEventListener('drop', event => take(event.dataTransfer.files[0]));
  document.getElementById('ask-form').addEventListener('submit', event => {
    event.preventDefault();
    if (bytes) check(); else failed(words.no_file);
  });
  if (box.dataset.bundle) fetch_bundle(); else box.dataset.state = 'none';
})();

// checking.mjs - anybody checks a lot in the browser: the exchange's bundle, one that was changed, a receipt; what
// could not be checked is said. A bidder has her receipt, the operator the confirmation of the sale.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, main, person, prove } from './lib.mjs';

const SOLD = 1, OPEN = 12;     // Lots of the demonstration.
const state = page => page.waitForFunction(() => /^(right|wrong|none)$/.test(document.getElementById('verify').dataset.state))
  .then(() => page.locator('#verify').getAttribute('data-state'));
const shown = (page, part) => page.locator(`[data-verify="${part}"]`).innerText();

async function bundle_of(page, lot) {
  const answer = await page.request.get(`/lot/${lot}/bundle`);
  assert.equal(answer.status(), 200);
  assert.match(answer.headers()['content-disposition'], /attachment; filename="lot-1.jsonl"/);
  return answer.text();
}

async function checks(page) {
  await page.goto(`/lot/${SOLD}/verify`);
  assert.equal(await state(page), 'right');
  const words = await shown(page, 'checked');
  for (const part of [/\d+ entries follow each other/, /judged again/, /signatures are right/, /Result: sold/, /Bidder \d+, .+, pays [\d,.]+ yuan/])
    assert.match(words, part);
  assert.match(await shown(page, 'unchecked'), /No receipt was given/);
  assert.doesNotMatch(await shown(page, 'unchecked'), /Ed25519/);
}

// The receipt of the last entry is its hash, which the page shows.
async function receipt(page) {
  const text = await bundle_of(page, SOLD), result = JSON.parse(text.trim().split('\n').at(-2)).result;
  await page.fill('#i-n', String(result.entries));
  await page.fill('#i-hash', result.head);
  await page.fill('#i-key', JSON.parse(text.trim().split('\n').at(-1)).end.key);
  await page.click('#ask-form button');
  assert.equal(await state(page), 'right');
  assert.match(await shown(page, 'checked'), /The receipt is right/);
  assert.equal((await shown(page, 'unchecked')).trim(), '');
  await page.fill('#i-n', '1');
  await page.click('#ask-form button');
  await page.waitForSelector('#verify[data-state=wrong]');
  assert.match(await shown(page, 'head'), /Entry 1: It is not what the receipt was given for/);
  await page.goto(`/lot/${SOLD}/verify?n=${result.entries}&hash=${result.head}`);
  assert.equal(await state(page), 'right');
  assert.match(await shown(page, 'checked'), /The receipt is right/);
}

async function changed(page, place) {
  const lines = (await bundle_of(page, SOLD)).split('\n'), at = lines.findIndex(line => line.includes('"act":"bid"'));
  const n = JSON.parse(lines[at]).n, file = join(place.data, 'changed.jsonl');
  lines[at] = lines[at].replace(/"t_ms":(\d+)(\d)/, (_, head, last) => `"t_ms":${head}${(Number(last) + 1) % 10}`);
  writeFileSync(file, lines.join('\n'));
  await page.goto(`/lot/${SOLD}/verify`);
  assert.equal(await state(page), 'right');
  await page.setInputFiles('#i-bundle', file);
  await page.waitForSelector('#verify[data-state=wrong]');
  assert.match(await shown(page, 'head'), new RegExp(`Entry ${n} \\(line ${at + 1} of the file\\)`));
}

async function not_over(page) {
  await page.goto(`/lot/${OPEN}/verify`);
  assert.equal(await state(page), 'none');
  await page.waitForSelector('.tb-flash.k-warn');
  assert.equal((await page.request.get(`/lot/${OPEN}/bundle`)).status(), 409);
  await page.click('#ask-form button');
  assert.match(await shown(page, 'error'), /Choose a bundle first/);
}

async function old_browser(place) {
  const page = await person(place, { lang: 'en', width: 390, theme: 'dark' });
  await page.addInitScript(() => { crypto.subtle.importKey = () => Promise.reject(new Error('no Ed25519')); });
  await page.goto(`/lot/${SOLD}/verify`);
  assert.equal(await state(page), 'right');
  assert.match(await shown(page, 'unchecked'), /This browser has no Ed25519: \d+ signatures were not checked/);
  assert.doesNotMatch(await shown(page, 'checked'), /signatures are right/);
}

async function own_bid(firm) {
  await firm.goto('/lots?state=open');
  const ids = await firm.evaluate(() => [...document.querySelectorAll('a[href^="/lot/"]')].map(a => a.getAttribute('href').split('/')[2]));
  for (const id of new Set(ids)) {
    await firm.goto(`/lot/${id}`);
    if (await firm.locator('.tb-mine[data-live=mine]').count()) return id;
  }
  throw new Error('the firm is at no open lot');
}

async function bidder(firm) {
  const id = await own_bid(firm);
  await prove(firm, `/lot/${id}`);
  const told = await firm.evaluate(async lot => {
    const box = document.getElementById('live').dataset, fen = Number(box.next);
    const answer = await fetch('/api/v1/lot/bid', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF': document.body.dataset.csrf },
      body: JSON.stringify({ lot_id: Number(lot), amount_fen: fen, key: 'receipt-1' }) });
    return answer.json();
  }, id);
  assert.ok(told.hash, JSON.stringify(told));
  await firm.goto(`/lot/${id}/receipt?key=receipt-1`);
  await firm.waitForSelector('.tb-qr');
  const words = await firm.locator('main').innerText();
  assert.ok(words.includes(told.hash) && words.includes(`"n":${told.n},`));
  await firm.click(`a[href^="/lot/${id}/verify?n=${told.n}"]`);
  assert.equal(await firm.inputValue('#i-hash'), told.hash);
}

async function confirmation(operator, firm) {
  await operator.goto(`/lot/${SOLD}`);
  const link = operator.locator('a[href*="confirmation.pdf"]');
  const [download] = await Promise.all([operator.waitForEvent('download'), link.click()]);
  assert.match(download.suggestedFilename(), /^S\d{8}-[0-9A-F]{10}\.pdf$/);
  assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), '%PDF-');
  await firm.goto(`/lot/${SOLD}`);
  assert.equal(await firm.locator('a[href*="confirmation.pdf"]').count(), 0);
  assert.equal((await firm.request.get(`/lot/${SOLD}/confirmation.pdf`)).status(), 403);
}

await main(async place => {
  const watcher = await person(place, { lang: 'en' }), firm = await person(place, { login: 'firm2', lang: 'en' });
  const operator = await person(place, { login: 'operator', lang: 'en' });
  watcher.expects = firm.expects = /409|403|404/;
  await check('anybody checks a lot that is sold', () => checks(watcher));
  await check('a receipt is in it, another is not', () => receipt(watcher));
  await check('a changed file is found, with the entry', () => changed(watcher, place));
  await check('a lot that is not over has no bundle', () => not_over(watcher));
  await check('what a browser cannot check is said', () => old_browser(place));
  await check('a bidder has her receipt', () => bidder(firm));
  await check('the confirmation is for the parties and the operator', () => confirmation(operator, firm));
  await check('no page had trouble', async () => assert.deepEqual([...watcher.troubles, ...firm.troubles, ...operator.troubles], []));
});

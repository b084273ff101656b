// bidding.mjs - lots through browsers: three firms and a stranger without an account. One loses the
// line in the midst and comes back, one has no script; a late bid extends, a double click is one bid, ten
// times too much is asked about, and the end names the winner to all without loading the page again. Then the other modes, each to its end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, command, main, person, prove, root } from './lib.mjs';

const START_YUAN = 100000, STEP_YUAN = 5000, OPEN_S = 32, WINDOW_S = 10;
const LIVE_MS = 8000;           // A bid is seen elsewhere within this; in truth in a blink.
const yuan = amount => `${amount.toLocaleString('en-US')}.00`;
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

// --- a lot ---------------------------------------------------------------------------------------

const op = (place, as, noun, verb, args) => JSON.parse(command(noun, verb, '--data', place.data, '--as', as, '--json',
  ...Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])));

const stamp = ms => new Date(ms + 8 * 3600 * 1000).toISOString().slice(0, 19).replace('T', ' ');

const ends = seconds => stamp(Date.now() + seconds * 1000);

// The first listing that can be put into a lot: its owner has agreed to that.
let tried = 0;
function lot_open(place, terms) {
  const listings = place.listings ||= [1, 2, 3].flatMap(page =>
    JSON.parse(command('listing', 'list', '--data', place.data, '--json', '--state', 'listed', '--page', String(page))).items);
  while (tried < listings.length) {
    const { id } = listings[tried];
    tried += 1;
    try { return op(place, 'operator', 'lot', 'open', { listing_id: id, start_fen: START_YUAN, ...terms() }).id; } catch { /* No consent: the next. */ }
  }
  throw new Error('no listing can be put into a lot');
}

function admit(place, lot_id, logins) {
  for (const login of logins)
    op(place, 'operator', 'lot', 'admit', { id: op(place, login, 'lot', 'enter', { lot_id }).id });
}

// --- looking at a page ---------------------------------------------------------------------------

const has = (page, part, text) => page.waitForFunction(
  ([name, want]) => document.querySelector(`[data-live="${name}"]`)?.textContent.includes(want), [part, text], { timeout: LIVE_MS });
const price_is = (page, amount) => has(page, 'price', yuan(amount));
const connected = page => page.waitForFunction(() => document.querySelector('[data-live=bars]')?.dataset.level > 0, null, { timeout: LIVE_MS });
const mark = page => page.evaluate(() => { window.same_page = true; });
const marked = page => page.evaluate(() => window.same_page === true);

// A page that watches a lot loads itself anew when the lot changes its stage: then it is asked for again.
async function visit(page, path) {
  try { await page.goto(path); } catch (error) {
    if (!/interrupted by another navigation/.test(error.message)) throw error;
    await page.goto(path);
  }
}

async function bid(bidder, amount) {
  await bidder.fill('#i-amount_fen', String(amount));
  await bidder.click('[data-live=button]');
}

async function axe_finds(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => `${node.target} ${node.any[0]?.message || ''}`).join(' | ')}`);
}

// --- the play ------------------------------------------------------------------------------------

async function all_see(one, others) {
  await bid(one, START_YUAN);
  await Promise.all([one, ...others].map(page => price_is(page, START_YUAN)));
  await one.waitForSelector('[data-live=mine].is-leading');
  for (const page of others)
    assert.ok(await marked(page), 'nobody had to load the page again');
}

async function topped(one, two, watcher) {
  await two.click('[data-more="3"]');
  assert.equal(await two.inputValue('#i-amount_fen'), yuan(START_YUAN + 4 * STEP_YUAN), 'three steps above the next');
  await two.click('[data-live=button]');
  await one.waitForSelector('[data-live=mine].is-behind');
  await has(one, 'mine-state', '已被超过');
  await has(watcher, 'bids', yuan(START_YUAN + 4 * STEP_YUAN));
}

// Two presses, and the same request once more: one row.
async function pressed_twice(one, watcher, amount) {
  await one.fill('#i-amount_fen', String(amount));
  await one.dblclick('[data-live=button]');
  await price_is(watcher, amount);
  await one.waitForSelector('[data-live=mine].is-leading');
  assert.equal(await watcher.locator('[data-live=bids] tr', { hasText: yuan(amount) }).count(), 1);
  assert.ok(!await one.locator('[data-live=error]').isVisible(), 'and nothing is refused');
}

async function ten_times(two, watcher, before) {
  await bid(two, before * 12);
  const asked = two.locator('#ask');
  await asked.waitFor({ state: 'visible' });
  assert.match(await asked.innerText(), /倍/);
  await asked.locator('button[value=no]').click();
  await two.waitForTimeout(300);
  await price_is(watcher, before);
  await two.evaluate(() => document.activeElement.blur());
}

async function keys(two, next) {
  await two.keyboard.press('?');
  await two.waitForSelector('dialog[data-live=keys][open]');
  await two.keyboard.press('Escape');
  await two.keyboard.press('b');
  assert.equal(await two.evaluate(() => document.activeElement.id), 'i-amount_fen');
  await two.keyboard.type('3');
  assert.ok((await two.inputValue('#i-amount_fen')).startsWith('3'), 'in a field a key is what it writes');
  await two.fill('#i-amount_fen', String(next));
  await two.keyboard.press('Enter');
  await price_is(two, next);
}

// The line goes while two others bid, and a bid is pressed while it is away.
async function line_lost(three, one, two, watcher, from) {
  await mark(three);
  await three.context().setOffline(true);
  await three.waitForSelector('[data-live=link].is-lost');
  await bid(one, from + STEP_YUAN);
  await price_is(watcher, from + STEP_YUAN);
  await bid(two, from + 2 * STEP_YUAN);
  await price_is(watcher, from + 2 * STEP_YUAN);
  await bid(three, from + 4 * STEP_YUAN);
  await has(three, 'error', '同一标识');
  await three.context().setOffline(false);
  await price_is(watcher, from + 4 * STEP_YUAN);
  await price_is(three, from + 4 * STEP_YUAN);
  for (const steps of [1, 2, 4]) {
    await has(three, 'bids', yuan(from + steps * STEP_YUAN));
    assert.equal(await three.locator('[data-live=bids] tr', { hasText: yuan(from + steps * STEP_YUAN) }).count(), 1);
  }
  await connected(three);
  assert.ok(await marked(three), 'what was missed came without loading the page again');
}

const end_of = page => page.locator('[data-live=end]').innerText();

// By forms alone: the page says the price, takes a bid and says it again.
async function without_script(plain, watcher, path, amount) {
  await plain.goto(path);
  assert.equal(await plain.locator('[data-live=price]').innerText(), yuan(amount - STEP_YUAN));
  assert.equal(await plain.inputValue('#i-amount_fen'), yuan(amount), 'the least that can be bid stands there');
  await plain.click('[data-live=button]');
  await plain.waitForLoadState();
  assert.equal(await plain.locator('[data-live=price]').innerText(), yuan(amount));
  await price_is(watcher, amount);
}

async function late_bid(one, watcher, amount) {
  const left_ms = async () => Date.parse(`${(await end_of(watcher)).replace(' ', 'T')}+08:00`) - Date.now();
  const before = await end_of(watcher);
  for (let left; (left = await left_ms()) > (WINDOW_S - 5) * 1000;)
    await watcher.waitForTimeout(Math.min(left - (WINDOW_S - 5) * 1000 + 50, 2000));
  await bid(one, amount);
  await watcher.waitForFunction(text => document.querySelector('[data-live=end]').textContent !== text, before, { timeout: LIVE_MS });
  assert.ok(await end_of(watcher) > before, 'the end has moved later, for the stranger too');
}

async function sold(one, two, watcher, amount) {
  const wait = { timeout: (WINDOW_S + 20) * 1000 };
  await mark(watcher);
  await watcher.waitForFunction(() => /\d+ 号竞得/.test(document.querySelector('[data-live=ended]')?.textContent), null, wait);
  assert.ok(await marked(watcher), 'those who watch need not ask again');
  await Promise.all([one, two].map(page => page.waitForSelector('.tb-state.s-sold', wait)));
  await has(one, 'mine-state', '您已竞得');
  await has(two, 'mine-state', '您未竞得');
  await watcher.reload();
  assert.equal(await watcher.locator('[data-live=price]').innerText(), yuan(amount));
  await watcher.waitForSelector('.tb-flash.k-done a[href^="/org/"]');     // The buyer's name is public now.
}

// --- the other modes -----------------------------------------------------------------------------

// A lot of its own, open on the page of each.
async function begin(place, pages, terms) {
  const lot_id = lot_open(place, terms);
  admit(place, lot_id, ['firm', 'firm2']);
  await Promise.all(pages.map(page => visit(page, `/lot/${lot_id}`)));
  await Promise.all(pages.map(connected));
}

async function quote(firm, amount) {
  await bid(firm, amount);
  await has(firm, 'quote', yuan(amount));
}

// The amounts are nobody's business before the end; the own one may be changed and taken back.
async function sealed(place, one, two, watcher) {
  await begin(place, [one, two, watcher], () => ({ mode: 'sealed', end_ms: ends(14) }));
  await quote(one, 150000);
  await quote(two, 160000);
  await quote(one, 180000);
  assert.deepEqual(await axe_finds(one), []);
  for (const page of [two, watcher])
    assert.ok(!/150,000|180,000|1 次/.test(await page.locator('main').innerText()), 'nobody else sees that there is a bid');
  await two.click('[data-live=retract]');
  await two.click('#ask button[value=yes]');
  await has(two, 'quote', '还没有报价');
  await watcher.waitForFunction(() => /1 号竞得/.test(document.querySelector('[data-live=ended]')?.textContent), null, { timeout: 25000 });
  await watcher.reload();
  assert.equal(await watcher.locator('[data-live=price]').innerText(), yuan(180000));
  assert.equal(await watcher.locator('[data-live=bids] tr', { hasText: yuan(160000) }).count(), 1, 'opened, with what was taken back');
}

// The price falls between the look and the arrival of the press: nothing is bought at the old one.
async function falling(place, one, two, watcher) {
  const every_s = 3;
  await begin(place, [one, two, watcher], () => ({ mode: 'dutch', start_fen: 300000, drop_fen: 5000, drop_every_s: every_s, floor_fen: 100000, end_ms: ends(600) }));
  const shown = page => page.locator('[data-live=price]').innerText();
  assert.deepEqual(await axe_finds(two), []);
  const first = await shown(watcher);
  await watcher.waitForFunction(text => document.querySelector('[data-live=price]').textContent !== text, first, { timeout: LIVE_MS });
  await one.route('**/api/v1/lot/take', async route => { await new Promise(done => { setTimeout(done, every_s * 1000 + 100); }); await route.continue(); }, { times: 1 });
  await one.click('[data-live=button]');
  await has(one, 'error', '下一档');
  await one.click('[data-live=button]');
  await watcher.waitForFunction(() => /1 号竞得/.test(document.querySelector('[data-live=ended]')?.textContent), null, { timeout: LIVE_MS });
  assert.ok(Number((await shown(watcher)).replace(/,/g, '')) <= 295000);
  await two.waitForSelector('.tb-state.s-sold');
}

async function fixed(place, one, two, watcher) {
  await begin(place, [one, two, watcher], () => ({ mode: 'fixed', start_fen: 88000, units: 2, end_ms: ends(600) }));
  await one.click('[data-live=button]');
  await has(watcher, 'units', '还有 1 份');
  await two.click('[data-live=button]');
  await watcher.waitForFunction(() => /竞得/.test(document.querySelector('[data-live=ended]')?.textContent), null, { timeout: LIVE_MS });
  await Promise.all([one, two].map(page => page.waitForSelector('.tb-state.s-sold')));
}

async function three_stages(place, one, two, watcher) {
  await begin(place, [one, two, watcher], () => ({ mode: 'hybrid', start_fen: 300000, drop_fen: 5000, drop_every_s: 60, floor_fen: 100000, sealed_s: 5, best_s: 5, end_ms: ends(600) }));
  await one.click('[data-live=button]');
  await two.waitForSelector('form[data-bid=sealed]');
  await one.waitForSelector('.tb-quote');
  assert.match(await one.locator('.tb-quote').first().innerText(), /您已应价/);
  await quote(two, 320000);
  await one.waitForSelector('form[data-bid=best]', { timeout: 12000 });
  assert.match(await two.locator('.tb-stages [aria-current]').innerText(), /应答/);
  await bid(one, 330000);
  await watcher.waitForFunction(() => /1 号竞得/.test(document.querySelector('[data-live=ended]')?.textContent), null, { timeout: 15000 });
  await watcher.reload();
  assert.equal(await watcher.locator('[data-live=price]').innerText(), yuan(330000));
}

async function plain_of(place, firm) {
  const context = await place.browser.newContext({ baseURL: place.url, javaScriptEnabled: false, storageState: await firm.context().storageState() });
  return context.newPage();
}

await main(async place => {
  const [one, two, three, watcher] = [await person(place, { login: 'firm' }), await person(place, { login: 'firm2' }),
    await person(place, { login: 'firm3', width: 390, height: 844 }), await person(place)];
  three.expects = /INTERNET_DISCONNECTED|ERR_FAILED|Failed to load/;
  await Promise.all([one, two, three].map(firm => prove(firm, '/lots')));    // A code may have to be waited for.
  const lot_id = lot_open(place, () => ({ step_fen: STEP_YUAN, window_s: WINDOW_S, extend_s: WINDOW_S, end_ms: ends(OPEN_S) })), path = `/lot/${lot_id}`;
  admit(place, lot_id, ['firm', 'firm2', 'firm3']);
  const [a, b, c, d] = [START_YUAN + 4 * STEP_YUAN, START_YUAN + 6 * STEP_YUAN, START_YUAN + 8 * STEP_YUAN, START_YUAN + 13 * STEP_YUAN];
  const go = [
    ['three firms and a stranger open the page', async () => {
      await Promise.all([one, two, three, watcher].map(page => visit(page, path)));
      await Promise.all([one, two, three, watcher].map(connected));
      await Promise.all([two, three, watcher].map(mark));
    }],
    ['a bid is seen by all', () => all_see(one, [two, three, watcher])],
    ['who is topped is told', () => topped(one, two, watcher)],
    ['a double click is one bid', () => pressed_twice(one, watcher, b)],
    ['ten times the price is asked about first', () => ten_times(two, watcher, b)],
    ['keys bid, and leave fields alone', () => keys(two, c)],
    ['one who loses the line misses nothing, and its bid counts once', () => line_lost(three, one, two, watcher, c)],
    ['without script by forms', async () => { const plain = await plain_of(place, one); await without_script(plain, watcher, path, d); await plain.context().close(); }],
    ['axe-core finds nothing', async () => assert.deepEqual([...await axe_finds(one), ...await axe_finds(watcher)], [])],
    ['a late bid extends the time', () => late_bid(two, watcher, d + STEP_YUAN)],
    ['it is sold, and all are told who has it', () => sold(two, one, watcher, d + STEP_YUAN)],
    ['sealed: changed, taken back, opened at the end', () => sealed(place, one, two, watcher)],
    ['falling: a press that comes too late buys nothing', () => falling(place, one, two, watcher)],
    ['fixed: as many as there are', () => fixed(place, one, two, watcher)],
    ['three stages: taken, sealed, answered', () => three_stages(place, one, two, watcher)],
    ['no page had an error', () => assert.deepEqual([one, two, three, watcher].flatMap(page => page.troubles), [])],
  ];
  assert.ok(a < b);
  for (const [name, body] of go)
    if (!await check(name, body))
      break;
});

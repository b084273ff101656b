// line.mjs - the whole line through browsers, as the people of a demo exchange walk it: a transfer
// office imports and lists patents, the operator accepts them, a firm posts a need and is shown what
// fits, two firms bid against each other while a stranger watches, and the sale is on record.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, command, give_code, main, person, root } from './lib.mjs';

const START_YUAN = 100000, STEP_YUAN = 5000, OPEN_S = 60;
const LIVE_MS = 5000;           // A bid is seen elsewhere within this; in truth in a blink.
const yuan = amount => `${amount.toLocaleString('en-US')}.00`;

// Fails with the page's own words when it is an error page or shows refused fields.
async function no_refusal(page) {
  const errors = await page.locator('.tb-errors, .k-error, .k-warn').allInnerTexts();
  assert.deepEqual(errors, [], `${page.url()} refuses`);
}

async function number_at(page, nth) {
  const text = await page.locator('.tb-figures dd').nth(nth).innerText();
  return Number(text.replace(/,/g, ''));
}

// --- import --------------------------------------------------------------------------------------

async function upload(office) {
  await office.goto('/import');
  await office.setInputFiles('#i-file', join(root, 'data/demo/import_sample.xlsx'));
  await office.click('form[action="/do/import.upload"] button');
  await office.waitForURL(/\/import\/\d+$/);
  await office.waitForSelector('.tb-map');
  const chosen = await office.locator('.tb-map select').evaluateAll(all => all.map(one => one.value));
  for (const field of ['title', 'appno', 'kind', 'inventors', 'filed_date'])
    assert.ok(chosen.includes(field), `no column was taken for ${field}: ${chosen}`);
}

async function confirm_mapping(office) {
  await office.click('form[action="/do/import.map"] .btn-primary');
  await office.waitForSelector('#rejects', { timeout: 60000 });
  await no_refusal(office);
  const [read, made, updated, unchanged, refused] =
    await Promise.all([0, 1, 2, 3, 4].map(nth => number_at(office, nth)));
  assert.equal(read, 60, 'rows read');
  assert.ok(made > 50, `${made} patents are new`);
  assert.ok(refused >= 2, 'the destroyed number and the wrong check digit are refused');
  assert.equal(made + updated + unchanged + refused, read, 'every row is counted once');
  const rows = office.locator('#rejects tbody tr');
  assert.ok(await rows.count() >= refused, 'every refused row is told');
  for (const cell of await rows.first().locator('td').allInnerTexts())
    assert.ok(cell.trim(), 'a refusal says line, column, value, why and how to mend it');
}

async function take_rejects(office) {
  const [file] = await Promise.all([office.waitForEvent('download'), office.click('a[download][href$="rejects.xlsx"]')]);
  assert.match(file.suggestedFilename(), /\.xlsx$/);
  const bytes = readFileSync(await file.path());
  assert.equal(bytes.subarray(0, 2).toString(), 'PK', 'a workbook is a zip file');
  assert.ok(bytes.length > 3000);
}

// --- listing -------------------------------------------------------------------------------------

// Chooses three patents that are not on sale; gives back their titles.
async function list_three(office) {
  await office.goto('/patents?mine=1');
  const free = office.locator('#pick tbody tr:not(:has(.tb-state))');
  const titles = [];
  for (let nth = 0; nth < 3; nth += 1) {
    await free.nth(nth).locator('td.tb-pick input').check();
    titles.push(await free.nth(nth).locator('td.tb-main-cell > a').innerText());
  }
  await office.click('.tb-batch .btn-primary');
  await office.waitForURL(/\/form\/listing\.file/);
  assert.equal(await office.locator('input[name=patent_ids]:checked').count(), 3);
  await office.selectOption('#i-mode', { index: 1 });
  await office.fill('#i-price_fen', '12万');
  await office.fill('#i-intro', '已完成中试，可提供样品和工艺说明。');
  await office.fill('#i-contact', '技术转移中心');
  await office.click('.tb-submit .btn-primary');
  await office.waitForURL(/\/listings/);
  await no_refusal(office);
  for (const title of titles)
    assert.ok(await office.locator('#pick td.tb-main-cell', { hasText: title }).count(), `${title} is filed`);
  return titles;
}

async function choose_rows(page, titles) {
  for (const title of titles)
    await page.locator('#pick tbody tr', { hasText: title }).first().locator('td.tb-pick input').check();
}

async function accept_batch(operator, titles) {
  await operator.goto('/listings?state=filed');
  await choose_rows(operator, titles);
  await operator.click('.tb-batch .btn-primary');
  await operator.click('#ask button[value=yes]');
  await operator.waitForURL(/\/listings/);
  await operator.waitForSelector('.k-done');
  await no_refusal(operator);
}

async function find_listing(reader, title) {
  await reader.goto(`/listings?q=${encodeURIComponent(title)}`);
  const link = reader.locator('#pick td.tb-main-cell > a', { hasText: title }).first();
  const href = await link.getAttribute('href');
  assert.match(href, /^\/listing\/\d+$/);
  return Number(href.split('/')[2]);
}

// The operator sees what is missing; the office signs it with its second factor.
async function sign_for_stage(office, operator, id) {
  await operator.goto(`/listing/${id}`);
  assert.equal(await operator.locator('a[href^="/consent/sign/stage"]').count(), 1, 'the operator sees what is missing');
  await office.goto(`/listing/${id}`);
  await office.click('a[href^="/consent/sign/stage"]');
  await office.fill('#i-second_code', await office.locator('[data-demo-code]').innerText());
  await office.click('form[action="/do/consent.sign"] .btn-primary');
  await office.waitForSelector('.tb-state.s-valid');
  await operator.reload();
  assert.equal(await operator.locator('a[href^="/consent/sign/stage"]').count(), 0);
}

// --- a need --------------------------------------------------------------------------------------

const need = {
  '#i-title': '锂电池仓库要提前知道哪块电池快着火',
  '#i-problem': '我们储能站里电池柜多，出过一次热失控，等烟感报警已经晚了。想在冒烟之前就知道哪个柜子不对劲，误报要少，老柜子也能加装。',
  '#i-params': '提前十分钟以上报警；每月误报不超过一次',
  '#i-amount_fen': '80万',
  '#i-valid_until_date': '2030-12-31',
};

async function post_need(firm) {
  await firm.goto('/');
  await firm.click('a[href="/form/need.post"]');
  for (const [input, value] of Object.entries(need))
    await firm.fill(input, value);
  await firm.locator('input[name=cooperation]').first().check();
  await firm.selectOption('#i-field', { index: 4 });
  await firm.click('button[name=preview]');
  assert.ok((await firm.locator('.tb-published').innerText()).includes(need['#i-title']), 'what others will see, before it is sent');
  assert.equal(await firm.inputValue('#i-problem'), need['#i-problem'], 'what was typed stays');
  await firm.click('.tb-submit .btn-primary');
  await firm.waitForURL(/\/need\/\d+$/);
  await no_refusal(firm);
  const hits = firm.locator('.tb-matches > li');
  assert.ok(await hits.count() >= 3, 'fitting patents are shown at once');
  assert.ok(await hits.first().locator('.tb-tag').count() >= 1, 'with reasons');
  const names = (await hits.locator('.tb-name').allInnerTexts()).join('\n');
  assert.match(names, /电池|储能|热失控/, 'and they are about the matter');
}

// --- bidding -------------------------------------------------------------------------------------

const clock = ms => new Date(ms + 8 * 3600 * 1000).toISOString().slice(0, 19).replace('T', ' ');

// Opens at once; gives back the lot's path.
async function open_lot(operator, listing_id) {
  await operator.goto(`/listing/${listing_id}`);
  await operator.click('a[href^="/form/lot.open"]');
  await operator.fill('#i-start_fen', String(START_YUAN));
  await operator.fill('#i-step_fen', String(STEP_YUAN));
  await operator.fill('#i-window_s', '5');
  await operator.fill('#i-extend_s', '5');
  await operator.fill('#i-end_ms', clock(Date.now() + OPEN_S * 1000));
  await operator.click('.tb-submit .btn-primary');
  await operator.waitForURL(/\/lot\/\d+$/);
  await operator.waitForSelector('#live.is-open');      // It opens a moment later.
  await no_refusal(operator);
  return new URL(operator.url()).pathname;
}

async function enter(firm, lot) {
  await firm.goto(lot);
  await firm.click('form[action="/do/lot.enter"] button');
  await firm.click('#ask button[value=yes]');
  await firm.waitForSelector('[data-live=mine]');
}

async function admit_all(operator, lot) {
  for (let left = 2; left > 0; left -= 1) {
    await operator.goto(lot);
    const admit = operator.locator('form[action="/do/bidder.admit"] button');
    assert.equal(await admit.count(), left, 'those who wait are shown to the operator');
    await admit.first().click();
    await operator.waitForSelector('.k-done');
  }
}

const price_is = (page, amount) => page.waitForFunction(
  text => document.querySelector('[data-live=price]').textContent === text, yuan(amount), { timeout: LIVE_MS });

// Bids, and sees to it that everybody else has the price without loading the page again.
async function bid(bidder, amount, others) {
  const marks = [bidder, ...others];
  await Promise.all(marks.map(page => page.evaluate(() => { window.same_page = true; })));
  await bidder.fill('#i-amount_fen', String(amount));
  await bidder.click('[data-live=button]');
  await Promise.all(marks.map(page => price_is(page, amount)));
  for (const page of marks)
    assert.ok(await page.evaluate(() => window.same_page === true), 'the page was not loaded again');
  for (const page of others)
    await page.waitForFunction(
      text => document.querySelector('[data-live=bids] tr')?.textContent.includes(text), yuan(amount), { timeout: LIVE_MS });
}

// Who has not proved the second factor is told so in place of the button, and comes back to the lot.
async function prove_for(firm, lot) {
  await firm.goto(lot);
  assert.equal(await firm.locator('form[data-bid]').count(), 0);
  await firm.click('[data-prove] a');
  await give_code(firm);
  await firm.waitForSelector('form[data-bid]');
  assert.equal(new URL(firm.url()).pathname, lot);
}

async function fight(one, two, watcher, lot) {
  await Promise.all([watcher.goto(lot), prove_for(one, lot), prove_for(two, lot)]);
  await bid(one, START_YUAN, [two, watcher]);
  await bid(two, START_YUAN + STEP_YUAN, [one, watcher]);
  await bid(one, START_YUAN + 3 * STEP_YUAN, [two, watcher]);
  await one.waitForSelector('[data-live=mine].is-leading');
  await two.waitForSelector('[data-live=mine].is-behind');
  const shown = await watcher.locator('main').innerText();
  for (const name of await Promise.all([one, two].map(page => page.locator('.tb-pop b').first().textContent())))
    assert.ok(!shown.includes(name.trim()), 'bidders have numbers, not names, until the close');
}

// The bid of a firm below the price is refused with words, and changes nothing.
async function low_bid(loser, watcher) {
  const said = await loser.evaluate(async () => {
    const reply = await fetch('/api/v1/lot/bid', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF': document.body.dataset.csrf },
      body: JSON.stringify({ lot_id: Number(document.getElementById('live').dataset.lot), amount_fen: 100, key: 'too-low' }),
    });
    return reply.json();
  });
  assert.equal(said.ok, false);
  assert.ok(said.reason);
  await price_is(watcher, START_YUAN + 3 * STEP_YUAN);
}

async function closes(one, watcher) {
  const wait = { timeout: (OPEN_S + 20) * 1000 };
  await Promise.all([one, watcher].map(page => page.waitForSelector('.tb-state.s-sold', wait)));
  await watcher.waitForSelector('.tb-flash.k-done a[href^="/org/"]');   // The buyer's name is public now.
}

// --- the record ----------------------------------------------------------------------------------

async function deal_of(reader, title) {
  await reader.goto('/deals');
  await reader.locator('a', { hasText: title }).first().click();
  await reader.waitForURL(/\/deal\/\d+$/);
  assert.equal(await reader.locator('.tb-price b').innerText(), yuan(START_YUAN + 3 * STEP_YUAN));
  return new URL(reader.url()).pathname;
}

// The deal is made a moment after the close.
async function deal_waits(reader, title) {
  for (let tries = 0; tries < 20; tries += 1) {
    await reader.goto('/deals');
    if (await reader.locator('main a', { hasText: title }).count())
      return;
    await reader.waitForTimeout(500);
  }
  assert.fail(`no deal about ${title}`);
}

async function head_shown(reader) {
  await reader.goto('/verify');
  const head = await reader.evaluate(() => fetch('/api/v1/log/head').then(reply => reply.json()));
  assert.match(await reader.locator('.tb-hash').innerText(), /^[0-9a-f]{64}$/);
  assert.ok(head.block > 0);
}

await main(async place => {
  const [office, operator, firm, one, two, watcher] = [
    await person(place, { login: 'office' }), await person(place, { login: 'operator' }),
    await person(place, { login: 'firm' }), await person(place, { login: 'firm2' }),
    await person(place, { login: 'firm3', width: 390 }), await person(place)];
  let titles = [], lot = '', deal = '';
  const go = [
    ['the office uploads a workbook and sees its columns matched', () => upload(office)],
    ['the mapping is confirmed, rows are counted, refusals explained', () => confirm_mapping(office)],
    ['refused rows come as a workbook', () => take_rejects(office)],
    ['three patents are listed with one form', async () => { titles = await list_three(office); }],
    ['the operator accepts them together', () => accept_batch(operator, titles)],
    ['the public finds them', () => Promise.all([find_listing(watcher, titles[0]), find_listing(firm, titles[2])])],
    ['a need in plain words brings fitting patents with reasons', () => post_need(firm)],
    ['the office consents to the display in writing', async () => sign_for_stage(office, operator, await find_listing(operator, titles[0]))],
    ['the operator opens a short lot', async () => { lot = await open_lot(operator, await find_listing(operator, titles[0])); }],
    ['two firms enter', () => Promise.all([enter(one, lot), enter(two, lot)])],
    ['the operator admits them', () => admit_all(operator, lot)],
    ['bids are seen by the other bidder and a stranger without loading again', () => fight(one, two, watcher, lot)],
    ['a bid that is too low is refused with a reason', () => low_bid(two, watcher)],
    ['the lot closes by itself and names the buyer', () => closes(one, watcher)],
    ['the deal waits for the seller', async () => { await deal_waits(office, titles[0]); deal = await deal_of(office, titles[0]); }],
    ['and for the buyer', async () => assert.equal(await deal_of(one, titles[0]), deal)],
    ['but not for the one who lost', async () => {
      two.expects = /404|403/;
      assert.ok([403, 404].includes((await two.goto(deal)).status()));
    }],
    ['the head of the record is public', () => head_shown(watcher)],
    ['the record holds: verify', () => command('verify', '--data', place.data)],
    ['no page had an error', () => assert.deepEqual([office, operator, firm, one, two, watcher].flatMap(page => page.troubles), [])],
  ];
  for (const [name, body] of go)
    if (!await check(name, body) && !['a bid', 'no page', 'refused rows'].some(word => name.startsWith(word)))
      break;
});
